from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from semtel_ops.page import NotThereError, PageContext
from semtel_ops.page.weeks import known_weeks, latest_week, week_report, week_view
from semtel_ops.report.classifier_info import load_classifier_info
from semtel_ops.report.collect import ReportInputs, collect
from semtel_ops.steps.publish import publish_run
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import RunState, weekly_share
from semtel_ops.testing.landed import DEFAULT_LABELS, make_landed_rows
from tests.support.finished_run import write_finished_run
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
    assert sum(len(section["rows"]) for section in view["classifiers"]) == labels
    assert sum(row["n"] for section in view["classifiers"] for row in section["rows"]) == rows


def test_classifiers_come_in_the_order_people_look_for_them(source, last):
    assert [section["id"] for section in week_view(source, last)["classifiers"]] == list(CLASSIFIERS)


def test_a_share_lies_within_its_interval_and_is_compared_with_the_week_before(source, last, weeks):
    view = week_view(source, last)
    assert view["previous_week"] == weeks[-2]
    rows = [row for section in view["classifiers"] for row in section["rows"]]
    assert all(row["low"] <= row["share"] <= row["high"] for row in rows)
    assert all(row["change"]["change"] == pytest.approx(row["share"] - row["previous"]) for row in rows)


def test_the_first_week_has_nothing_to_be_compared_with(source, weeks):
    view = week_view(source, weeks[0])
    assert view["changes"] == []
    assert {section["not_compared"] for section in view["classifiers"]} == {"no earlier published week"}


def test_ordered_labels_keep_their_order_and_others_are_sorted_by_share(source, last):
    by_id = {section["id"]: section for section in week_view(source, last)["classifiers"]}
    assert [row["label"] for row in by_id["user_expertise"]["rows"]] == [
        "novice", "beginner", "intermediate", "proficient", "expert",
    ]  # fmt: skip
    shares = [row["share"] for row in by_id["topic"]["rows"]]
    assert shares == sorted(shares, reverse=True)


def test_satisfaction_is_told_by_topic_and_by_expertise(source, last):
    slices = week_view(source, last)["slices"]
    assert {(section["classifier"], section["by"]) for section in slices} == {
        ("satisfaction", "topic"), ("satisfaction", "user_expertise"),
    }  # fmt: skip
    assert set(slices[0]["rows"][0]["shares"]) == {"satisfied", "neutral", "dissatisfied"}


def test_a_week_of_no_run_is_not_there(source):
    with pytest.raises(NotThereError):
        week_view(source, "1999-W01")


@pytest.fixture
def published(tmp_path, monkeypatch, project_root):
    """Two published weeks, and what the page reads them from."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    monkeypatch.setenv("DATABASE_URL", url)
    lake = Lake(str(tmp_path / "lake"))
    with open_ledger(url) as ledger:
        for seed, week in enumerate(("2026-W46", "2026-W47")):
            rows = make_landed_rows(week=week, conversations=400, seed=seed, weights=(1.0, 2.5))
            publish_run(write_finished_run(lake.root, week=week, rows=rows, include=project_root / "include"))
        yield PageContext(ledger, lake, project_root / "include/prompts")


def test_the_page_and_the_report_of_a_published_week_agree(published):
    infos = load_classifier_info(published.prompts, tuple(published.ordered(list(DEFAULT_LABELS))))
    run = ReportInputs(published.lake, "2026-W47", "manual", infos, min_slice=10)
    with_files = collect(run, published.ledger, now=datetime(2026, 11, 23, 4, tzinfo=UTC))
    page = week_report(published, "2026-W47")
    assert page.changes
    assert _shown(page) == _shown(with_files)
    assert {section.by_classifier: section.rows for section in page.slices} == {
        section.by_classifier: section.rows for section in with_files.slices
    }
    assert page.state == RunState.PUBLISHED == with_files.state
    assert page.previous_week == with_files.previous_week == "2026-W46"
    assert (page.start, page.last_day, page.software) == (with_files.start, with_files.last_day, with_files.software)


def _shown(report):
    """Sections with what the ledger has of them; the version is that of the rows."""
    return [
        replace(section, info=replace(section.info, version="", fingerprint=""), by_status={}, matched_by={}, mean_score=None)
        for section in report.classifiers
    ]


def test_a_week_that_is_not_published_has_a_run_and_no_shares(published):
    published.ledger.save_run("2026-W48", "r", state=RunState.RUNNING, sampled=5)
    view = week_view(published, "2026-W48")
    assert (view["run_id"], view["state"], view["totals"]["sampled"]) == ("r", "running", 5)
    assert (view["classifiers"], view["changes"], view["slices"]) == ([], [], [])
    assert view["previous_week"] == "2026-W47"


def test_a_corrected_share_has_its_figures_and_says_what_its_interval_covers(corrected):
    source, week = corrected
    view = week_view(source, week)
    topic, *others = view["classifiers"]
    row = topic["rows"][0]
    assert row["corrected"] == {
        "share": pytest.approx(row["share"] - 0.01), "low": pytest.approx(row["share"] - 0.03),
        "high": pytest.approx(row["share"] + 0.02), "n_gold": 300, "method": "two_phase",
    }  # fmt: skip
    assert (view["covers"], view["is_corrected"], topic["is_corrected"]) == (None, True, True)
    assert "it rests on 300 gold rows of this week" in topic["covers"]
    assert not any(other["is_corrected"] for other in others)
    assert any("corrected" in finding for finding in view["findings"])


def test_without_corrections_the_view_says_once_what_the_intervals_leave_out(source, last):
    view = week_view(source, last)
    assert view["covers"].startswith("Intervals cover sampling error only, not labelling error")
    assert not view["is_corrected"]
