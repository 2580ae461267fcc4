"""Which names another model answers to than was compared: from who labelled each week, and alignments."""

from datetime import UTC, datetime

from semtel_ops.bridging.model_gate import Known
from semtel_ops.bridging.moved import Answer, moved_models
from tests.support.aligned_models import make_alignment

MAY = Known("topic", "latest", "may", "1.0.0", "p", None, "s", labeller="a")
NOW = ("topic", "latest")


def week(number, served_model, model="latest"):
    return Answer(f"week {number}", "topic", model, served_model)


def moves(*weeks, alignments=(), since=()):
    return moved_models(weeks, alignments, margin=0.02, since=since)


def aligned(**fields):
    return make_alignment(MAY, "latest", candidate_served_model="nov", **fields)


def test_a_name_that_the_same_model_answers_to_has_not_moved():
    found = moves(week(1, "may"), week(2, "may"))
    assert (found.now, found.untrusted) == ({}, set())


def test_another_model_behind_a_name_has_moved_it_for_as_long_as_it_answers():
    found = moves(week(1, "may"), week(2, "nov"), week(3, "nov"))
    assert found.untrusted == {("topic", "nov")}
    assert found.now[NOW].reason == (
        "latest answers as nov since week 2, and answered as may before: no alignment of both is on record for topic"
    )
    assert moves(week(1, "may"), week(2, "nov"), week(3, "may")).now == {}


def test_weeks_that_are_held_to_the_model_before_do_not_end_a_move():
    found = moves(week(1, "may"), week(2, "nov"), week(3, "may", model="may"))
    assert found.now[NOW].since == "week 2"


def test_the_first_week_and_another_name_are_judged_by_the_gate_and_not_here():
    assert moves(week(1, "may"), week(1, "nov")).untrusted == set()
    assert moves(week(1, "may"), week(2, "luna", model="luna")).untrusted == set()


def test_a_part_of_a_week_by_another_model_has_moved_the_name():
    assert moves(week(1, "may"), week(2, "may"), week(2, "nov")).now[NOW].served_model == "nov"


def test_an_alignment_that_was_adopted_or_found_no_change_ends_a_move():
    told = week(1, "may"), week(2, "nov")
    assert moves(*told, alignments=[aligned(verdict="same")]).now == {}
    adopted = aligned(verdict="shifted", adopted_at=datetime(2026, 11, 30, tzinfo=UTC))
    assert moves(*told, alignments=[adopted]).untrusted == set()
    assert moves(*told, alignments=[aligned(verdict="shifted")]).now
    assert moves(*told, alignments=[aligned(verdict="same", margin=0.05)]).now
    assert moves(*told, alignments=[aligned(verdict="same", classifier="user_intent")]).now


def test_sentinels_show_a_move_before_a_week_is_labelled_and_do_not_end_one():
    day = Answer("2026-11-30", "topic", "latest", "nov")
    assert moves(week(1, "may"), since=[day]).now[NOW].since == "2026-11-30"
    back = Answer("2026-11-30", "topic", "latest", "may")
    assert moves(week(1, "may"), week(2, "nov"), since=[back]).now[NOW].since == "week 2"
    unknown = Answer("2026-11-30", "topic", "new-name", "nov")
    assert moves(week(1, "may"), since=[unknown]).untrusted == set()
