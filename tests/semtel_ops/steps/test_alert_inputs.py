"""What a run's alerts are made from is read from its folder, its rows and the ledger, however far the run has come."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

from semtel_ops.alerts.context import AlertContext
from semtel_ops.concurrency import Change
from semtel_ops.runs.plan import PlannedBridge, RunPlan
from semtel_ops.settings import PipelineConfig
from semtel_ops.shards.comparison_counts import AGREE, DIFFER, ComparisonCounts
from semtel_ops.shards.unbundling import write_comparisons
from semtel_ops.steps.alert_inputs import inputs_of, outages_of, place_of
from semtel_ops.store.files import write_json
from semtel_ops.store.ledger_tables import RunState
from semtel_ops.testing.landed import make_landed_rows
from tests.support.finished_run import PASSING_CHECK, write_finished_run
from tests.support.shards import RUN_ID, WEEK, make_plan

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def inputs(ledger):
    return lambda plan: inputs_of(plan, place_of(plan, AlertContext()), ledger)


@pytest.fixture
def finish(tmp_path):
    """`finish(failing=…, config=…)`: a gathered run of ten conversations; so many rows of topic have failed."""

    def make(failing=0, config=None, **options):
        frequencies = {"topic": {"science": 1}, "knowledge_work": {"yes": 1}}
        rows = make_landed_rows(run_id=RUN_ID, conversations=10, labels=frequencies, success=1.0)
        for at, row in enumerate(rows):
            row.update(cost_usd=0.5, classified_at=NOON + timedelta(seconds=at))
        for row in [row for row in rows if row["classifier"] == "topic"][:failing]:
            row.update(status="error", label=None)
        config = PipelineConfig.model_validate(config or {})
        return RunPlan.load(write_finished_run(tmp_path / "lake", run_id=RUN_ID, rows=rows, config=config, **options))

    return make


def test_a_run_that_has_only_been_planned_is_known_by_its_settings(tmp_path, inputs):
    found = inputs(make_plan(tmp_path, config={"budget_usd": 5}, deadline=NOON))
    assert (found.week, found.run_id, found.budget_usd, found.due_at) == (WEEK, RUN_ID, 5, NOON)
    assert (found.counts, found.verdict, found.spent_usd, found.landed_at) == (None, None, None, None)
    assert (found.failing, found.examples, found.checks, found.outages) == ({}, {}, (), ())
    assert not found.published


def test_before_a_run_is_gathered_its_shards_say_what_was_spent(tmp_path, inputs, ledger):
    plan = make_plan(tmp_path)
    ledger.save_shard(WEEK, RUN_ID, 0, cost_usd=1.5)
    ledger.save_shard(WEEK, RUN_ID, 1, cost_usd=0.25)
    ledger.save_shard(WEEK, RUN_ID, 2, cost_usd=None)
    assert inputs(plan).spent_usd == 1.75


def test_a_bridge_is_part_of_what_was_spent(tmp_path, inputs, ledger):
    bridge = PlannedBridge(week="2026-W46", classifiers=("topic",), rows=10)
    plan = make_plan(tmp_path).model_copy(update={"bridge": bridge})
    assert inputs(plan).spent_usd is None
    paid = {"requests": 1, "reused": 0, "input_tokens": 1, "output_tokens": 1, "paid_usd": 0.5, "classifiers": []}
    write_json(plan.folder.bridge, paid)
    assert inputs(plan).spent_usd == 0.5
    ledger.save_shard(plan.week, plan.run_id, 0, state="landed", cost_usd=0.25)
    assert inputs(plan).spent_usd == 0.75


def test_a_gathered_run_has_its_counts_and_examples_of_what_failed(finish, inputs):
    found = inputs(finish(failing=5))
    assert (found.counts.sampled, found.counts.expected, found.counts.landed) == (10, 20, 20)
    assert found.counts.by_status == {"success": 15, "error": 5}
    assert found.failing == {"topic": 5, "knowledge_work": 0}
    assert list(found.examples["topic"]) == ["c000000", "c000001", "c000002"]
    assert found.examples["knowledge_work"] == ()
    assert found.spent_usd == pytest.approx(10.0)
    assert found.landed_at == NOON + timedelta(seconds=19)


def test_the_verdict_and_its_checks_are_as_the_gate_wrote_them(finish, inputs):
    found = inputs(finish(verdict="stop", checks=[{**PASSING_CHECK, "passed": False}]))
    assert (found.verdict, [check["id"] for check in found.checks]) == ("stop", ["one_row_per_member"])
    assert (inputs(finish(verdict="warn")).verdict) == "warn"


@pytest.mark.parametrize(("state", "published"), [(RunState.PUBLISHED, True), (RunState.STOPPED, False)])
def test_whether_it_is_published_is_what_the_ledger_says(finish, inputs, ledger, state, published):
    plan = finish()
    ledger.save_run(WEEK, RUN_ID, state=state)
    assert inputs(plan).published is published


def test_a_strategy_that_was_refused_is_told_with_its_reason(tmp_path, inputs):
    note = "plain requests instead of the strategy: no experiment"
    assert inputs(make_plan(tmp_path, strategy_note=note)).strategy_refused is None
    assert inputs(make_plan(tmp_path, strategy_note=note, strategy_refused=True)).strategy_refused == note


def test_what_was_rescued_is_counted(finish, inputs):
    plan = finish()
    write_json(plan.folder.lanes, {"deadline": 0.0, "choices": [], "results": {"rescued": {"rows": 7, "shards": 2}}})
    found = inputs(plan)
    assert (found.rescued_rows, found.rescued_shards) == (7, 2)


@pytest.mark.parametrize(("combine", "told"), [(True, {"topic"}), (False, set())])
def test_classifiers_that_disagree_are_told_with_what_was_measured(finish, inputs, combine, told):
    plan = finish(config={"strategy": {"combine": combine, "pack": 2, "shadow_min": 10, "shadow_floor": 0.8}})
    counts = ComparisonCounts()
    counts.shadow.update({("topic", AGREE): 5, ("topic", DIFFER): 5, ("knowledge_work", AGREE): 10})
    write_comparisons(plan, 0, counts, ())
    found = inputs(plan)
    assert set(found.unbundled) == told
    assert all("in 50.0% of 10" in sentence for sentence in found.unbundled.values())


def circuit(at, endpoint, new):
    return asdict(Change(at, endpoint, "circuit", 1.0 - new, new, "no answer"))


def write_limits(plan, shard, *changes):
    write_json(plan.folder.limits(shard), {"endpoints": [], "changes": list(changes)})


def test_the_longest_outage_of_an_endpoint_counts_once_for_all_shards(finish, inputs):
    plan = finish()
    write_limits(plan, 0, circuit(100, "east", 0.0), circuit(160, "east", 1.0))
    write_limits(
        plan, 1, circuit(100, "east", 0.0), circuit(400, "east", 1.0), circuit(500, "west", 0.0), circuit(510, "west", 1.0)
    )
    assert {(outage.endpoint, outage.seconds, outage.over) for outage in inputs(plan).outages} == {
        ("east", 300.0, True), ("west", 10.0, True),
    }  # fmt: skip


def test_the_outages_of_one_shard_are_its_own_and_one_without_calls_has_none(finish):
    plan = finish()
    write_limits(
        plan, 0, circuit(100, "east", 0.0), circuit(160, "east", 1.0), circuit(200, "east", 0.0), circuit(230, "east", 1.0)
    )
    assert [outage.seconds for outage in outages_of(plan, 0)] == [60.0, 30.0]
    assert outages_of(plan, 1) == []


def test_links_lead_to_the_weeks_report_and_to_the_dag_it_ran_in(tmp_path):
    plan = make_plan(tmp_path, config={"alerts": {"runbook_url": "https://runbook.example"}})
    place = place_of(plan, AlertContext(dag_id="weekly", airflow_url="http://airflow.example"))
    assert (place.runbook_url, place.airflow_url, place.dag_id) == (
        "https://runbook.example", "http://airflow.example", "weekly",
    )  # fmt: skip
    assert place.report == f"{plan.lake}/reports/week={WEEK}/report.html"
    assert place.data_docs == f"{plan.lake}/reports/week={WEEK}/data_docs/index.html"
