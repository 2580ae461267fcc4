import pytest
from sqlalchemy import func, select

from semtel_ops.page import NotThereError
from semtel_ops.page.weeks import known_weeks, latest_week, week_view
from semtel_ops.store.ledger_tables import weekly_share
from tests.support.ledger_year import CLASSIFIERS, run_of


def test_weeks_come_latest_first_and_say_whether_they_are_published(source, weeks):
    assert known_weeks(source) == [{"week": week, "published": True} for week in reversed(weeks)]
    assert latest_week(source) == weeks[-1]


def test_the_figures_of_a_week_are_those_of_the_ledger(source, last):
    view = week_view(source, last)
    assert view["run_id"] == run_of(last)
    assert view["totals"]["sampled"] == 4_000
    query = select(func.count(), func.sum(weekly_share.c.n)).where(weekly_share.c.week == last, weekly_share.c.level == "label")
    with source.ledger.read() as connection:
        labels, rows = connection.execute(query).one()
    assert sum(len(one["rows"]) for one in view["classifiers"]) == labels
    assert sum(row["n"] for one in view["classifiers"] for row in one["rows"]) == rows


def test_classifiers_come_in_the_order_people_look_for_them(source, last):
    assert [one["id"] for one in week_view(source, last)["classifiers"]] == list(CLASSIFIERS)


def test_a_share_lies_within_its_interval_and_is_compared_with_the_week_before(source, last, weeks):
    view = week_view(source, last)
    assert view["previous_week"] == weeks[-2]
    rows = [row for one in view["classifiers"] for row in one["rows"]]
    assert all(row["low"] <= row["share"] <= row["high"] for row in rows)
    assert all(row["change"]["change"] == pytest.approx(row["share"] - row["previous"]) for row in rows)


def test_the_first_week_has_nothing_to_be_compared_with(source, weeks):
    view = week_view(source, weeks[0])
    assert view["changes"] == []
    assert {one["not_compared"] for one in view["classifiers"]} == {"no earlier published week"}


def test_ordered_labels_keep_their_order_and_others_are_sorted_by_share(source, last):
    by_id = {one["id"]: one for one in week_view(source, last)["classifiers"]}
    assert [row["label"] for row in by_id["user_expertise"]["rows"]] == [
        "novice", "beginner", "intermediate", "proficient", "expert",
    ]  # fmt: skip
    shares = [row["share"] for row in by_id["topic"]["rows"]]
    assert shares == sorted(shares, reverse=True)


def test_satisfaction_is_told_by_topic_and_by_expertise(source, last):
    slices = week_view(source, last)["slices"]
    assert {(one["classifier"], one["by"]) for one in slices} == {
        ("satisfaction", "topic"), ("satisfaction", "user_expertise"),
    }  # fmt: skip
    assert set(slices[0]["rows"][0]["shares"]) == {"satisfied", "neutral", "dissatisfied"}


def test_a_week_of_no_run_is_not_there(source):
    with pytest.raises(NotThereError):
        week_view(source, "1999-W01")
