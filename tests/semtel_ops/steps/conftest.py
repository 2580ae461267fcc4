from collections.abc import Iterator

import pytest

from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_open import open_ledger
from tests.support.installation import Installation

WHOLE = ("classify_files", "experiment_cell", "reprocess_weeks", "week")
"""Steps that open their own resources, as a shell command does."""


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    with open_ledger(ledger_url) as opened:
        yield opened


@pytest.fixture
def installation(tmp_path, ledger_url, monkeypatch) -> Installation:
    """An installation whose endpoints are scripted, also for the steps that open their own resources."""
    made = Installation(tmp_path, ledger_url)
    for step in WHOLE:
        monkeypatch.setattr(f"semtel_ops.steps.{step}.Resources", made.resources)
    return made
