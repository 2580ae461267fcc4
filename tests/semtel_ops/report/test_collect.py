from collections import Counter
from dataclasses import asdict

import pytest
from sqlalchemy import update

from semtel_ops.evaluation.intervals import difference
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.files import write_json
from semtel_ops.store.ledger_tables import RunState
from semtel_ops.testing.landed import make_landed_rows
from tests.support.finished_run import PASSING_CHECK, write_finished_run

WEEK, BEFORE = "2026-W47", "2026-W46"


def _section(report, classifier):
    return next(section for section in report.classifiers if section.info.id == classifier)


def _topics(**shares: float) -> dict:
    return {"topic": shares}


def test_the_week_in_numbers_is_what_was_gathered(publish, collected):
    publish(WEEK)
    totals = collected().totals
    rows = make_landed_rows()
    assert (totals.sampled, totals.landed_rows, totals.expected_rows) == (200, 1000, 1000)
    assert totals.succeeded == Counter(row["status"] for row in rows)["success"]
    assert totals.cost_usd == pytest.approx(sum(row["cost_usd"] for row in rows))


def test_levels_come_in_order_and_other_labels_by_size(publish, collected):
    publish(WEEK)
    report = collected()
    levels = [row.label for row in _section(report, "user_expertise").rows]
    assert levels == ["novice", "beginner", "intermediate", "proficient", "expert"]
    shares = [row.share.share for row in _section(report, "topic").rows]
    assert shares == sorted(shares, reverse=True)
    assert {row.label for row in _section(report, "task_complexity").groups} == {"low", "high"}


def test_a_change_beyond_chance_is_real_and_a_small_one_is_not(publish, collected):
    publish(BEFORE, conversations=600, labels=_topics(money=50, health=25, career=25), success=1)
    publish(WEEK, conversations=600, labels=_topics(money=20, health=26, career=54), success=1, seed=8)
    rows = {row.label: row for row in _section(collected(), "topic").rows}
    assert rows["money"].is_real
    assert rows["money"].change.change < -0.2
    assert rows["money"].change == difference(rows["money"].share, rows["money"].previous)
    assert not rows["health"].is_real
    assert [row.label for _section, row in collected().changes][-1] == "health"


def test_a_label_that_is_new_this_week_is_compared_with_none_of_last_weeks_rows(publish, collected):
    publish(BEFORE, labels=_topics(money=1), success=1)
    publish(WEEK, labels=_topics(money=1, health=1), success=1)
    health = next(row for row in _section(collected(), "topic").rows if row.label == "health")
    assert health.previous.share == 0
    assert health.previous.n == 200
    assert health.is_real


def test_a_first_week_is_compared_with_nothing(publish, collected):
    publish(WEEK)
    report = collected()
    assert report.previous_week is None
    assert report.changes == ()
    assert _section(report, "topic").not_compared == "no earlier published week"


def test_a_changed_definition_is_not_compared(publish, collected, ledger):
    publish(BEFORE)
    publish(WEEK)
    with ledger.write() as connection:
        before = tables.weekly_share.c.week == BEFORE
        connection.execute(update(tables.weekly_share).where(before).values(classifier_version="0.9.0"))
    section = _section(collected(), "topic")
    assert section.not_compared == "the definition changed from version 0.9.0 to 1.0.0"
    assert all(row.change is None for row in section.rows)


def test_the_trend_runs_to_this_week(publish, collected):
    for week in ("2026-W45", BEFORE, WEEK):
        publish(week, conversations=30)
    trend = collected().trend["topic"]
    assert list(trend) == ["2026-W45", BEFORE, WEEK]
    assert sum(trend[WEEK].values()) == pytest.approx(1)


def test_endpoints_carry_what_they_did(publish, collected):
    publish(WEEK)
    rows = make_landed_rows()
    uses = {use.name: use for use in collected().endpoints}
    for name in ("east", "west"):
        mine = [row for row in rows if row["endpoint"] == name]
        assert uses[name].rows == len(mine)
        assert uses[name].input_tokens == sum(row["input_tokens"] for row in mine)
        assert uses[name].cost_usd == pytest.approx(sum(row["cost_usd"] for row in mine))
        assert 0 < uses[name].p50_ms < uses[name].p95_ms


def test_rows_that_were_reused_are_counted_and_cost_nothing(collected, lake):
    rows = make_landed_rows(endpoints=[("east", "m")])
    for row in rows[:400]:
        row.update(reused=True, cost_usd=None)
    write_finished_run(lake, rows=rows)
    [use] = collected().endpoints
    assert use.rows == 1000
    assert use.cost_usd == pytest.approx(sum(row["cost_usd"] for row in rows[400:]))
    assert use.input_tokens == sum(row["input_tokens"] for row in rows[400:])


