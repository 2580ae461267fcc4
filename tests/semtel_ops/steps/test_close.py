"""A run ends in one state, and one that failed says why, in the ledger and to whoever ran it."""

import pytest

from semtel_ops.errors import QualityGateError, ReconciliationError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.close import close_run
from semtel_ops.store.files import read_json, remove, write_json
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import RunState
from semtel_ops.testing.landed import make_landed_rows
from tests.support.finished_run import PASSING_CHECK, write_finished_run

WEEK = "2026-W47"
ROWS = make_landed_rows(conversations=10, labels={"topic": {"science": 1}})
FAILED = {**PASSING_CHECK, "id": "non_success_share", "passed": False, "observed": "50.0%", "expected": "at most 5.0%"}


@pytest.fixture
def finish(tmp_path, ledger_url):
    """`finish(state, …)`: a run in this state of the ledger; its URL."""

    def make(state=RunState.PUBLISHED, **options):
        url = write_finished_run(tmp_path / "lake", rows=ROWS, **options)
        if state is not None:
            with open_ledger(ledger_url) as ledger:
                ledger.save_run(WEEK, "manual", state=state)
        return url

    return make


@pytest.fixture
def record(ledger_url):
    def read():
        with open_ledger(ledger_url) as ledger:
            return ledger.run(WEEK, "manual")

    return read


def test_a_published_run_is_finished_and_gives_its_totals(finish, record):
    url = finish()
    closed = close_run(url)
    assert (closed["run"], closed["week"], closed["state"]) == (url, WEEK, "published")
    assert (closed["sampled"], closed["landed_rows"]) == (10, 10)
    assert closed["report"] == RunPlan.load(url).folder.week_report
    assert (record().state, record().message) == (RunState.PUBLISHED, None)
    assert record().finished_at is not None


def test_closed_twice_it_is_the_same(finish, record):
    url = finish()
    assert close_run(url) == close_run(url)
    assert record().state is RunState.PUBLISHED


def test_a_run_that_the_gate_stopped_names_the_checks_that_stopped_it(finish, record):
    warned = {**FAILED, "id": "truncated_share", "severity": "warn"}
    with pytest.raises(QualityGateError) as caught:
        close_run(finish(RunState.VALIDATED, verdict="stop", checks=[PASSING_CHECK, warned, FAILED]))
    said = str(caught.value)
    assert "non_success_share: 50.0%, expected at most 5.0%" in said
    assert "truncated_share" not in said
    assert (record().state, record().message) == (RunState.STOPPED, said)


def test_only_the_first_failed_checks_are_spelled_out(finish):
    checks = [{**FAILED, "id": f"check_{at}"} for at in range(5)]
    with pytest.raises(QualityGateError) as caught:
        close_run(finish(verdict="stop", checks=checks))
    assert [f"check_{at}" in str(caught.value) for at in range(5)] == [True, True, True, False, False]


@pytest.mark.parametrize("state", [RunState.VALIDATED, RunState.RUNNING, None])
def test_a_run_that_was_not_published_failed(finish, record, state):
    with pytest.raises(ReconciliationError, match="was not published; see the first failed task"):
        close_run(finish(state))
    assert record().state is RunState.FAILED


def test_a_published_run_that_is_labelled_again_stays_published_until_it_is_published_again(finish, record):
    url = finish()
    write_json(RunPlan.load(url).folder.rerun, {})
    with pytest.raises(ReconciliationError, match="its labels are those published before"):
        close_run(url)
    assert record().state is RunState.PUBLISHED
    assert record().message.startswith("labelled again and not published: ")


def test_a_run_whose_rows_were_not_gathered_failed_whatever_the_ledger_says(finish, record):
    url = finish(RunState.RUNNING)
    remove(RunPlan.load(url).folder.totals)
    with pytest.raises(ReconciliationError, match="its rows were not gathered"):
        close_run(url)
    assert record().state is RunState.FAILED


def test_a_run_that_is_mended_and_closed_again_has_no_message(finish, record, ledger_url):
    url = finish(RunState.RUNNING)
    with pytest.raises(ReconciliationError):
        close_run(url)
    with open_ledger(ledger_url) as ledger:
        ledger.save_run(WEEK, "manual", state=RunState.PUBLISHED)
    close_run(url)
    assert (record().state, record().message) == (RunState.PUBLISHED, None)


def test_a_dry_run_gives_its_forecast_and_stays_as_it_is_in_the_ledger(finish, record):
    url = finish(RunState.DRY_RUN, dry_run=True, verdict=None)
    write_json(RunPlan.load(url).folder.forecast, {"requests": 7, "cost_usd": 0.5})
    assert close_run(url) == {"run": url, "state": "dry_run", "requests": 7, "cost_usd": 0.5}
    assert record().finished_at is None


def test_a_dry_run_without_a_forecast_has_only_its_state(finish):
    url = finish(None, dry_run=True, verdict=None)
    assert close_run(url) == {"run": url, "state": "dry_run"}


def test_the_log_of_a_reprocess_says_whose_rows_it_began_with(finish, caplog):
    url = finish()
    folder = RunPlan.load(url).folder
    document = {
        "week": WEEK, "run_id": "manual", "base_run": "r0", "requested_by": "ada", "requested_at": "2026-11-25T09:00:00+00:00",
        "reason": "the endpoint failed", "selection": {"rows": "not_success"}, "fresh": False, "asked_rows": 3,
        "asked_by_classifier": {"topic": 3}, "asked_by_status": {"error": 3}, "carried_rows": 7, "warnings": [],
    }  # fmt: skip
    write_json(folder.reprocess, document)
    with caplog.at_level("INFO"):
        close_run(url)
    assert "run manual is a reprocess of run r0: Requested by ada: the endpoint failed." in caplog.text
    assert read_json(folder.reprocess) == document
