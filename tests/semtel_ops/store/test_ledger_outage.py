"""A database that is away is waited for; a transaction lost with its connection is run again, and nothing is done twice."""

import logging
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from semtel_ops.errors import StoreError
from semtel_ops.store import ledger_engine
from semtel_ops.store.alert_ledger import AlertLedger, AlertRow
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger, JobState
from semtel_ops.store.ledger import save_run
from semtel_ops.store.ledger_open import open_ledger, open_to_read
from semtel_ops.store.ledger_outage import IMPATIENT, LedgerLostError, Patience, is_outage, replayed
from semtel_ops.store.ledger_rows import EndpointShare
from semtel_ops.testing.manual_clock import ManualClock
from tests.support.database_proxy import database_proxy

WEEK, AT = "2026-W47", datetime(2026, 11, 23, 3, tzinfo=UTC)
ALERT = AlertRow(WEEK, "r1", "drift:topic", "label_drift", "warning", "moved", "{}", AT, AT)
JOB = BatchJob("k1", WEEK, "r1", 0, 0, "e", "m", "q", "f", "d", "in", "keys", 1, 1, 1, 1.0)


def lose_once(proxy, marker, when):
    """Lose the next connection that sends `marker`."""

    def loses(message):
        if marker not in message:
            return None
        proxy.loses = lambda _message: None
        return when

    proxy.loses = loses


@pytest.fixture
def proxied(postgres_url):
    with database_proxy(postgres_url) as proxy, open_ledger(proxy.url(postgres_url)) as ledger:
        yield proxy, ledger


def save_a_run(ledger):
    ledger.save_run(WEEK, "r1", sampled=3)
    return ledger.run(WEEK, "r1").sampled


def raise_alert(ledger):
    return AlertLedger(ledger).raise_all([ALERT])


def take_delivery(ledger):
    AlertLedger(ledger).raise_all([ALERT])
    return AlertLedger(ledger).take(ALERT, "raised", "pager", at=AT)


def add_jobs(ledger):
    return BatchLedger(ledger, "me").add([JOB], known=0)


def move_job(ledger):
    jobs = BatchLedger(ledger, "me")
    jobs.add([JOB], known=0)
    return jobs.move(jobs.claim(JOB, now=2.0), JobState.UPLOADING, now=3.0).state


@pytest.mark.postgres
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("marker", [b"INSERT", b"COMMIT"])
@pytest.mark.parametrize(
    ("change", "result"),
    [
        (save_a_run, 3), (raise_alert, ["drift:topic"]), (take_delivery, True), (add_jobs, True), (move_job, "uploading"),
    ],
)  # fmt: skip
def test_a_change_whose_connection_is_lost_happens_once_and_returns_its_result(proxied, change, result, marker, when):
    proxy, ledger = proxied
    lose_once(proxy, marker, when)
    assert change(ledger) == result
    assert proxy.lost == 1


@pytest.mark.postgres
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_read_whose_connection_is_lost_is_made_again(proxied, when):
    proxy, ledger = proxied
    ledger.save_run(WEEK, "r1", sampled=3)
    lose_once(proxy, b"FROM run", when)
    assert [run.sampled for run in ledger.runs(WEEK)] == [3]
    assert proxy.lost == 1


@pytest.mark.postgres
@pytest.mark.parametrize(("when", "rows"), [("before", 0), ("after", 1)])
def test_a_transaction_of_a_caller_is_known_to_have_happened_or_not(proxied, when, rows):
    proxy, ledger = proxied
    lose_once(proxy, b"COMMIT", when)
    try:
        with ledger.write() as connection:
            save_run(connection, WEEK, "r1")
        happened = 1
    except LedgerLostError:
        happened = 0
    assert happened == len(ledger.runs(WEEK)) == rows


@pytest.mark.postgres
def test_a_server_that_comes_back_is_waited_for_and_said_once(proxied, caplog):
    caplog.set_level(logging.INFO)
    proxy, ledger = proxied
    ledger.save_run(WEEK, "r1", sampled=3)
    proxy.cut()
    timer = threading.Timer(0.6, proxy.restore)
    timer.start()
    ledger.save_run(WEEK, "r1", sampled=4)
    timer.join()
    assert ledger.run(WEEK, "r1").sampled == 4
    said = [record.getMessage() for record in caplog.records if record.name.endswith("ledger_outage")]
    assert sum("trying again for 120 s" in message for message in said) == 1
    assert sum("answers again" in message for message in said) == 1


