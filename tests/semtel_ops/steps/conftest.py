from collections.abc import Iterator

import pytest

from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.installation import Installation
from tests.support.published_week import publish_week, week_settings
from tests.support.two_labellers import FirstWeek

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


@pytest.fixture(scope="session")
def first_week(tmp_path_factory, project_root):
    """A published week by `simulated-small`; `simulated-large` says no of most knowledge work. Copy its folder."""
    confusion = {"knowledge_work": {"yes": {"no": 0.8}}}
    config = SimulatorConfig.model_validate({"models": {"simulated-small": {}, "simulated-large": {"confusion": confusion}}})
    folder = tmp_path_factory.mktemp("first")
    with simulated_endpoint(config) as endpoint:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DATABASE_URL", f"sqlite:///{folder}/ledger.db")
            publish_week(folder, week_settings(folder, endpoint.base_url, project_root / "include"))
        yield FirstWeek(folder, endpoint, project_root / "include")


@pytest.fixture
def week(first_week, tmp_path, monkeypatch):
    """A copy of a published week, and what labels the next."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/week/ledger.db")
    return first_week.copy(tmp_path / "week")
