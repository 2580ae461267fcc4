"""One set asked of labellers whose errors are planted: what is asked, resumed, compared, recorded and shown."""

import json

import pytest

from semtel_ops.errors import BudgetExceededError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.progress import LogProgress
from semtel_ops.steps.align import begin_alignment, forecast_alignment
from semtel_ops.steps.align_plan import AlignmentPlan
from semtel_ops.store.alignment_ledger import AlignmentLedger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.alignments import INTENT, align, align_settings, simulator, write_chats

ROWS = 200


@pytest.fixture(scope="module")
def endpoint():
    with simulated_endpoint(simulator()) as running:
        yield running


@pytest.fixture
def settings(tmp_path, endpoint, project_root, monkeypatch):
    endpoint.clear_stats()
    write_chats(tmp_path, ROWS)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    return align_settings(tmp_path, endpoint.base_url, project_root / "include")


def document(folder, name="a1"):
    return json.loads((folder / name / "alignment.json").read_text(encoding="utf-8"))


def test_a_dry_run_forecasts_and_asks_nothing(tmp_path, settings, endpoint):
    manifest = align(tmp_path, settings, dry_run=True)
    assert (manifest["dry_run"], manifest["requests"]) == (True, 4 * ROWS)
    assert manifest["cost_usd"] > 0
    assert endpoint.stats()["requests"] == 0
    assert not (tmp_path / "a1" / "alignment.json").exists()


def test_a_planted_shift_is_found_recorded_and_shown(tmp_path, settings, endpoint):
    manifest = align(tmp_path, settings)
    assert endpoint.stats()["requests"] == 4 * ROWS == manifest["requests"]
    assert manifest["candidates"]["new"]["verdict"] == "shifted"
    found = document(tmp_path)["candidates"]["new"]["classifiers"][INTENT]
    assert (found["verdict"], found["decision"]) == ("shifted", "adopt_with_bridge")
    assert found["quality"] == "not_measured"
    shifts = {shift["label"]: shift for shift in found["shifts"]}
    # A fifth asks for a poem; half of them get another label.
    assert shifts["content_creation"]["points"] == pytest.approx(-10, abs=4)
    assert shifts["leisure"]["low"] > 0
    assert found["excess_disagreement"]["shown"]
    assert set(found["flips"]) == {"incumbent", "candidate"}
    assert found["kappa"] is None
    assert found["cost_usd"] > 0
    assert found["candidate"]["latency_n"] == 2 * ROWS
    assert (found["confusions"][0]["incumbent"], found["confusions"][0]["candidate"]) == ("content_creation", "leisure")
    page = (tmp_path / "a1" / "report.html").read_text(encoding="utf-8")
    assert "Adopt with a bridge" in page
    assert "agreement with people is not measured" in page
    with open_ledger(settings.database_url.get_secret_value()) as ledger:
        (record,) = AlignmentLedger(ledger).records()
    assert (record.verdict, record.candidate_model, record.incumbent_model) == ("shifted", "simulated-b", "simulated-a")
    assert record.candidate_labeller == found["candidate_labeller"]
    assert len(record.candidate_labeller) == 16
    assert record.n == ROWS
    assert record.adopted_at is None


def test_a_model_against_itself_is_asked_with_other_seeds_and_is_no_other_labeller(tmp_path, settings, endpoint):
    manifest = align(tmp_path, settings, ["twin"])
    assert endpoint.stats()["requests"] == 4 * ROWS, "with the same seeds it would get the same replies"
    assert manifest["candidates"]["twin"]["verdict"] in {"same", "unclear"}
    found = document(tmp_path)["candidates"]["twin"]["classifiers"][INTENT]
    assert not found["excess_disagreement"]["shown"]
    assert found["excess_disagreement"]["within"] > 0
    assert found["incumbent_labeller"] == found["candidate_labeller"]


def test_the_same_again_asks_nothing_and_says_the_same(tmp_path, settings, endpoint):
    align(tmp_path, settings)
    before = document(tmp_path)
    endpoint.clear_stats()
    manifest = align(tmp_path, settings)
    assert endpoint.stats()["requests"] == 0
    assert manifest["requests"] == before["requests"]
    assert document(tmp_path) == before


def test_a_budget_that_is_spent_stops_and_a_larger_one_goes_on_without_paying_twice(tmp_path, settings, endpoint):
    with pytest.raises(BudgetExceededError):
        align(tmp_path, settings, max_cost_usd=0.05)
    spent = endpoint.stats()["requests"]
    assert 0 < spent < 4 * ROWS
    manifest = align(tmp_path, settings, max_cost_usd=50.0)
    assert endpoint.stats()["requests"] == 4 * ROWS
    assert manifest["candidates"]["new"]["verdict"] == "shifted"


def test_several_candidates_are_compared_with_one_incumbent(tmp_path, settings, endpoint):
    manifest = align(tmp_path, settings, ["new", "twin"], rows=40)
    assert endpoint.stats()["requests"] == 6 * 40, "the incumbent is asked once for both"
    assert set(manifest["candidates"]) == {"new", "twin"} == set(document(tmp_path)["candidates"])


def test_batch_jobs_answer_as_realtime_requests_do(tmp_path, settings):
    now = align(tmp_path, settings, rows=40)
    batched = align(tmp_path, settings, rows=40, lane="batch", name="a2")
    assert batched["candidates"] == now["candidates"]
    plan = AlignmentPlan.load(str(tmp_path / "a2" / "plan.json"))
    found = document(tmp_path, "a2")["candidates"]["new"]["classifiers"][INTENT]
    assert found["candidate"]["latency_p50_ms"] is None
    assert plan.request.lane == "batch"
    assert found["cost_usd"] == pytest.approx(document(tmp_path)["candidates"]["new"]["classifiers"][INTENT]["cost_usd"] / 2)


def test_runs_that_are_asked_side_by_side_divide_the_budget_by_their_forecasts(tmp_path, settings):
    align(tmp_path, settings, rows=40, max_cost_usd=2.0, dry_run=True)
    plan = AlignmentPlan.load(str(tmp_path / "a1" / "plan.json"))
    shards = begin_alignment(plan, forecast_alignment(plan, progress=LogProgress()))
    budgets = [RunPlan.load(shard["run"]).config.budget_usd for shard in shards]
    assert len(budgets) == 4
    assert sum(budgets) == pytest.approx(2.0)
    assert min(budgets) > 0.4
    assert {shard["lane"] for shard in shards} == {"realtime"}
