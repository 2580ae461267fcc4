from collections.abc import Iterator
from pathlib import Path

import pytest

from semtel_ops.concurrency import ShareStore
from semtel_ops.shards.ledger_shares import LedgerShares
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.conformance.share_store import ShareStoreSuite
from semtel_ops.testing.memory_shares import MemoryShares


class TestMemoryShares(ShareStoreSuite):
    @pytest.fixture
    def store(self) -> ShareStore:
        return MemoryShares()


class TestLedgerShares(ShareStoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[ShareStore]:
        with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
            yield LedgerShares(ledger)
