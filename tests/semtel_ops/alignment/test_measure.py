from math import inf

import pytest

from semtel_ops.alignment import Answer, Asked, Labelled, measure
from semtel_ops.alignment.measure import settle

TOPIC = Asked("topic", "Topic", {"work": "Work", "play": "Play"}, {})


def answers(text):
    """c0, c1, … → the label that each letter stands for; a dot is a conversation without a label."""
    labels = {"w": "work", "p": "play"}
    return {f"c{at}": Answer.of(labels[letter]) for at, letter in enumerate(text) if letter != "."}


def labelled(first, new, again=None, new_again=None, gold=""):
    people = {name: answer.category for name, answer in answers(gold).items()}
    incumbent = (answers(first), answers(again or first))
    return Labelled(incumbent, (answers(new), answers(new_again or new)), people)


def test_a_shift_is_of_conversations_that_both_answered():
    found = measure(TOPIC, labelled("wwwpp.", "wpwww."), 0.02)
    # work: c1 lost; c3, c4 won. 3/5 → 4/5, so +20 points; play is its mirror.
    work, play = sorted(found.shifts, key=lambda shift: shift.label, reverse=True)
    assert (work.incumbent, work.candidate, work.points, work.lost, work.won, work.n) == (0.6, 0.8, 20.0, 1, 2, 5)
    assert (play.points, play.lost, play.won) == (-20.0, 2, 1)
    assert (work.inside, work.shown) == (False, False)
    assert work.rows_to_decide > 5


def test_excess_disagreement_needs_four_answers():
    # c0: one labeller answers work twice, the other play twice: excess 1. c1: no row moved: 0. c2: no second answer.
    found = measure(TOPIC, labelled("www", "pww", "ww.", "pww"), 0.02)
    assert (found.excess.value, found.excess.n, found.excess.within) == (0.5, 2, 0.0)
    assert found.n == 3


def test_several_labels_are_each_its_own_yes_or_no_and_have_no_single_test():
    several = Asked("topics", "Topics", {"work": "Work", "play": "Play"}, {}, several=True)
    both, work = Answer.of("play + work"), Answer.of("work")
    found = measure(several, Labelled(({"c0": both}, {}), ({"c0": work}, {}), {}), 0.02)
    assert {shift.label: (shift.lost, shift.won) for shift in found.shifts} == {"play": (1, 0), "work": (0, 0)}
    assert found.homogeneity is None


def test_items_of_a_rubric_are_compared_beside_its_verdict():
    rubric = Asked("satisfaction", "Satisfaction", {"good": "Good"}, {"praise": "Praise"})
    before = Answer("good", frozenset({"good"}), frozenset({"praise"}))
    after = Answer("good", frozenset({"good"}))
    found = measure(rubric, Labelled(({"c0": before}, {}), ({"c0": after}, {}), {}), 0.02)
    assert [(shift.label, shift.level, shift.points) for shift in found.shifts] == [
        ("praise", "item", -100.0),
        ("good", "label", 0.0),
    ]


def test_people_say_how_often_each_is_wrong_about_a_label():
    # People: c0 … c4 work, c5 … c9 play. The incumbent is wrong about c0; the candidate about c5, c6 and c7.
    found = measure(TOPIC, labelled("pwwwwppppp", "wwwwwwwwpp", gold="wwwwwppppp"), 0.02)
    work = next(shift for shift in found.shifts if shift.label == "work")
    assert work.gold is not None
    assert (work.gold.people, work.gold.incumbent, work.gold.candidate, work.gold.n) == (0.5, 0.1, 0.3, 10)
    assert work.gold.points == pytest.approx(20.0)
    # Kappa from the tables [4 1; 0 5] and [5 0; 3 2] with 10 rows: (.9-.5)/.5 = .8, (.7-.5)/.5 = .4.
    assert found.kappa is not None
    assert (found.kappa.incumbent, found.kappa.candidate) == (pytest.approx(0.8), pytest.approx(0.4))
    assert found.kappa.value == pytest.approx(-0.4)


def test_without_people_there_is_no_kappa():
    found = measure(TOPIC, labelled("wp", "wp"), 0.02)
    assert (found.kappa, found.difference) == (None, None)
    assert all(shift.gold is None for shift in found.shifts)


def test_examples_are_conversations_that_both_labelled_alike_twice_first():
    # c0 … c4 move from work to play; the incumbent says play the second time, except of c3.
    found = measure(TOPIC, labelled("wwwww", "ppppp", "pppwp", "ppppp"), 0.02)
    (pair,) = found.confusions
    assert (pair.incumbent, pair.candidate, pair.n, pair.stable) == ("work", "play", 5, 1)
    assert pair.examples[0] == "c3"
    assert len(pair.examples) == 3


def test_what_is_shown_is_decided_over_all_classifiers():
    # 12 moves one way are shown alone (p = 2·½¹² - ½¹² < .001); 6 alone too (mid-p .016), but not among 40 labels that stay.
    moved = measure(TOPIC, labelled("w" * 100, "p" * 12 + "w" * 88), 0.02)
    few = measure(TOPIC, labelled("w" * 100, "p" * 6 + "w" * 94), 0.02)
    same = measure(TOPIC, labelled("w" * 100, "w" * 100), 0.02)
    assert [shift.shown for shift in settle([few])[0].shifts] == [True, True]
    settled = settle([moved, few, *[same] * 20])
    assert [shift.shown for shift in settled[0].shifts] == [True, True]
    assert [shift.shown for shift in settled[1].shifts] == [False, False]
    # Six conversations with two labels twice: p = (1/3)⁶ / 2, the smallest of the other classifiers' by far.
    assert [each.excess.shown for each in settled[:3]] == [True, True, False]


def test_a_test_without_limit_is_written_as_none():
    # Every row moves from work to play: W = n, and Bhapkar's statistic is infinite.
    found = measure(TOPIC, labelled("www", "ppp"), 0.02)
    assert found.homogeneity is not None
    assert (found.homogeneity.statistic, found.homogeneity.df) == (None, 1)
    assert found.homogeneity.p < inf
