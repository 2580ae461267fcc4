"""A week whose labeller is another one than last week's labels part of last week again; the simulator plays both models."""

from pathlib import Path

import pytest

from semtel_ops.bridging import bridges_of
from semtel_ops.humanize import money
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.progress import LogProgress
from semtel_ops.steps import bridge as bridge_step
from semtel_ops.steps.bridge import build_bridge
from semtel_ops.steps.gather import gather_run
from semtel_ops.steps.publish import publish_run
from semtel_ops.steps.report import report_run
from semtel_ops.steps.week import run_week
from semtel_ops.store.alert_ledger import AlertLedger
from semtel_ops.store.bridge_ledger import BridgeLedger
from semtel_ops.store.files import list_files, read_json
from semtel_ops.store.layout import Lake
from tests.support.published_week import CLASSIFIERS
from tests.support.two_labellers import FIRST, NEXT, ROWS, A, B

PAIRS = ROWS * len(CLASSIFIERS)


def test_a_bridge_week_labels_last_week_again_and_separates_labeller_and_users(week):
    week.adopt()
    plan = week.label()
    document = read_json(plan.folder.bridge)
    assert (document["week"], document["conversations"], document["lane"]) == (FIRST, ROWS, "realtime")
    assert [entry["classifier"] for entry in document["classifiers"]] == list(CLASSIFIERS)
    assert all(entry["why_not"] is None for entry in document["classifiers"])
    assert {name: bridge.m for name, bridge in bridges_of(document).items()} == dict.fromkeys(CLASSIFIERS, ROWS)
    with week.ledger as ledger:
        rows = BridgeLedger(ledger).rows([NEXT])
        shares = {(row.classifier, row.label): row for row in ledger.weekly_shares([FIRST])}
    assert {row.classifier for row in rows} == set(CLASSIFIERS)
    for row in rows:
        before = shares.get((row.classifier, row.label))
        assert row.share_before == pytest.approx(before.share if before else 0.0)
        # Every row of last week was labelled again: as B sees it, its share is what B said, and L is the difference.
        assert row.labeller_change == pytest.approx((row.only_now - row.only_before) / ROWS)
        assert row.seen_before == pytest.approx(row.share_before + row.labeller_change, abs=0.01)
    # The same questions were asked in both weeks: the labeller changed shares, and the users did not.
    assert any(row.labeller_is_real for row in rows)
    assert not any(row.users_is_real for row in rows)

    # Its cost is the run's: both weeks have as many rows, and each row is one request.
    totals, bridge = read_json(plan.folder.totals), read_json(plan.folder.totals)["bridge"]
    assert (totals["landed_rows"], totals["requests"], bridge["requests"]) == (PAIRS, 2 * PAIRS, PAIRS)
    assert document["paid_usd"] == bridge["cost_usd"] > 0
    assert totals["cost_usd"] - bridge["cost_usd"] == pytest.approx(sum(row["cost_usd"] for row in week.landed(plan)))
    with week.ledger as ledger:
        record = ledger.run(NEXT, plan.run_id)
    assert (record.requests, record.cost_usd) == (totals["requests"], totals["cost_usd"])

    view = week.view(NEXT)
    section = next(section for section in view["classifiers"] if section["id"] == CLASSIFIERS[0])
    assert (section["not_compared"], section["bridge"]["rows"]) == (None, ROWS)
    assert all(row["labeller"] for row in section["rows"])
    page = Path(plan.folder.report).read_text(encoding="utf-8")
    assert f"the labeller changed from {A} to {B}" in page
    assert "semtel reprocess --week 2026-W47 --rows all" in page
    assert "semtel-reprocess" not in page, "outside Airflow there is no form"
    assert f"of which bridge {money(bridge['cost_usd'])}" in page

    report_run(plan.url, airflow_url="https://airflow.example")
    form = "https://airflow.example/semtel-reprocess/?week=2026-W47&amp;rows=all&amp;"
    assert form in Path(plan.folder.report).read_text(encoding="utf-8")
    with week.ledger as ledger:
        (told,) = [row for row in AlertLedger(ledger).alerts(NEXT) if row.kind == "labeller_changed"]
    assert "semtel reprocess --week 2026-W47 --rows all" in told.body

    week.endpoint.clear_stats()
    build_bridge(plan.url)
    gather_run(plan.url, None)
    publish_run(plan.url)
    assert week.requests == 0, "building it twice asks nothing"
    again = read_json(plan.folder.bridge)
    assert {**again, "seconds": document["seconds"]} == document
    assert read_json(plan.folder.totals)["cost_usd"] == totals["cost_usd"], "building it twice counts it once"
    with week.ledger as ledger:
        assert BridgeLedger(ledger).rows() == rows

    after = week.label("2026-W49", day="30")
    assert after.bridge is None
    assert {section["not_compared"] for section in week.view("2026-W49")["classifiers"]} == {None}


