"""A published week with a week before it, and its report as values."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.collect import ReportInputs, collect
from semtel_ops.report.model import WeekReport
from semtel_ops.steps.publish import publish_run
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.landed import DEFAULT_LABELS, make_landed_rows
from tests.support.finished_run import write_finished_run

LEVELS = {"remember": "low", "understand": "low", "apply": "high", "analyze": "high", "evaluate": "high", "create": "high"}


def info_of_default_labels() -> tuple[ClassifierInfo, ...]:
    return tuple(
        ClassifierInfo(
            name,
            name.replace("_", " ").capitalize(),
            version="1.0.0",
            fingerprint="f" * 32,
            names={label: label.capitalize() for label in labels},
            groups=LEVELS if name == "task_complexity" else {},
            ordered=name in {"task_complexity", "user_expertise", "satisfaction"},
        )
        for name, labels in DEFAULT_LABELS.items()
    )


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    return tmp_path / "lake"


@pytest.fixture
def ledger(lake: Path, tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


@pytest.fixture
def publish(lake: Path) -> Callable[..., str]:
    """Writes and publishes a run: `week`, and what `make_landed_rows` takes."""

    def publish_week(week: str, **rows: Any) -> str:
        run = write_finished_run(lake, week=week, rows=make_landed_rows(week=week, **rows))
        publish_run(run)
        return run

    return publish_week


@pytest.fixture
def collected(lake: Path, ledger: Ledger) -> Callable[..., WeekReport]:
    def collect_week(week: str = "2026-W47", run_id: str = "manual", **facts: Any) -> WeekReport:
        given = {"classifiers": info_of_default_labels(), "min_slice": 10, **facts}
        run = ReportInputs(lake=Lake(str(lake)), week=week, run_id=run_id, **given)
        return collect(run, ledger, now=datetime(2026, 11, 23, 4, tzinfo=UTC))

    return collect_week
