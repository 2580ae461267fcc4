"""What a run paid for its bridge, and what of its cost is for the rows of its week."""

import pytest

from semtel_ops.errors import StoreError
from semtel_ops.runs.built_bridge import bridge_cost, built_bridge, week_cost
from semtel_ops.runs.plan import PlannedBridge
from semtel_ops.store.files import write_json
from tests.support.shards import make_plan

BUILT = {"requests": 40, "reused": 5, "input_tokens": 900, "output_tokens": 80, "paid_usd": 0.25, "classifiers": []}
COST = {"requests": 40, "reused": 5, "input_tokens": 900, "output_tokens": 80, "cost_usd": 0.25}
PLANNED = PlannedBridge(week="2026-W46", classifiers=("topic",), rows=100)


def test_a_bridge_that_was_built_is_a_cost_of_its_run(tmp_path):
    plan = make_plan(tmp_path).model_copy(update={"bridge": PLANNED})
    assert bridge_cost(plan) is None
    write_json(plan.folder.bridge, BUILT)
    assert bridge_cost(plan) == COST


def test_the_bridge_that_a_reprocess_has_of_its_base_run_costs_it_nothing(tmp_path):
    plan = make_plan(tmp_path)
    write_json(plan.folder.bridge, BUILT)
    assert (built_bridge(plan), bridge_cost(plan)) == (BUILT, None)


def test_a_planned_bridge_that_is_not_there_is_missed_and_another_is_not(tmp_path):
    plan = make_plan(tmp_path)
    assert built_bridge(plan) is None
    with pytest.raises(StoreError, match=r"bridge\.json: does not exist; run `bridge` first"):
        built_bridge(plan.model_copy(update={"bridge": PLANNED}))


def test_the_cost_of_the_weeks_rows_is_without_the_bridge():
    assert week_cost({"cost_usd": 1.0}) == 1.0
    assert week_cost({"cost_usd": 1.0, "bridge": None}) == 1.0
    assert week_cost({"cost_usd": 1.0, "bridge": COST}) == 0.75
    assert week_cost({"cost_usd": None, "bridge": COST}) is None
