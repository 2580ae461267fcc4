from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_rows import GoldAnswer, GoldDraw, GoldItem, GoldLabel, GoldRuling, RareLabel, Stratum
from semtel_ops.store.ledger_open import open_ledger

WEEK = "2026-W47"
AT = datetime(2026, 11, 28, tzinfo=UTC)
OLD, NEW = "0" * 16, "1" * 16
ONE_STRATUM = (Stratum("", 100, 10),)


@pytest.fixture
def gold(ledger_url):
    with open_ledger(ledger_url) as ledger:
        yield GoldLedger(ledger)


def draw_of(draw_id="d1", *, strata=ONE_STRATUM, week=WEEK, at=AT, classifiers=("topic",)):
    rare = (RareLabel("topic", "health", 5.0),) if len(strata) > 1 else ()
    drawn, population = sum(one.drawn for one in strata), sum(one.population for one in strata)
    return GoldDraw(draw_id, week, "r1", "salt", drawn, drawn, population, classifiers, tuple(strata), rare, 1.0, at, "ada")


def items_of(draw, ids):
    """The conversations, the first half of them in the first stratum."""
    names = [stratum.name for stratum in draw.strata]
    probability = {stratum.name: stratum.probability for stratum in draw.strata}
    strata = [names[0] if len(names) == 1 or at < len(ids) / 2 else names[1] for at in range(len(ids))]
    return [
        GoldItem(draw.draw_id, one, at, strata[at], probability[strata[at]], 2.0, 0, True, draw.week, draw.run_id)
        for at, one in enumerate(ids)
    ]


def answer(draw, conversation, label, *, run_id="r1", labeller=OLD, at=AT):
    return GoldAnswer(draw.draw_id, conversation, "topic", run_id, label, None, labeller, "m", "1.0.0", at)


def label(draw, conversation, said, person="ada", **more):
    return GoldLabel(draw.draw_id, conversation, "topic", person, said, None, said is None, "page", 1.5, AT, **more)


def test_a_draw_is_read_as_it_was_saved_and_is_saved_once(gold):
    draw = draw_of(strata=(Stratum("", 90, 8), Stratum("topic:health", 10, 2)))
    items = items_of(draw, ["c1", "c2", "c3", "c4"])
    answers = [answer(draw, "c1", "health")]
    assert gold.save_draw(draw, items, answers)
    assert not gold.save_draw(replace(draw, created_by="ben"), items, answers)
    assert gold.draws(WEEK) == [draw] == gold.draws()
    assert gold.draw("d1") == draw
    assert gold.items("d1") == items
    assert gold.item("d1", "c3") == items[2]
    assert gold.item("d1", "c9") is gold.draw("d9") is None
    assert gold.answers("d1", "topic") == answers


def test_a_label_replaces_that_of_the_same_person_only(gold):
    draw = draw_of()
    gold.save_draw(draw, items_of(draw, ["c1", "c2"]), [])
    gold.save_labels([label(draw, "c2", "health"), label(draw, "c1", "money"), label(draw, "c1", "health", "ben")])
    gold.save_labels([label(draw, "c1", "writing", changes=1)])
    found = [(one.conversation_id, one.person, one.label) for one in gold.labels_of("d1", "topic")]
    assert found == [("c1", "ada", "writing"), ("c1", "ben", "health"), ("c2", "ada", "health")]
    assert gold.classifiers() == ["topic"]


def test_rows_have_the_probability_that_a_conversation_is_drawn_and_labelled(gold):
    # 100 conversations, 10 drawn, 4 labelled, one of them skipped: each of the other three stands for 100/3.
    draw = draw_of()
    ids = [f"c{at}" for at in range(10)]
    gold.save_draw(draw, items_of(draw, ids), [answer(draw, one, "health") for one in ids])
    gold.save_labels([label(draw, one, "health") for one in ids[:3]] + [label(draw, "c3", None)])
    rows = list(gold.labels("topic"))
    assert [row.conversation_id for row in rows] == ["c0", "c1", "c2"]
    assert {row.probability for row in rows} == {0.03}
    assert (rows[0].gold, rows[0].llm, rows[0].labeller, rows[0].people) == (("health",), ("health",), OLD, 1)
    assert (rows[0].sample_weight, rows[0].week, rows[0].draw_run_id, rows[0].llm_run_id) == (2.0, WEEK, "r1", "r1")


