"""The database of the ledger is lost in the middle of a week: connections again and again, and the whole server."""

import threading
from itertools import count

import psycopg
import pytest
from sqlalchemy import func, select

from semtel_ops.errors import StoreError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.progress import LogProgress
from semtel_ops.steps.alert import alert_run
from semtel_ops.steps.week import run_week
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.alert_ledger import AlertLedger
from semtel_ops.store.files import write_json
from semtel_ops.store.ledger_tables import RunState
from tests.support.database_proxy import database_proxy
from tests.support.installation import Installation
from tests.support.postgres import postgres_schema, postgres_server
from tests.support.shards import WEEK

pytestmark = pytest.mark.postgres

TRIANGULAR = {number * (number + 1) // 2 for number in range(1, 50)}
"""Losses come ever less often, so that each step gets its turn to lose and then to end."""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Makes an installation whose ledger is at a URL."""

    def make(url):
        monkeypatch.setenv("DATABASE_URL", url)
        made = Installation(tmp_path, url)
        monkeypatch.setattr("semtel_ops.steps.week.Resources", made.resources)
        monkeypatch.setattr("semtel_ops.steps.week.validate_run", passed)
        monkeypatch.setattr("semtel_ops.steps.week.report_run", lambda run: None)
        return made

    return make


def passed(run):
    """The quality gate and the report, which take seconds, do nothing else with the ledger than other steps."""
    write_json(RunPlan.load(run).folder.quality, {"verdict": "passed", "checks": []})
    return {"run": run, "stopped": False, "message": ""}


def run(installation):
    return run_week({"week": WEEK}, run_id="r1", settings=installation.settings, progress=LogProgress())


def run_with_retries(installation, tries=3):
    """As Airflow does: a step that failed is run again."""
    for _ in range(tries - 1):
        try:
            return run(installation)
        except StoreError:
            continue
    return run(installation)


def assert_published_once(installation, manifest):
    assert (manifest["state"], manifest["sampled"], manifest["landed_rows"]) == ("published", 12, 24)
    assert manifest["by_status"] == {"success": 24}
    assert len(installation.asked) == 24, "nothing was asked twice"
    with installation.ledger() as ledger:
        assert [record.state for record in ledger.runs(WEEK)] == [RunState.PUBLISHED]
        with ledger.read() as connection:
            assert connection.execute(select(func.count()).select_from(tables.label)).scalar_one() == 24


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_week_is_published_once_though_its_database_is_lost_again_and_again(installed, when):
    with postgres_schema() as url, database_proxy(url) as proxy:
        numbers = count()
        proxy.loses = lambda message: when if b"COMMIT" in message and next(numbers) in TRIANGULAR else None
        installation = installed(proxy.url(url))
        manifest = run_with_retries(installation)
        lost, proxy.loses = proxy.lost, lambda _message: None
        assert lost >= 3
        assert_published_once(installation, manifest)
        raised = [alert_run(manifest["run"]) for _ in range(2)]
        assert raised is not None
        with installation.ledger() as ledger:
            keys = [row.key for row in AlertLedger(ledger).alerts(WEEK)]
        assert len(keys) == len(set(keys))


def test_a_week_goes_on_when_postgresql_crashes_and_recovers_in_its_middle(installed):
    with postgres_server() as server:
        installation = installed(server.url)
        asked = threading.Event()
        usual = installation.answer

        def answer(request):
            asked.set()
            return usual(request)

        def crash():
            asked.wait(30)
            server.stop()
            server.start()

        installation.answer = answer
        crashing = threading.Thread(target=crash)
        crashing.start()
        manifest = run(installation)
        crashing.join()
        assert_published_once(installation, manifest)
        with psycopg.connect(server.url) as connection:
            (since,) = connection.execute("SELECT pg_postmaster_start_time() > min(started_at) FROM run").fetchone()
        assert since, "the server was restarted after the week began"
