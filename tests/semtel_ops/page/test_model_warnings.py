from datetime import date

import pytest

from semtel_ops.page.breaks import Break
from semtel_ops.page.model_warnings import Retiring, model_warnings
from semtel_ops.store.labeller_ledger import WeeklyLabeller
from semtel_ops.store.model_ledger import SentinelDay

WEEK, TODAY = "2026-W46", date(2026, 11, 16)
TITLES = {"topic": "Primary topic", "complexity": "Task complexity"}


def by(model, served, weight=100.0, classifier="topic", labeller="1"):
    return WeeklyLabeller(WEEK, classifier, labeller, "run", model, served, round(weight), weight)


def sentinel(**values):
    day = {
        "day": TODAY, "endpoint": "east", "classifier": "topic", "state": "judged", "sentinels": "s", "labeller": "1",
        "model": "mini", "served_model": "mini-1", "n": 100, "flips": 4, "p0": 0.05, "e_value": 1.0, "alarmed": False,
    }  # fmt: skip
    return SentinelDay(**day | values)


def retiring(days_left, model="mini", source="endpoint"):
    day = None if days_left is None else date.fromordinal(TODAY.toordinal() + days_left)
    return Retiring("east", model, day, days_left, source, TODAY)


def warnings(*, now=None, breaks=None, models=(), days=()):
    now = {"topic": [by("mini", "mini-1")]} if now is None else now
    return model_warnings(WEEK, now, breaks or {}, models, days, TITLES)


def headings(**facts):
    return [warning["heading"] for warning in warnings(**facts)]


def test_nothing_needs_attention_where_one_model_labels_as_before():
    assert warnings(models=[retiring(None), retiring(91)], days=[sentinel()]) == []


@pytest.mark.parametrize(
    ("days", "heading", "kind"),
    [
        (90, "mini retires in 90 days", "note"), (31, "mini retires in 31 days", "note"), (30, "mini retires in 30 days", "bad"),
        (1, "mini retires in 1 day", "bad"), (0, "mini retires today", "bad"), (-3, "mini retired 3 days ago", "bad"),
    ],
)  # fmt: skip
def test_a_model_that_labels_retires(days, heading, kind):
    (warning,) = warnings(models=[retiring(days)])
    assert (warning["heading"], warning["kind"]) == (heading, kind)
    assert "according to its own list of models" in warning["text"]


def test_a_model_that_does_not_label_may_retire_unseen():
    assert warnings(models=[retiring(3, model="another")]) == []


def test_two_labellers_of_a_week_are_named_with_their_parts_and_a_negligible_one_is_not():
    rows = [by("mini", "mini-1", 80.0), by("luna", "luna-1", 20.0, labeller="2"), by("nano", "nano-1", 0.9, labeller="3")]
    # 80 and 20 of 100.9 conversations; 0.9 are less than one in a hundred
    (warning,) = warnings(now={"topic": rows})
    assert warning["heading"] == "2 labellers in week 2026-W46"
    assert warning["text"] == "Primary topic: mini-1 79.3%, luna-1 19.8% of the conversations."


def test_an_alarm_of_sentinels_names_the_classifiers_once_for_the_endpoint():
    days = [sentinel(alarmed=True), sentinel(alarmed=True, classifier="complexity"), sentinel(alarmed=True, model="unused")]
    (warning,) = warnings(days=days)
    assert warning["heading"] == "mini answers the sentinels of east differently than before"
    assert warning["text"].startswith("Primary topic, Task complexity. Last asked on 2026-11-16.")


def test_a_model_that_answers_sentinels_under_another_name_than_the_last_week_has_moved():
    (warning,) = warnings(days=[sentinel(served_model="mini-2"), sentinel(served_model="mini-2", classifier="complexity")])
    assert warning["heading"] == "mini is now answered by mini-2"
    assert warning["text"] == "Replies of east named it on 2026-11-16. Week 2026-W46 was labelled by mini-1."


def test_a_model_that_moved_behind_its_name_in_the_last_week_is_one_warning_for_all_classifiers():
    one = Break(WEEK, "2026-W45", "model from a to b", "same", "an alignment found it same", "x", ("a", "b"), "mini")
    (warning,) = warnings(breaks={"topic": [one], "complexity": [one]})
    assert warning["heading"] == "Another model answers as mini since week 2026-W46"
    assert warning["text"] == "b instead of a, for Primary topic, Task complexity."


def test_another_labeller_without_bridge_or_alignment_cannot_be_compared_and_an_older_break_is_history():
    one = Break(WEEK, "2026-W45", "model from a to b", "none", "no bridge")
    old = Break("2026-W40", "2026-W39", "model from z to a", "none", "no bridge")
    (warning,) = warnings(breaks={"topic": [old, one], "complexity": [old]})
    assert warning["heading"] == "Week 2026-W46 has another labeller than the week before, and there is no bridge"
    assert warning["text"].startswith("Primary topic: model from a to b.")


def test_what_is_broken_comes_first_and_many_classifiers_are_counted():
    names = [f"c{at}" for at in range(8)]
    rows = {name: [by("mini", "mini-1"), by("luna", "luna-1", labeller="2")] for name in names}
    found = model_warnings(WEEK, rows, {}, [retiring(3)], [], {name: name.upper() for name in names})
    assert [warning["kind"] for warning in found] == ["bad", "note"]
    assert found[1]["text"] == "C0, C1, C2, C3, C4 and 3 more: mini-1 50.0%, luna-1 50.0% of the conversations of C0."
