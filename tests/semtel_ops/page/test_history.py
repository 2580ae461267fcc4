import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from semtel_ops.page import NotThereError
from semtel_ops.page.chart_views import label_drawing
from semtel_ops.page.history import over_time
from semtel_ops.page.weeks import week_view
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.bridge_ledger import BridgeRow, replace_bridges
from semtel_ops.store.labeller_ledger import WeeklyLabeller, replace_labellers
from semtel_ops.store.ledger_open import open_ledger


def test_every_published_week_has_a_point_and_the_last_is_that_of_the_week(source, weeks, last):
    history = over_time(source, "topic", last)
    assert history["weeks"] == weeks
    now = {row["label"]: row["share"] for row in week_view(source, last)["classifiers"][0]["rows"]}
    assert {label["label"]: label["points"][-1]["share"] for label in history["labels"]} == now


def test_it_ends_with_the_week_that_is_asked_for_and_is_not_longer_than_asked(source, weeks):
    assert over_time(source, "topic", weeks[5], count=3)["weeks"] == weeks[3:6]


def test_the_largest_label_of_the_last_week_comes_first(source, last):
    ends = [label["points"][-1]["share"] for label in over_time(source, "user_intent", last)["labels"]]
    assert ends == sorted(ends, reverse=True)


@pytest.mark.parametrize(("classifier", "until"), [("nothing", "2026-W46"), ("topic", "1999-W01"), ("' or 1=1 --", "2026-W46")])
def test_what_was_never_published_is_not_there(source, classifier, until):
    with pytest.raises(NotThereError):
        over_time(source, classifier, until)


def test_a_point_has_the_corrected_share_where_there_is_one(corrected):
    source, week = corrected
    points = over_time(source, "topic", week)["labels"][0]["points"]
    assert points[-1]["corrected"]["n_gold"] == 300
    assert {point["corrected"] for point in points[:-1]} == {None}


@pytest.fixture
def own(source, tmp_path):
    """The same weeks in a ledger of the test's own."""
    shutil.copy(Path(source.lake.root).parent / "ledger.db", tmp_path / "ledger.db")
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        yield replace(source, ledger=ledger)


def test_a_line_breaks_where_the_labeller_changed_and_says_whose_the_change_was(own, weeks):
    before, week = weeks[-2:]
    numbers = dict.fromkeys(
        (
            "share_before", "labeller_low", "labeller_high", "labeller_p", "seen_before", "seen_low", "seen_high",
            "seen_effective_n", "users_low", "users_high", "users_p",
        ),
        0.1,
    )  # fmt: skip
    label = over_time(own, "topic", week)["labels"][0]["label"]
    row = BridgeRow(
        week=week, classifier="topic", label=label, run_id="r", week_before=before, labeller_before="a", labeller="b", m=2_000,
        only_before=1, only_now=2, labeller_change=-0.014, users_change=0.002, labeller_is_real=True, users_is_real=False,
        **numbers,
    )  # fmt: skip
    labellers = [
        WeeklyLabeller(name, "topic", labeller, "r", model, model, 100, 100.0)
        for name, labeller, model in ((before, "a", "mini"), (week, "b", "luna"))
    ]
    with own.ledger.write() as connection:
        for table in (tables.weekly_labeller, tables.bridge):
            connection.execute(table.delete())
        for one in labellers:
            replace_labellers(connection, one.week, [one], [])
        replace_bridges(connection, week, [row])
    history = over_time(own, "topic", week)
    assert history["breaks"] == [
        {
            "at": len(history["weeks"]) - 1, "week": week, "why": "the labeller changed from mini to luna",
            "labels": {label: {"labeller": -0.014, "users": 0.002}},
        }
    ]  # fmt: skip
    svg = label_drawing(own, week, "topic", label).svg()
    assert "labeller \u22121.4 points, users +0.2" in svg