@pytest.mark.postgres
def test_what_must_not_wait_does_not(postgres_url):
    with database_proxy(postgres_url) as proxy, open_ledger(proxy.url(postgres_url), patience=IMPATIENT) as heartbeats:
        page = open_to_read(proxy.url(postgres_url))
        assert page.runs() == []
        proxy.cut()
        for use in (lambda: heartbeats.hold_share(EndpointShare("e", "h", 1.0, 1.0, 1.0)), page.runs):
            with pytest.raises(StoreError) as away:
                use()
            assert not isinstance(away.value, LedgerLostError)
        proxy.restore()
        heartbeats.hold_share(EndpointShare("e", "h", 1.0, 1.0, 1.0))
        assert page.runs() == []
        page.close()


def test_an_outage_without_end_is_an_error_after_the_time_given():
    clock, calls = ManualClock(), []
    with pytest.raises(OperationalError):
        Patience(120.0, clock).wait_for(
            "ledger", lambda: calls.append(clock.monotonic()) or fail(psycopg.OperationalError("gone"))
        )
    assert calls[-1] - calls[0] == 120.0
    assert max(after - before for before, after in pairwise(calls)) <= 5.0


def test_a_transaction_that_is_lost_each_time_is_an_error_at_last():
    calls = []

    @replayed
    def lost():
        calls.append(1)
        raise LedgerLostError("lost")

    with pytest.raises(LedgerLostError):
        lost()
    assert len(calls) == 5


def fail(error):
    raise OperationalError("SELECT 1", {}, error)


def sqlstate(name):
    return psycopg.errors.lookup(name)("said by the server")


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (psycopg.OperationalError("connection failed: Connection refused"), True),
        (psycopg.OperationalError("consuming input failed: server closed the connection unexpectedly"), True),
        (psycopg.OperationalError("SSL SYSCALL error: EOF detected"), True),
        (psycopg.OperationalError("failed to resolve host 'postgres': Name or service not known"), True),
        (psycopg.OperationalError("connection timeout expired"), True),
        (psycopg.OperationalError("connection failed: FATAL:  the database system is starting up"), True),
        (psycopg.OperationalError("connection failed: FATAL:  sorry, too many clients already"), True),
        (psycopg.OperationalError('connection failed: FATAL:  password authentication failed for user "x"'), False),
        (psycopg.OperationalError('connection failed: FATAL:  database "x" does not exist'), False),
        (psycopg.OperationalError("SSL error: certificate verify failed"), False),
        (psycopg.OperationalError('invalid sslmode value: "x"'), False),
        (sqlstate("57P01"), True),  # the server is shut down
        (sqlstate("57P03"), True),  # it is starting
        (sqlstate("40P01"), True),  # deadlock: rolled back
        (sqlstate("53100"), False),  # disk full
        (sqlstate("42501"), False),  # no permission
        (sqlstate("23505"), False),  # unique
        (sqlstate("57014"), False),  # cancelled by a person
        (ValueError("of ours"), False),
    ],
)  # fmt: skip
def test_an_outage_is_what_ends_by_itself(error, outage):
    assert is_outage(error) is outage
    assert is_outage(OperationalError("SELECT 1", {}, error)) is outage


def test_a_sqlite_file_that_another_process_holds_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(ledger_engine, "BUSY_TIMEOUT_S", 0)
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.save_run(WEEK, "r1", sampled=1)
        with closing(sqlite3.connect(f"{tmp_path}/ledger.db", check_same_thread=False, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            timer = threading.Timer(0.3, other.execute, ["ROLLBACK"])
            timer.start()
            ledger.save_run(WEEK, "r1", sampled=2)
            timer.join()
        assert ledger.run(WEEK, "r1").sampled == 2


@pytest.mark.postgres
def test_a_server_process_that_is_ended_in_a_transaction_is_an_outage(postgres_url):
    with open_ledger(postgres_url) as ledger:

        @replayed
        def change():
            with ledger.write() as connection:
                identity = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
                identities.append(identity)
                if len(identities) == 1:
                    with psycopg.connect(postgres_url) as other:
                        other.execute("SELECT pg_terminate_backend(%s)", [identity])
                save_run(connection, WEEK, "r1")

        identities = []
        change()
        assert len(identities) == 2
        assert len(ledger.runs()) == 1