def test_one_row_without_a_price_makes_the_endpoints_cost_unknown(publish, collected):
    publish(WEEK, price=None)
    assert {use.cost_usd for use in collected().endpoints} == {None}


def test_conversations_are_counted_once_in_what_was_cut(publish, collected):
    publish(WEEK, truncated=0.3)
    cut = {row["conversation_id"]: row["truncated_tokens"] for row in make_landed_rows(truncated=0.3)}
    shortening = collected().shortening
    assert shortening.conversations == 200
    assert shortening.truncated == sum(tokens > 0 for tokens in cut.values())
    assert shortening.truncated_tokens == sum(cut.values())


def test_slices_under_the_floor_are_hidden_and_counted(publish, collected):
    publish(WEEK)
    by_expertise, _by_topic = collected(min_slice=30).slices
    assert "expert" not in {row.label for row in by_expertise.rows}
    assert by_expertise.hidden >= 1
    assert [row.label for row in by_expertise.rows][:2] == ["novice", "beginner"]


def test_the_quarantine_is_reasons_counts_and_places(publish, collected, lake):
    publish(WEEK)
    folder = lake / "quarantine" / f"week={WEEK}" / "run=manual"
    folder.mkdir(parents=True)
    lines = [f'{{"place": "a.jsonl:line {n}", "reason": "not_json", "detail": "secret"}}' for n in range(5)]
    (folder / "part-0.jsonl").write_text("\n".join([*lines, '{"place": "b", "reason": "no_turns"}', '{"cut sho']))
    first, *others = collected().quarantine
    assert (first.reason, first.count, first.places) == ("not_json", 5, tuple(f"a.jsonl:line {n}" for n in range(3)))
    assert {(one.reason, one.count) for one in others} == {("no_turns", 1), ("unreadable quarantine entry", 1)}
    assert "secret" not in repr(collected())


def test_a_run_that_left_nothing_still_has_a_page(collected):
    report = collected(run_id="never-started")
    assert report.state == "unknown"
    assert (report.classifiers, report.endpoints, report.totals.sampled) == ((), (), None)


def test_a_stopped_run_is_stopped_before_the_ledger_says_so(collected, lake, ledger):
    failed = {**PASSING_CHECK, "passed": False, "notes": None, "observed": {"rows": 3}}
    write_finished_run(lake, verdict="stop", checks=[failed])
    ledger.save_run(WEEK, "manual", state=RunState.RUNNING)
    report = collected()
    assert (report.state, report.verdict) == ("stopped", "stop")
    assert report.checks[0].observed == '{"rows": 3}'


def test_another_published_run_of_the_week_is_named(publish, collected, lake):
    publish(WEEK)
    write_finished_run(lake, run_id="second", verdict="stop")
    assert collected(run_id="second").published_run == "manual"
    assert collected().published_run is None


def test_the_simulator_is_known_by_its_flag_or_its_model(publish, collected, lake):
    publish(WEEK)
    assert not collected().simulated
    publish(WEEK, endpoints=[("local", "simulated-lexical")])
    assert collected().simulated


def test_what_became_of_the_records_is_in_words_and_in_order(publish, collected, lake):
    publish(WEEK)
    folder = lake / "runs" / f"week={WEEK}" / "run=manual"
    write_json(
        f"{folder}/sample.json",
        {"sampled": 5, "read": 9, "shards": [1], "population": 90, "scrubbed": {"PHONE": 1, "EMAIL": 7}},
    )
    report = collected()
    assert list(report.sampling.items()) == [("Records read", 9), ("Sampled", 5), ("Conversations represented", 90)]
    assert list(report.scrubbed) == ["EMAIL", "PHONE"]


def test_a_dry_runs_forecast_is_the_pages_and_only_a_dry_runs(collected, lake):
    asked = {"requests": 700, "reused": 7, "input_tokens": 650_000, "output_tokens": 12_000, "cost_usd": 0.1}
    write_json(str(lake / "runs" / f"week={WEEK}" / "run=manual" / "forecast.json"), {"sampled": 100, **asked})
    assert asdict(collected(dry_run=True).forecast) == asked
    assert collected().forecast is None
    assert collected(run_id="other", dry_run=True).forecast is None


def test_limits_that_tasks_left_are_the_pages(publish, collected, lake):
    publish(WEEK)
    change = {"at": 5.0, "endpoint": "east", "what": "concurrency", "old": 16, "new": 30, "reason": "growth", "count": 14}
    write_json(f"{lake}/runs/week={WEEK}/run=manual/limits/shard=0000.json", {"endpoints": [], "changes": [change]})
    assert [(one.name, one.highest) for one in collected().limits] == [("east", 30)]
