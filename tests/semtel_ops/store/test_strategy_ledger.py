"""What a run finds of combining, the next ones are told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.strategy_ledger import StrategyEvent, StrategyLedger

NOW = datetime(2026, 11, 23, tzinfo=UTC)
EVENT = StrategyEvent("2026-W46", "r1", "topic", "f" * 32, "m", 0.6, 0.5, 0.7, 80, 0.8, NOW - timedelta(days=3))


def test_events_come_back_latest_first_as_long_as_they_are_remembered(tmp_path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        ledger = StrategyLedger(opened)
        ledger.save([])
        ledger.save([EVENT, replace(EVENT, run_id="r2", happened_at=NOW - timedelta(days=1))])
        ledger.save([replace(EVENT, agreement=0.5)])
        assert [(event.run_id, event.agreement) for event in ledger.recent(days=10, now=NOW)] == [("r2", 0.6), ("r1", 0.5)]
        assert [event.run_id for event in ledger.recent(days=2, now=NOW)] == ["r2"]
