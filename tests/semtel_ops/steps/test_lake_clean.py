import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.errors import StoreError
from semtel_ops.settings import Settings
from semtel_ops.steps.lake_clean import clean_lake, lake_sizes
from semtel_ops.store.files import write_json
from semtel_ops.store.folder_lock import lock_folder
from semtel_ops.store.journal import Journal
from semtel_ops.store.journal_outcome import RequestOutcome
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import RunState
from semtel_ops.testing.manual_clock import ManualClock

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
OLD, NEW, BUSY = "2026-W20", "2026-W47", "2026-W21"
KINDS = ("conversations", "prepared", "landed", "labels", "quarantine", "refusals", "reports")


@pytest.fixture
def settings(tmp_path: Path, ledger_url: str) -> Settings:
    """A lake with three weeks: an old one with two runs, an old one at work, and a new one."""
    lake = Lake(str(tmp_path / "lake"))
    for week, runs in ((OLD, ("first", "second")), (BUSY, ("first",)), (NEW, ("first",))):
        for run in (lake.run(week, name) for name in runs):
            for url in (run.prepared(0), run.landed(0), f"{run.labels_folder}/shard=0000.parquet", run.quarantine("sample"),
                        run.refusals(0), run.report, run.conversations(0), run.plan):  # fmt: skip
                write_json(url, {})
    journal = Journal(lake.journal())
    for number, (age, run_id) in enumerate(((200, "first"), (200, "busy"), (2, "first"))):
        answered = (NOW - timedelta(days=age)).timestamp()
        journal.add(
            RequestOutcome(
                f"{number:032x}", bytes(16), 0, run_id, "{}", "stop", None, "e", "m", "realtime", 1, 1, 0.25, 1.0, 1, answered
            )
        )
    journal.flush()
    with open_ledger(ledger_url) as ledger:
        ledger.save_run(OLD, "second", state=RunState.PUBLISHED, started_at=NOW)
        ledger.save_run(BUSY, "busy", state=RunState.RUNNING, started_at=NOW)
    pipeline = write_json(f"{tmp_path}/pipeline.yaml", {"retention": dict.fromkeys((*KINDS, "journal"), "90d")})
    return Settings(lake=lake.root, database_url=ledger_url, pipeline=pipeline)


def clean(settings: Settings, **options: Any) -> dict[str, tuple[int, int, int, float]]:
    done = clean_lake(settings=settings, clock=ManualClock(NOW.timestamp()), **options)
    return {kind["kind"]: (kind["files"], kind["rows"], kind["kept_files"], kind["cost_usd"]) for kind in done["kinds"]}


def files(settings: Settings) -> set[str]:
    return {str(path.relative_to(settings.lake)) for path in Path(settings.lake).rglob("[!.]*") if path.is_file()}


def test_what_is_old_goes_except_what_runs_at_work_and_published_runs_need(settings: Settings) -> None:
    before = files(settings)
    dry = clean(settings, dry_run=True)
    assert files(settings) == before
    assert clean(settings, dry_run=False) == dry
    assert dry == {
        "conversations": (1, 0, 1, 0.0),  # kept: that of the week at work
        "prepared": (2, 0, 1, 0.0),
        "landed": (1, 0, 2, 0.0),  # kept: of the published run
        "labels": (0, 0, 3, 0.0),
        "quarantine": (2, 0, 1, 0.0),
        "refusals": (2, 0, 1, 0.0),
        "reports": (1, 0, 2, 0.0),
        "journal": (1, 1, 0, 0.25),  # the price of asking again
    }
    left = files(settings)
    assert all(path in left for path in before if NEW in path or BUSY in path or path.endswith("run.json"))
    assert len(Journal(f"{settings.lake}/journal")) == 2
    assert {name: done[:2] for name, done in clean(settings, dry_run=False).items()} == dict.fromkeys(dry, (0, 0))


def test_published_runs_are_cleaned_if_told(settings: Settings) -> None:
    done = clean(settings, dry_run=False, include_published=True)
    assert (done["labels"][:3], done["landed"][:3]) == ((2, 0, 1), (2, 0, 1))


def test_by_default_everything_is_kept(settings: Settings) -> None:
    Path(settings.pipeline).write_text("{}")
    before = files(settings)
    assert clean(settings, dry_run=False) == {}
    assert files(settings) == before


def test_an_experiment_goes_as_a_whole_once_nothing_changes_in_it(settings: Settings) -> None:
    Path(settings.pipeline).write_text(json.dumps({"retention": {"experiments": "1d"}}))
    for name in ("plan.json", "lake/prepared/week=2026-W20/run=x/shard=0000.parquet"):
        write_json(f"{settings.lake}/experiments/packing/{name}", {})
    clock = ManualClock(datetime.now(UTC).timestamp())
    (kind,) = clean_lake(settings=settings, dry_run=False, clock=clock)["kinds"]
    assert kind["files"] == 0
    (kind,) = clean_lake(settings=settings, dry_run=False, clock=ManualClock(clock.now() + 2 * 86_400))["kinds"]
    assert kind["files"] == 2


def test_the_lake_is_shown_by_kind(settings: Settings) -> None:
    kinds = {kind["kind"]: kind for kind in lake_sizes(settings)}
    assert kinds["landed"] | {"bytes": 0} == {"kind": "landed", "files": 4, "bytes": 0, "oldest_week": OLD, "retention": "90d"}
    assert kinds["runs"]["retention"] is None


def test_a_damaged_segment_goes_when_it_is_older_and_stays_as_it_is_until_then(settings: Settings) -> None:
    for age in (200, 2):
        written = int((NOW - timedelta(days=age)).timestamp() * 1000)
        path = Path(settings.lake) / "journal" / "damaged" / f"00-ff.{written:013d}.abcd.parquet"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"damaged")
    assert clean(settings, dry_run=False)["journal"][:2] == (2, 1)
    (left,) = (Path(settings.lake) / "journal" / "damaged").iterdir()
    assert (left, left.read_bytes()) == (path, b"damaged")


def test_nothing_is_cleaned_while_conversations_are_erased(settings: Settings) -> None:
    folder = Path(settings.lake) / "forgotten"
    with lock_folder(folder, "semtel forget", clock=ManualClock(NOW.timestamp())):
        with pytest.raises(StoreError, match="in use by semtel forget, process"):
            clean(settings, dry_run=False)
        clean(settings, dry_run=True)
