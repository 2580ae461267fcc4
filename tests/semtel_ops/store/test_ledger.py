import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, update

from semtel_ops.errors import StoreError
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.ledger import mark_published, save_run, upsert
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_rows import EndpointShare
from semtel_ops.store.ledger_tables import RunKind, RunState

WEEK = "2026-W47"


def test_a_new_run_is_planned_and_later_fields_leave_the_others_alone(ledger_url):
    with open_ledger(ledger_url) as ledger:
        ledger.save_run(WEEK, "r1", sampled=10, cost_usd=0.5)
        assert ledger.run(WEEK, "r1").state is RunState.PLANNED
        ledger.save_run(WEEK, "r1", state=RunState.RUNNING)
        ledger.save_run(WEEK, "r1", landed=20)
        run = ledger.run(WEEK, "r1")
    assert (run.state, run.sampled, run.landed, run.cost_usd) == (RunState.RUNNING, 10, 20, 0.5)


def test_saving_the_same_twice_is_saving_it_once(ledger_url):
    with open_ledger(ledger_url) as ledger:
        for _ in range(2):
            ledger.save_run(WEEK, "r1", state=RunState.RUNNING, sampled=3)
            ledger.save_shard(WEEK, "r1", 0, state="landed", rows=6)
        assert len(ledger.runs()) == 1
        assert [shard["rows"] for shard in ledger.shards(WEEK, "r1")] == [6]


def test_tokens_of_a_large_week_fit(ledger_url):
    with open_ledger(ledger_url) as ledger:
        ledger.save_run(WEEK, "r1", input_tokens=150_000_000_000)
        assert ledger.run(WEEK, "r1").input_tokens == 150_000_000_000


def test_times_come_back_in_utc_whatever_zone_they_were_given_in(ledger_url):
    local = datetime(2026, 11, 23, 3, tzinfo=timezone(timedelta(hours=2)))
    with open_ledger(ledger_url) as ledger:
        ledger.save_run(WEEK, "r1", started_at=local)
        found = ledger.run(WEEK, "r1").started_at
    assert found == datetime(2026, 11, 23, 1, tzinfo=UTC)
    assert found.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(ledger_url):
    with open_ledger(ledger_url) as ledger, pytest.raises(StoreError, match="time zone"):
        ledger.save_run(WEEK, "r1", started_at=datetime(2026, 11, 23))  # noqa: DTZ001


def test_an_unknown_field_of_a_run_is_refused(ledger_url):
    with open_ledger(ledger_url) as ledger, pytest.raises(TypeError, match="sampeld"):
        ledger.save_run(WEEK, "r1", sampeld=1)


def test_a_run_that_is_not_there_is_none(ledger_url):
    with open_ledger(ledger_url) as ledger:
        assert ledger.run(WEEK, "nobody") is None
        assert ledger.published_run(WEEK) is None


def test_an_exception_undoes_the_whole_transaction(ledger_url):
    with open_ledger(ledger_url) as ledger:
        with pytest.raises(ZeroDivisionError), ledger.write() as connection:
            save_run(connection, WEEK, "r1", sampled=1)
            raise ZeroDivisionError
        assert ledger.runs() == []


def test_publishing_a_second_run_supersedes_the_first_and_remembers_it(ledger_url):
    with open_ledger(ledger_url) as ledger:
        for run_id in ("r1", "r2", "r2"):  # the second publication of r2 changes nothing
            with ledger.write() as connection:
                mark_published(connection, WEEK, run_id)
        assert ledger.published_run(WEEK).run_id == "r2"
        assert ledger.run(WEEK, "r1").state is RunState.SUPERSEDED
        assert ledger.run(WEEK, "r2").supersedes == "r1"


def test_a_run_is_a_weekly_one_unless_it_says_otherwise_and_a_reprocess_says_who_and_why(ledger_url):
    with open_ledger(ledger_url) as ledger:
        ledger.save_run(WEEK, "r1")
        ledger.save_run(WEEK, "r2", kind=RunKind.REPROCESS, base_run="r1", requested_by="ada", reason="half were refused")
        ledger.save_run(WEEK, "r2", state=RunState.REJECTED, approved_by=None)
        assert ledger.run(WEEK, "r1").kind is RunKind.WEEKLY
        again = ledger.run(WEEK, "r2")
        assert (again.kind, again.base_run, again.requested_by) == (RunKind.REPROCESS, "r1", "ada")
        assert (again.state, again.reason) == (RunState.REJECTED, "half were refused")


def test_publishing_one_week_leaves_the_others_published(ledger_url):
    with open_ledger(ledger_url) as ledger:
        for week in ("2026-W46", WEEK):
            with ledger.write() as connection:
                mark_published(connection, week, "same-name")
        assert ledger.published_run("2026-W46") is not None


