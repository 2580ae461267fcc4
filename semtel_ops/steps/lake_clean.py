"""Remove what is older than `retention` in pipeline.yaml allows. Killed and started again, it goes on."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

import pyarrow as pa
import pyarrow.compute as pc

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.conversations.weeks import Week
from semtel_ops.runs.documents import CleanedKind, CleanManifest
from semtel_ops.settings import Settings, pipeline_of
from semtel_ops.steps.erased_runs import now_in_utc, unfinished_runs
from semtel_ops.steps.published_runs import published_runs
from semtel_ops.store.files import remove
from semtel_ops.store.folder_lock import lock_lake
from semtel_ops.store.journal import replace_segment, stored_records
from semtel_ops.store.journal_segment import DAMAGED_FOLDER, written_at
from semtel_ops.store.lake_kinds import LakeFile, files_of, size_of
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_erasure import compact, erase_weeks
from semtel_ops.store.ledger_open import open_ledger, open_to_read
from semtel_ops.store.run_name import slug

log = logging.getLogger(__name__)

_OF_PUBLISHED = frozenset({"labels", "landed", "reports"})


@dataclass(frozen=True, slots=True)
class _Needed:
    """What must not be removed: weeks and runs at work, and published runs.

    Attributes:
        published: week → folder name of its published run; empty where published runs may be cleaned, too.
    """

    weeks: frozenset[str]
    run_ids: frozenset[str]
    published: dict[str, str]

    def needs(self, kind: str, file: LakeFile) -> bool:
        """Whether a file of a week is needed."""
        if file.week in self.weeks:
            return True
        run = self.published.get(file.week or "")
        if kind not in _OF_PUBLISHED or run is None:
            return False
        # Without the run in the path, the file is the week's: its report, or what says which files are published.
        return kind == "labels" or f"/run={run}/" in file.path or "/run=" not in file.path


def clean_lake(
    *, settings: Settings, dry_run: bool, include_published: bool = False, clock: Clock | None = None
) -> CleanManifest:
    """Remove the files and replies that are older than their retention, and return what that was."""
    now = now_in_utc((clock or SystemClock()).now())
    ages = pipeline_of(settings).retention.ages()
    with ExitStack() as stack:
        if not dry_run:
            folder = Lake(settings.lake).forgotten("").rstrip("/")  # the lock of `semtel forget`
            stack.enter_context(lock_lake(folder, "semtel lake clean", clock=clock or SystemClock()))
        url = settings.database_url.get_secret_value()
        ledger = open_to_read(url)
        if ledger is not None:
            stack.enter_context(ledger)
            ledger = ledger if dry_run else stack.enter_context(open_ledger(url))
        needed = _needed(ledger, now, include_published=include_published)
        by_kind: dict[str, list[LakeFile]] = defaultdict(list)
        for file in files_of(settings.lake):
            kind = retention_kind(file)
            if kind is not None and not file.temporary:
                by_kind[kind].append(file)
        kinds = [_clean(kind, age, by_kind[kind], needed, now, go=not dry_run) for kind, age in ages.items()]
        if ledger is not None and "labels" in ages and include_published:
            _clean_sql(ledger, ages["labels"], needed, now, kinds, go=not dry_run)
    return {
        "root": settings.lake,
        "dry_run": dry_run,
        "kinds": kinds,
        "bytes": sum(kind["bytes"] for kind in kinds),
        "cost_usd": round(sum(kind["cost_usd"] for kind in kinds), 6),
    }


class KindSize(TypedDict):
    """What a kind of files takes.

    Attributes:
        kind: the setting of `retention` that it is kept by, or its folder; `other` for files that are not ours.
        files, bytes: of the whole lake.
        oldest_week: ISO week; None where no file has a week.
        retention: as configured; None: for ever.
    """

    kind: str
    files: int
    bytes: int
    oldest_week: str | None
    retention: str | None


def lake_sizes(settings: Settings) -> list[KindSize]:
    """What each kind of files takes, by name."""
    retention = pipeline_of(settings).retention.model_dump(exclude_none=True)
    sums: dict[str, KindSize] = {}
    for file in files_of(settings.lake):
        name = retention_kind(file) or (file.kind.folder if file.kind is not None else "other")
        new: KindSize = {"kind": name, "files": 0, "bytes": 0, "oldest_week": None, "retention": retention.get(name)}
        entry = sums.setdefault(name, new)
        entry["files"] += 1
        entry["bytes"] += file.size
        if file.week is not None:
            entry["oldest_week"] = min(filter(None, (entry["oldest_week"], file.week)))
    return [sums[name] for name in sorted(sums)]


def retention_kind(file: LakeFile) -> str | None:
    """The setting that a file is kept by; None for files that are always kept: plans, counts, forgotten ids, foreign files."""
    if file.kind is None or file.kind.folder == "forgotten":
        return None
    if file.kind.folder != "journal" and file.path.startswith("experiments/"):
        return "experiments"
    if file.kind.folder == "runs":
        return next((kind for part, kind in _OF_RUNS.items() if f"/{part}/" in file.path), None)
    return "labels" if file.kind.folder == "publishing" else file.kind.folder


_OF_RUNS = {"refusals": "refusals", "repairs": "quarantine"}


def _needed(ledger: Ledger | None, now: datetime, *, include_published: bool) -> _Needed:
    unfinished = unfinished_runs(ledger, now)
    published: dict[str, str] = {}
    if ledger is not None and not include_published:
        published = {run.week: slug(run.run_id) for run in published_runs(ledger)}
    return _Needed(frozenset(run.week for run in unfinished), frozenset(run.run_id for run in unfinished), published)


def _clean(kind: str, age: timedelta, files: Iterable[LakeFile], needed: _Needed, now: datetime, *, go: bool) -> CleanedKind:
    done: CleanedKind = {
        "kind": kind, "older_than": age.days, "files": 0, "rows": 0, "bytes": 0, "kept_files": 0, "cost_usd": 0.0,
    }  # fmt: skip
    before = now - age
    if kind == "journal":
        for file in files:
            _clean_segment(file, before, needed.run_ids, done, go=go)
        return done
    for file in _older_experiments(files, before) if kind == "experiments" else _older_weeks(files, before):
        if needed.needs(kind, file):
            done["kept_files"] += 1
            continue
        done["files"] += 1
        done["bytes"] += file.size
        if go:
            remove(file.url)
    return done


def _older_weeks(files: Iterable[LakeFile], before: datetime) -> list[LakeFile]:
    return [file for file in files if file.week is not None and Week.parse(file.week).end <= before]


def _older_experiments(files: Iterable[LakeFile], before: datetime) -> list[LakeFile]:
    """Files of the experiments in which nothing has changed since."""
    of: dict[str, list[LakeFile]] = defaultdict(list)
    for file in files:
        of[file.path.split("/")[1]].append(file)
    return [file for some in of.values() if max(one.modified for one in some) < before.timestamp() for file in some]


def _clean_segment(file: LakeFile, before: datetime, at_work: Collection[str], done: CleanedKind, *, go: bool) -> None:
    if f"/{DAMAGED_FOLDER}/" in file.url:  # its sound records were written again, and are cleaned there
        if written_at(file.url) < before.timestamp():
            done["files"] += 1
            done["bytes"] += file.size
            if go:
                remove(file.url)
        return
    records = stored_records(file.url)
    if records is None:
        return
    old = pc.less(records.column("answered_at"), before.timestamp())
    free = pc.invert(pc.is_in(records.column("run_id"), value_set=pa.array(sorted(at_work), pa.string())))
    gone = pc.and_(old, free)
    rows = pc.sum(gone).as_py() or 0
    if not rows:
        return
    done["files"] += 1
    done["rows"] += rows
    done["cost_usd"] += float(pc.sum(records.filter(gone).column("cost_usd")).as_py() or 0.0)
    if go:
        replace_segment(file.url, records.filter(pc.invert(gone)))
        done["bytes"] += max(0, file.size - size_of(file.url))


def _clean_sql(
    ledger: Ledger, age: timedelta, needed: _Needed, now: datetime, kinds: Iterable[CleanedKind], *, go: bool
) -> None:
    weeks = {run.week for run in ledger.runs()} - needed.weeks
    old = [week for week in weeks if Week.parse(week).end <= now - age]
    rows = erase_weeks(ledger, old, go=go)
    next(kind for kind in kinds if kind["kind"] == "labels")["rows"] += rows
    if rows and go:
        compact(ledger)
