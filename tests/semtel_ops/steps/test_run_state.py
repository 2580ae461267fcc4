"""A published run that is planned and labelled again keeps its row in the ledger."""

import pytest

from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.publish import publish_run
from semtel_ops.steps.run_state import advance, begin, is_labelled_again, save_checks
from semtel_ops.store.ledger_tables import RunState
from tests.support.finished_run import PASSING_CHECK, write_finished_run


@pytest.fixture
def plan(tmp_path, ledger):
    return RunPlan.load(write_finished_run(tmp_path / "lake"))


def test_a_run_that_is_not_published_shows_its_progress(plan, ledger):
    begin(ledger, plan)
    assert ledger.run(plan.week, plan.run_id).state is RunState.PLANNED
    advance(ledger, plan, state=RunState.RUNNING, landed=3)
    assert (ledger.run(plan.week, plan.run_id).state, ledger.run(plan.week, plan.run_id).landed) == (RunState.RUNNING, 3)
    assert not is_labelled_again(plan)


def test_a_published_run_keeps_row_and_checks_until_it_is_published_again(plan, ledger):
    publish_run(plan.url)
    row, checks = ledger.run(plan.week, plan.run_id), ledger.quality(plan.week, plan.run_id)
    begin(ledger, plan)
    advance(ledger, plan, state=RunState.STOPPED, landed=3, verdict="stop")
    save_checks(ledger, plan, [{**PASSING_CHECK, "passed": False}])
    assert ledger.run(plan.week, plan.run_id) == row
    assert ledger.quality(plan.week, plan.run_id) == checks
    assert is_labelled_again(plan)
    publish_run(plan.url)
    assert not is_labelled_again(plan)
    assert ledger.published_run(plan.week).run_id == plan.run_id