def _share(week: str, label: str, share: float, level: str = "label") -> dict:
    return {
        "week": week, "run_id": "r", "classifier": "topic", "level": level, "label": label, "classifier_version": "1",
        "n": 5, "total_n": 10, "effective_n": 10.0, "weight": 5.0, "share": share, "low": 0.2, "high": 0.8,
    }  # fmt: skip


def test_history_is_the_latest_published_weeks_before_one(ledger_url):
    with open_ledger(ledger_url) as ledger:
        with ledger.write() as connection:
            weeks = ("2025-W52", "2026-W01", "2026-W46", WEEK)
            upsert(connection, tables.weekly_share, [_share(week, "money", 0.5) for week in weeks])
            upsert(connection, tables.weekly_share, [_share("2026-W46", "low", 0.4, level="group")])
        assert ledger.published_weeks_before(WEEK, 2) == ["2026-W46", "2026-W01"]
        assert ledger.published_weeks(2) == [WEEK, "2026-W46"]
        shares = ledger.weekly_shares(["2026-W46", "2026-W40"])
        assert [(share.week, share.label, share.share) for share in shares] == [("2026-W46", "money", 0.5)]
        assert [share.label for share in ledger.weekly_shares(["2026-W46"], level="group")] == ["low"]


def test_quality_results_replace_those_of_an_earlier_try(ledger_url):
    first = [
        {"id": "schema", "passed": True, "severity": "stop", "observed": 1, "expected": None, "classifier": None},
        {"id": "share", "passed": False, "severity": "warn", "observed": {"a": 0.5}, "expected": "≤ 0.1",
         "classifier": "topic", "description": "d", "notes": "n"},
    ]  # fmt: skip
    with open_ledger(ledger_url) as ledger:
        ledger.save_quality(WEEK, "r1", first)
        ledger.save_quality(WEEK, "r1", first[1:])
        ledger.save_quality(WEEK, "r2", first[:1])
        [result] = ledger.quality(WEEK, "r1")
        assert (result["check_id"], result["classifier"], result["observed"]) == ("share", "topic", '{"a": 0.5}')
        assert ledger.quality(WEEK, "r2")[0]["classifier"] is None


def test_holders_that_were_not_heard_of_lately_are_not_live(ledger_url):
    with open_ledger(ledger_url) as ledger:
        ledger.hold_share(EndpointShare("east", "task-1", heartbeat_at=100.0, demand=8, share=8))
        ledger.hold_share(EndpointShare("east", "task-2", heartbeat_at=120.0, demand=8, share=8))
        ledger.hold_share(EndpointShare("east", "task-2", heartbeat_at=130.0, demand=4, share=4))
        ledger.hold_share(EndpointShare("west", "task-3", heartbeat_at=130.0, demand=1, share=1))
        assert [(share.holder, share.demand) for share in ledger.live_shares("east", since=110)] == [("task-2", 4)]
        ledger.release_share("east", "task-2")
        ledger.release_share("east", "task-2")
        assert ledger.live_shares("east", since=110) == []


def test_writers_at_once_wait_for_each_other(ledger_url):
    with open_ledger(ledger_url) as ledger:
        with ledger.write() as connection:
            save_run(connection, WEEK, "r1", sampled=0)

        def count_up() -> None:
            for _ in range(10):
                with ledger.write() as connection:
                    raise_by_one = update(tables.run).values(sampled=tables.run.c.sampled + 1)
                    connection.execute(raise_by_one)

        threads = [threading.Thread(target=count_up) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ledger.run(WEEK, "r1").sampled == 40


def test_readers_do_not_wait_for_a_writer(ledger_url):
    with open_ledger(ledger_url) as ledger:
        ledger.save_run(WEEK, "r1", sampled=1)
        with ledger.write() as connection:
            save_run(connection, WEEK, "r1", sampled=2)
            assert ledger.run(WEEK, "r1").sampled == 1
        assert ledger.run(WEEK, "r1").sampled == 2


def test_an_error_shows_no_password_and_no_value(tmp_path):
    with pytest.raises(StoreError) as failure:
        open_ledger("postgresql://me:hunter2@127.0.0.1:1/db?connect_timeout=2")
    assert "hunter2" not in str(failure.value)
    assert "DATABASE_URL" in str(failure.value)
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        with pytest.raises(StoreError) as failure, ledger.write() as connection:
            for _ in range(2):
                connection.execute(insert(tables.run).values(week=WEEK, run_id="secret-text", state="planned"))
        assert "secret-text" not in str(failure.value)
        assert "secret-text" not in str(failure.value.__cause__)
