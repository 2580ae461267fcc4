from datetime import UTC, datetime

from semtel_ops.page.batches import batches_view
from tests.support.ledger_year import run_of

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_open_jobs_come_first_and_every_state_is_counted(source):
    view = batches_view(source, now=NOW)
    assert [job["open"] for job in view["jobs"]] == [True] * 3 + [False] * 3
    assert {state["state"]: state["jobs"] for state in view["states"]} == {"done": 2, "failed": 1, "submitted": 2, "waiting": 1}
    assert view["total"] == 6


def test_progress_is_the_providers_count_until_the_files_are_read(source):
    by_state = {job["state"]: job for job in batches_view(source, now=NOW)["jobs"]}
    assert by_state["submitted"]["done"] == by_state["submitted"]["completed"] > 0
    assert by_state["done"]["done"] == by_state["done"]["requests"]
    assert by_state["waiting"]["done"] is None
    assert by_state["done"]["quiet_s"] is None


def test_only_the_jobs_of_a_run_are_shown_where_one_is_asked_for(source, last):
    assert batches_view(source, now=NOW, week=last, run_id=run_of(last))["total"] == 6
    assert batches_view(source, now=NOW, week=last, run_id="' or 1=1 --")["total"] == 0
    assert batches_view(source, now=NOW, week="1999-W01")["jobs"] == []
