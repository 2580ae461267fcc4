import pytest

from semtel_ops.endpoints import Lane
from semtel_ops.errors import BudgetExceededError
from semtel_ops.settings import StrategyConfig
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.steps.frozen_set import freeze, set_root
from semtel_ops.steps.set_run import forecast_set, label_set, prepared_manifest
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.published_week import publish_week, week_settings

BATCH = {"time_factor": 100_000, "validating_s": 1, "run_s": 1, "finalizing_s": 1}


@pytest.fixture(scope="module")
def endpoint():
    with simulated_endpoint(SimulatorConfig(batch=BATCH)) as running:
        yield running


@pytest.fixture(scope="module")
def plan(tmp_path_factory, endpoint, project_root):
    folder = tmp_path_factory.mktemp("week")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{folder}/ledger.db")
        return publish_week(folder, week_settings(folder, endpoint.base_url, project_root / "include"), conversations=30)


@pytest.fixture
def frozen(plan, request):
    return freeze(set_root(plan.paths, request.node.name), plan.paths, plan.week, {f"2026-W47-c{at}" for at in range(20)})


def labels_of(labelled):
    return {(row["conversation_id"], row["classifier"]): row["label"] for url in labelled.rows for row in read_rows(url)}


@pytest.fixture
def run(plan, frozen):
    return frozen.run_of(plan, "b.0")


def test_a_set_is_labelled_once_however_often_it_is_asked_for(run, frozen, endpoint):
    first = label_set(run, frozen.sample)
    assert (first.requests, first.reused, len(labels_of(first))) == (40, 0, 40)
    assert first.cost_usd == pytest.approx(first.paid_usd)
    endpoint.clear_stats()
    again = label_set(run, frozen.sample)
    assert (again.requests, labels_of(again)) == (0, labels_of(first))
    assert endpoint.stats()["requests"] == 0


def test_another_seed_is_another_repeat(plan, frozen, run):
    label_set(run, frozen.sample)
    seeded = plan.config.model_copy(update={"strategy": StrategyConfig(seed=1)})
    repeat = label_set(frozen.run_of(plan, "b.1", config=seeded), frozen.sample)
    assert repeat.requests == 40


def test_a_forecast_asks_nothing_and_counts_what_is_known(plan, frozen, run, endpoint):
    endpoint.clear_stats()
    new = forecast_set(run, frozen.sample)
    assert (new.requests, new.reused) == (40, 0)
    assert new.cost_usd > 0
    known = forecast_set(frozen.run_of(plan, "a.0"), frozen.sample, reuse=plan.journal_url)
    assert (known.requests, known.reused, known.cost_usd) == (0, 40, 0.0)
    assert endpoint.stats()["requests"] == 0


def test_a_budget_that_is_spent_stops_and_a_larger_one_goes_on(plan, frozen, run):
    small = run.model_copy(update={"config": plan.config.model_copy(update={"budget_usd": 0.003})})
    with pytest.raises(BudgetExceededError):
        label_set(small, frozen.sample)
    rest = label_set(run, frozen.sample)
    assert 0 < rest.requests < 40
    assert len(labels_of(rest)) == 40


def test_batch_jobs_label_a_set_as_realtime_requests_do(plan, frozen, run):
    now = label_set(run, frozen.sample)
    later = label_set(frozen.run_of(plan, "batched"), frozen.sample, lane=Lane.BATCH)
    assert later.requests == 0, "the journal of the set knows the replies"
    other = freeze(set_root(plan.paths, "batch"), plan.paths, plan.week, {f"2026-W47-c{at}" for at in range(20)})
    batched = label_set(other.run_of(plan, "batched"), other.sample, lane=Lane.BATCH)
    assert (batched.requests, labels_of(batched)) == (40, labels_of(now))
    assert batched.cost_usd == pytest.approx(now.cost_usd / 2)


def test_text_is_prepared_once_for_all_runs_that_shorten_it_alike(plan, frozen, run):
    label_set(run, frozen.sample)
    assert prepared_manifest(run, 0) == prepared_manifest(frozen.run_of(plan, "other"), 0) != {}
    shorter = plan.config.model_copy(update={"tokens": plan.config.tokens.model_copy(update={"max_per_conversation": 50})})
    assert prepared_manifest(frozen.run_of(plan, "short", config=shorter), 0) == {}
