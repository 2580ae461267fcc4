from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from semtel_ops.errors import StoreError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.erased_runs import ABANDONED_AFTER, keeps_publication, require_no_work, unfinished_runs
from semtel_ops.store.files import write_json
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import RunState
from tests.support.finished_run import write_finished_run

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("fields", "waited_for"),
    [
        ({"state": RunState.RUNNING, "started_at": NOW - DAY}, True),
        ({"state": RunState.VALIDATED, "started_at": NOW - DAY}, True),
        ({"state": RunState.RUNNING, "started_at": NOW - DAY, "finished_at": NOW}, False),
        ({"state": RunState.PUBLISHED, "started_at": NOW - DAY}, False),
        ({"state": RunState.RUNNING, "started_at": NOW - ABANDONED_AFTER - DAY}, False),
    ],
)
def test_a_run_is_waited_for_while_its_tasks_may_be_at_work(ledger_url: str, fields: Any, waited_for: bool) -> None:
    with open_ledger(ledger_url) as ledger:
        ledger.save_run("2026-W47", "r1", **fields)
        runs = unfinished_runs(ledger, NOW)
    assert bool(runs) == waited_for
    if waited_for:
        with pytest.raises(StoreError, match="r1"):
            require_no_work(runs, "nothing was erased")
    require_no_work([], "nothing was erased")


def test_only_a_published_run_that_lost_conversations_stays_as_it_was_published(tmp_path: Any, ledger_url: str) -> None:
    plan = RunPlan.load(write_finished_run(tmp_path / "lake"))
    write_json(plan.folder.sample, {"erased": 1})
    assert not keeps_publication(plan)
    with open_ledger(ledger_url) as ledger:
        ledger.save_run(plan.week, plan.run_id, state=RunState.PUBLISHED)
    assert keeps_publication(plan)
    write_json(plan.folder.sample, {})
    assert not keeps_publication(plan)