def test_without_a_bridge_no_change_is_printed_and_the_reason_is(week):
    week.adopt()
    week.configure("model_gate: {bridge_rows: 0}")
    plan = week.label()
    assert read_json(plan.folder.bridge) is None
    view = week.view(NEXT)
    assert view["changes"] == []
    assert {section["not_compared"] for section in view["classifiers"]} == {f"the labeller changed from {A} to {B}"}
    checks = {check["id"]: check for check in read_json(plan.folder.quality)["checks"]}
    assert checks["label_share_change"]["notes"] == f"the labeller changed from {A} to {B}"
    assert not checks["labeller_change"]["passed"]


def test_a_bridge_that_was_killed_is_completed_and_nothing_is_paid_twice(week, monkeypatch):
    week.adopt()

    class KilledError(BaseException):
        pass

    def killed(*_, **__):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(bridge_step, "write_json", killed)
        with pytest.raises(KilledError):
            week.label()
    week.endpoint.clear_stats()
    plan = week.label()
    # What the killed attempt had asked of last week is not asked again: only this week's rows are.
    assert week.requests == ROWS * len(CLASSIFIERS)
    document = read_json(plan.folder.bridge)
    assert all(entry["m"] == ROWS for entry in document["classifiers"])
    assert document["requests"] == PAIRS, "both attempts count"
    assert document["paid_usd"] == pytest.approx(document["cost_usd"])


def test_a_last_week_that_is_not_in_the_lake_any_more_gives_no_bridge_and_the_reason(week):
    week.adopt()
    for url in list_files(Lake(week.settings.lake).conversations_folder(FIRST), ".parquet"):
        Path(url).unlink()
    plan = week.label()
    reason = f"the conversations of {FIRST} are not in the lake any more"
    assert {entry["why_not"] for entry in read_json(plan.folder.bridge)["classifiers"]} == {reason}
    with week.ledger as ledger:
        assert BridgeLedger(ledger).rows() == []
    assert reason in Path(plan.folder.report).read_text(encoding="utf-8")


def test_a_part_of_the_budget_that_is_used_up_gives_no_bridge_and_a_dry_run_forecasts_it(week):
    week.adopt()
    text = Path(week.folder / f"chats-{FIRST}.jsonl").read_text(encoding="utf-8").replace("2026-11-18", "2026-11-25")
    (week.folder / "next.jsonl").write_text(text, encoding="utf-8")
    asked = {"week": NEXT, "source": str(week.folder / "next.jsonl"), "classifiers": CLASSIFIERS, "dry_run": True}
    week.endpoint.clear_stats()
    manifest = run_week(asked, run_id="dry", settings=week.settings, progress=LogProgress())
    dry = RunPlan.load(manifest["run"])
    forecast = read_json(dry.folder.bridge)["forecast"]
    assert (forecast["requests"], week.requests) == (ROWS * len(CLASSIFIERS), 0)
    assert forecast["cost_usd"] > 0
    of_run = read_json(dry.folder.forecast)
    assert (of_run["requests"], of_run["bridge"]) == (2 * ROWS * len(CLASSIFIERS), forecast)

    # A tenth of what the dry run expects: the bridge stops, says so, and keeps what it has.
    poor = dry.model_copy(
        update={"dry_run": False, "config": dry.config.model_copy(update={"budget_usd": forecast["cost_usd"] / 10})}
    )
    poor.save()
    built = build_bridge(poor.url)
    assert built["rows"] == dict.fromkeys(CLASSIFIERS, 0)
    why = {entry["why_not"] for entry in read_json(poor.folder.bridge)["classifiers"]}
    assert len(why) == 1
    assert why.pop().startswith("its part of the budget, $")
    # What it paid until then is known, and done again it is the same.
    stopped = read_json(poor.folder.bridge)
    assert 0 < stopped["paid_usd"] <= forecast["cost_usd"] / 10
    assert 0 < stopped["requests"] < ROWS * len(CLASSIFIERS)
    build_bridge(poor.url)
    assert read_json(poor.folder.bridge)["paid_usd"] == stopped["paid_usd"]
