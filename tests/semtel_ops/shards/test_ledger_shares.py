"""Tasks see each other through the ledger; a ledger that is gone stops nobody."""

import asyncio
from pathlib import Path

import pytest

from semtel_ops.clock import SystemClock
from semtel_ops.concurrency import EndpointLimiter, Holding
from semtel_ops.shards.ledger_shares import LedgerShares, share_keepers
from semtel_ops.store.ledger_open import open_ledger
from tests.support.database_proxy import database_proxy
from tests.support.postgres import postgres_schema
from tests.support.shards import make_plan


def test_holders_see_each_other_until_they_are_silent_or_gone(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        shares = LedgerShares(ledger)
        shares.heartbeat("east", Holding("a", 100.0, 5.0, 3.0), since=96.0)
        living = shares.heartbeat("east", Holding("b", 101.0, 7.0, 2.0), since=97.0)
        assert [(held.holder, held.demand, held.share) for held in living] == [("a", 5.0, 3.0), ("b", 7.0, 2.0)]
        assert [held.holder for held in shares.heartbeat("east", Holding("b", 110.0, 7.0, 2.0), since=106.0)] == ["b"]
        shares.release("east", "b")
        assert [held.holder for held in shares.heartbeat("east", Holding("c", 110.5, 1.0, 1.0), since=106.5)] == ["c"]


def test_a_run_without_a_ledger_keeps_to_itself(tmp_path: Path) -> None:
    limiter = EndpointLimiter("east", SystemClock())
    with share_keepers(make_plan(tmp_path, ledger=False), 0, [limiter], SystemClock()) as keepers:
        assert keepers == []


def test_a_ledger_that_does_not_answer_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    limiter = EndpointLimiter("east", SystemClock())
    with share_keepers(make_plan(tmp_path, ledger=True), 0, [limiter], SystemClock()) as keepers:
        assert keepers == []


def test_each_endpoint_of_a_task_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    limiters = [EndpointLimiter(name, SystemClock()) for name in ("east", "west")]
    with share_keepers(make_plan(tmp_path, ledger=True), 0, limiters, SystemClock()) as keepers:
        assert len(keepers) == 2


@pytest.mark.postgres
async def test_a_database_that_is_lost_ends_no_keeper_and_holds_up_nobody(tmp_path, monkeypatch) -> None:
    with postgres_schema() as url, database_proxy(url) as proxy:
        monkeypatch.setenv("DATABASE_URL", proxy.url(url))
        limiter = EndpointLimiter("east", SystemClock())
        with share_keepers(make_plan(tmp_path, ledger=True), 0, [limiter], SystemClock()) as (keeper,):
            began = SystemClock().monotonic()
            at_work = asyncio.create_task(keeper.run())
            await asyncio.sleep(0.1)
            limit = limiter.limit
            proxy.cut()
            await asyncio.sleep(1.2)
            assert not at_work.done()
            assert limiter.limit == limit, "its last share"
            at_work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await at_work
            assert SystemClock().monotonic() - began < 10, "it does not wait for the database"
