"""A cell is asked as its strategy says, as often as the experiment repeats, within the budget of the whole experiment."""

import pytest

from semtel_ops.errors import BudgetExceededError
from semtel_ops.steps.experiment_cell import compress_s, forecast_cell, measure_cell
from semtel_ops.steps.experiment_plan import ExperimentPlan, plan_experiment
from semtel_ops.store.layout import Lake
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.scripted_client import make_reply
from tests.support.killing import Killed
from tests.support.shards import WEEK, answer_request

ROWS = 12 * 2
CALL_USD = (100 + 5 * 2) / 1e6
COMBINED = {"pack": [1], "grader": [False], "combine": [False, True]}


@pytest.fixture
def cells(installation):
    """`cells(…)`: references to a plain cell and one that combines classifiers, of twelve conversations asked twice."""

    def answer(request):
        keys = (request.frame.schema or {}).get("properties", {})
        if "label" in keys:
            return answer_request(request)
        return '{"topic": {"label": "science"}, "knowledge_work": {"label": "yes"}}'

    installation.answer = answer

    def make(max_cost_usd=None, repeats=2, **arguments):
        request = {"week": WEEK, "source": installation.source, "config": {"sample": 12, "grid": COMBINED, "repeats": repeats}}
        if max_cost_usd is not None:
            request["max_cost_usd"] = max_cost_usd
        out = f"{installation.folder}/out"
        return plan_experiment(request, experiment_id="x", out=out, settings=installation.settings, **arguments)

    return make


def rows_of(ref, repeat):
    plan = ExperimentPlan.load(ref["experiment"])
    run = plan.run_of(plan.cells[ref["cell"]], repeat)
    return [row for shard in plan.shards for row in read_rows(run.folder.landed(shard["shard"]))]


def test_every_repeat_of_a_cell_has_all_its_rows(cells, installation):
    plain, _ = cells()
    measured = measure_cell(plain)
    assert {name: measured[name] for name in plain} == plain
    assert (measured["requests"], len(installation.asked)) == (2 * ROWS, 2 * ROWS)
    assert measured["cost_usd"] == pytest.approx(2 * ROWS * CALL_USD)
    for repeat in range(2):
        rows = rows_of(plain, repeat)
        assert (len(rows), {row["status"] for row in rows}) == (ROWS, {"success"})
        assert not any(row["reused"] for row in rows), "a repeat that reuses the first one measures nothing"


def test_a_cell_is_asked_in_its_own_way(cells):
    _, combined = cells(repeats=1)
    measured = measure_cell(combined)
    assert {row["strategy"] for row in rows_of(combined, 0)} == {"combined"}
    shared = {row["request_key"] for row in rows_of(combined, 0)}
    assert 12 == len(shared) <= measured["requests"], "classifiers share a call, and a sample is asked alone to compare"


def test_measured_again_it_asks_nothing(cells, installation):
    plain, _ = cells()
    measure_cell(plain)
    asked = len(installation.asked)
    again = measure_cell(plain)
    assert (again["requests"], again["cost_usd"], len(installation.asked)) == (0, 0.0, asked)


def test_interrupted_it_continues_where_it_was(cells, installation):
    plain, _ = cells()
    answer, left = installation.answer, iter(range(30))

    def dies(request):
        if next(left, None) is None:
            raise Killed
        return answer(request)

    installation.answer = dies
    with pytest.raises(Killed):
        measure_cell(plain)
    installation.answer = answer
    before = len(installation.asked)
    measure_cell(plain)
    # At most the calls that were under way when it ended, four, are asked again.
    assert len(installation.asked) - before <= 2 * ROWS - 30 + 4
    assert len(rows_of(plain, 1)) == ROWS


def test_a_forecast_counts_all_repeats_and_leaves_out_what_is_on_record(cells, installation):
    plain, combined = cells()
    forecast = forecast_cell(plain)
    assert (forecast["requests"], forecast["reused"], installation.asked) == (2 * ROWS, 0, [])
    assert forecast["cost_usd"] > 0
    assert forecast_cell(combined)["requests"] == 2 * 12
    measure_cell(plain)
    known = forecast_cell(plain)
    assert (known["requests"], known["reused"], known["cost_usd"]) == (0, 2 * ROWS, 0.0)


def test_an_unknown_price_is_forecast_as_unknown(cells, installation):
    path = installation.folder / "endpoints.yaml"
    path.write_text("endpoints: [{name: east, base_url: 'http://127.0.0.1:1/v1', model: m}]\n", encoding="utf-8")
    assert forecast_cell(cells()[0])["cost_usd"] is None


def test_the_budget_is_that_of_all_cells_together(cells, installation):
    plain, combined = cells(max_cost_usd=0.02, repeats=1)
    answer = installation.answer
    installation.answer = lambda request: make_reply(str(answer(request)), output_tokens=200)
    measure_cell(plain)
    paid = ROWS * (100 + 2 * 200) / 1e6
    with pytest.raises(BudgetExceededError):
        measure_cell(combined)
    assert paid < len(installation.asked) * (100 + 2 * 200) / 1e6 <= 0.02
    measure_cell(plain)
    more = cells(max_cost_usd=1.0, repeats=1)
    measure_cell(more[1])
    assert len(rows_of(combined, 0)) == ROWS


def test_plain_answers_of_weekly_runs_are_taken_over_for_the_first_repeat(cells, installation):
    installation.label()
    asked = len(installation.asked)
    plain, _ = cells(reuse=Lake(installation.settings.lake).journal())
    assert forecast_cell(plain)["requests"] == ROWS, "the second repeat"
    assert measure_cell(plain)["requests"] == ROWS
    assert len(installation.asked) == asked + ROWS
    assert all(row["reused"] for row in rows_of(plain, 0))


def test_cells_that_cut_text_alike_prepare_it_once(cells, monkeypatch):
    from semtel_ops.steps import set_run

    prepare, prepared = set_run.prepare_shard, []

    def counted(shard):
        prepared.append(shard["shard"])
        return prepare(shard)

    monkeypatch.setattr(set_run, "prepare_shard", counted)
    for ref in cells():
        forecast_cell(ref)
        measure_cell(ref)
    plan = ExperimentPlan.load(ref["experiment"])
    assert sorted(prepared) == [shard["shard"] for shard in plan.shards]
    assert compress_s(plan, plan.cells[0]) == compress_s(plan, plan.cells[1]) >= 0