def test_probabilities_are_those_of_each_stratum(gold):
    draw = draw_of(strata=(Stratum("", 90, 3), Stratum("topic:health", 10, 3)))
    ids = [f"c{at}" for at in range(6)]
    gold.save_draw(draw, items_of(draw, ids), [])
    gold.save_labels([label(draw, one, "health") for one in ids[:5]])
    assert [(row.stratum, row.probability) for row in gold.labels("topic")] == [("", 3 / 90)] * 3 + [
        ("topic:health", 2 / 10)
    ] * 2


def test_a_conversation_about_which_people_disagree_does_not_count_until_somebody_decides(gold):
    draw = draw_of()
    gold.save_draw(draw, items_of(draw, ["c1", "c2"]), [])
    gold.save_labels([label(draw, "c1", "health"), label(draw, "c1", "money", "ben"), label(draw, "c2", "health")])
    assert [row.conversation_id for row in gold.labels("topic")] == ["c2"]
    gold.save_ruling(GoldRuling("d1", "c1", "topic", "money", None, "eve", AT))
    rows = list(gold.labels("topic"))
    assert [(row.conversation_id, row.gold, row.people, row.ruled) for row in rows] == [
        ("c1", ("money",), 2, True), ("c2", ("health",), 1, False),
    ]  # fmt: skip
    assert gold.decisions("d1", "topic")["c1"].ruled


def test_answers_of_a_labeller_or_a_run_are_told_apart_and_the_last_one_is_the_default(gold):
    draw = draw_of()
    gold.save_draw(draw, items_of(draw, ["c1", "c2"]), [answer(draw, "c1", "health"), answer(draw, "c2", "money")])
    gold.save_labels([label(draw, "c1", "health"), label(draw, "c2", "health")])
    later = AT + timedelta(days=1)
    gold.save_answers([answer(draw, "c1", "writing", run_id="r2", labeller=NEW, at=later)])
    assert [(row.llm, row.llm_run_id) for row in gold.labels("topic")] == [(("writing",), "r2"), (("money",), "r1")]
    assert [row.llm for row in gold.labels("topic", labeller=OLD)] == [("health",), ("money",)]
    (only,) = gold.labels("topic", run_id="r2")
    assert (only.llm, only.probability) == (("writing",), 0.02), "the design counts every gold label of the draw"
    assert list(gold.labels("topic", labeller="2" * 16)) == []
    assert list(gold.labels("topic", week="2026-W46")) == list(gold.labels("satisfaction")) == []


def test_a_conversation_whose_row_was_no_success_has_no_answer(gold):
    draw = draw_of()
    gold.save_draw(draw, items_of(draw, ["c1"]), [answer(draw, "c1", None)])
    gold.save_labels([label(draw, "c1", "health")])
    (row,) = gold.labels("topic")
    assert (row.llm, row.labeller) == ((), OLD)


def test_a_larger_draw_takes_over_the_labels_of_a_smaller_one_and_then_counts_for_the_week(gold):
    small, large = draw_of(), draw_of("d2", strata=(Stratum("", 100, 20),), at=AT + timedelta(days=1))
    gold.save_draw(small, items_of(small, ["c1", "c2"]), [])
    gold.save_labels([label(small, "c1", "health"), label(small, "c1", "money", "ben"), label(small, "c2", "health")])
    gold.save_ruling(GoldRuling("d1", "c1", "topic", "money", None, "eve", AT))
    gold.save_draw(large, items_of(large, ["c3", "c1"]), [])
    assert [(one.draw_id, one.conversation_id, one.person) for one in gold.labels_of("d2", "topic")] == [
        ("d2", "c1", "ada"), ("d2", "c1", "ben"),
    ]  # fmt: skip
    assert [row.draw_id for row in gold.labels("topic")] == ["d1", "d1"], "the draw with the most gold labels"
    gold.save_labels([label(large, "c3", "health")])
    assert [row.draw_id for row in gold.labels("topic")] == ["d2", "d2"], "then the latest"
    assert {row.draw_id for row in gold.labels("topic", draw_id="d1")} == {"d1"}


def test_weeks_come_one_after_the_other(gold):
    for draw_id, week in (("d2", "2026-W48"), ("d1", WEEK)):
        draw = draw_of(draw_id, week=week)
        gold.save_draw(draw, items_of(draw, ["c1"]), [])
        gold.save_labels([label(draw, "c1", "health")])
    assert [row.week for row in gold.labels("topic")] == [WEEK, "2026-W48"]
