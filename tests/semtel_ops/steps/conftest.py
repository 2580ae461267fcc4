import pytest

from tests.support.installation import Installation

WHOLE = ("classify_files", "experiment_cell", "reprocess_weeks", "week")
"""Steps that open their own resources, as a shell command does."""


@pytest.fixture
def installation(tmp_path, ledger_url, monkeypatch) -> Installation:
    """An installation whose endpoints are scripted, also for the steps that open their own resources."""
    made = Installation(tmp_path, ledger_url)
    for step in WHOLE:
        monkeypatch.setattr(f"semtel_ops.steps.{step}.Resources", made.resources)
    return made
