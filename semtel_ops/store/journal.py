"""The journal: every outcome that was paid for, by the content key of its request.

Invariants of this module:
- A key is the content of a request (`ChatRequest.key`); it never depends on a run, an attempt or an endpoint.
- A segment file appears complete or not at all. Flushed outcomes survive any kill; the others are requested again.
- A record is never changed. A run's answer to a key is its earliest (two of its tasks may have sent the same request). If
  several runs have sent the same request on purpose, each gets its own answer, and later runs get the latest, which is a
  repair.

A file covers a range of buckets (a bucket is the first two hex digits of a conversation's content hash), which is in its name:
`<lo>-<hi>.<written at, ms>.<random>.parquet`. A shard is a range of buckets too, so a task reads only files that overlap its
shard, and only the frames (prompt version and model settings) that it can request: the cost of opening does not grow with other
shards and prompts. `compact` merges the shard's segments into one file.

A segment that is damaged is never read as it is (`store.journal_segment`): its sound blocks are written again, the file is
moved to damaged/, and requests whose records are lost are sent again.
"""

import logging
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from typing import Any, TypedDict

import pyarrow as pa
import pyarrow.compute as pc

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.errors import StoreError, UnwritableError
from semtel_ops.store.files import list_files, remove
from semtel_ops.store.journal_outcome import JOURNAL, RequestOutcome
from semtel_ops.store.journal_segment import DAMAGED_FOLDER, Salvage, range_of, read_segment, set_aside
from semtel_ops.store.parquet import write_table

log = logging.getLogger(__name__)

_BLOCK_ROWS = 50_000
"""Records of a segment that are lost together when one of them is damaged."""

_FIELDS = tuple(field.name for field in fields(RequestOutcome))


class Journal:
    """The outcomes of a range of buckets: those stored when it was opened, and those that this task adds.

    Not thread-safe, except that `flush` may run in a thread while outcomes are added.
    """

    def __init__(
        self,
        folder: str,
        *,
        lo: int = 0,
        hi: int = 255,
        frames: Collection[bytes] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Open the journal for buckets `lo` to `hi`, inclusive, and the given frames (None: all)."""
        self._folder = folder
        self._lo, self._hi = lo, hi
        self._frames = None if frames is None else sorted(frames)
        self._clock = clock or SystemClock()
        self._pending: list[RequestOutcome] = []
        self._mine: list[str] = []
        self._own: dict[str, dict[bytes, int]] = {}  # run id → key → row, filled by `get_of`
        self._known = self._load()
        self._added: dict[str, RequestOutcome] = {}

    def get(self, key: str) -> RequestOutcome | None:
        """The outcome of a request: the outcome added here, otherwise that of the latest run; None if there is none."""
        added = self._added.get(key)
        if added is not None:
            return added
        row = self._rows.get(bytes.fromhex(key))
        return None if row is None else _outcome(self._known, row)

    def get_of(self, key: str, run_id: str) -> RequestOutcome | None:
        """The outcome of a request in a given run, whatever other runs have; None if there is none."""
        added = self._added.get(key)
        if added is not None and added.run_id == run_id:
            return added
        if run_id not in self._own:
            rows = pc.indices_nonzero(pc.equal(self._known.column("run_id"), run_id)).to_pylist()
            keys = self._known.column("key").take(pa.array(rows, pa.int64())).to_pylist()
            self._own[run_id] = dict(zip(keys, rows, strict=True))
        row = self._own[run_id].get(bytes.fromhex(key))
        return None if row is None else _outcome(self._known, row)

    def cost_of(self, run_id: str) -> float:
        """USD that a run paid for the records in range that existed when the journal was opened."""
        own = self._known.filter(pc.equal(self._known.column("run_id"), run_id))
        return float(pc.sum(own.column("cost_usd")).as_py() or 0.0)

    def output_tokens(self, frame: bytes, model: str, reasoning_effort: str | None) -> tuple[int, float]:
        """Number of counted replies to a frame, when the journal was opened, and their mean tokens; (0, 0.0) without any.

        Args:
            frame: fingerprint of the frame.
            reasoning_effort: of the endpoint's settings.
        """
        known = self._known
        effort = known.column("reasoning_effort")
        wanted = pc.and_(pc.equal(known.column("frame"), frame), pc.equal(known.column("model"), model))
        same = pc.is_null(effort) if reasoning_effort is None else pc.fill_null(pc.equal(effort, str(reasoning_effort)), False)
        counted = pc.and_(pc.is_null(known.column("error")), pc.fill_null(pc.invert(known.column("usage_estimated")), True))
        tokens = known.column("output_tokens").filter(pc.and_(pc.and_(wanted, same), counted))
        return len(tokens), float(pc.mean(tokens).as_py() or 0.0)

    def __len__(self) -> int:
        return len(self._rows) + len(self._added)

    def add(self, outcome: RequestOutcome) -> None:
        """Add an outcome; it is stored when `flush` has returned."""
        self._pending.append(outcome)
        self._added[outcome.key] = outcome

    @property
    def pending(self) -> int:
        """Number of outcomes that are not written yet."""
        return len(self._pending)

    def flush(self) -> None:
        """Write pending outcomes as a segment, if there are any; after a failure they are still pending."""
        outcomes = self._pending
        if not outcomes:
            return
        self._pending = []
        try:
            self._mine.append(self._write(_table(outcomes)))
        except BaseException:
            self._pending = outcomes + self._pending
            raise

    def compact(self) -> None:
        """Flush, then merge all segments within this range into one file. An interruption loses nothing."""
        self.flush()
        inside = [url for url in self._files() if self._lo <= range_of(url)[0] and range_of(url)[1] <= self._hi]
        if len(inside) < 2:
            return
        merged = []
        for url in inside:
            found = read_segment(url, JOURNAL)
            if isinstance(found, Salvage):
                self._replace(url, found)  # what is sound in it is merged by the next task
            elif found is not None:
                merged.append((url, found))
        if len(merged) < 2:
            return
        self._write(_deduplicated(pa.concat_tables([table for _, table in merged])))
        for url, _ in merged:
            remove(url)

    def _write(self, table: pa.Table, instead_of: str | None = None) -> str:
        """Write a segment of this range at this time, or of those of the segment that it replaces."""
        name = f"{self._lo:02x}-{self._hi:02x}.{int(self._clock.now() * 1000):013d}"
        if instead_of is not None:
            name = instead_of.rsplit("/", 1)[-1].rsplit(".", 2)[0]
        url = f"{self._folder}/{name}.{secrets.token_hex(4)}.parquet"
        write_table(url, table, _BLOCK_ROWS)
        return url

    def _replace(self, url: str, salvage: Salvage) -> None:
        """Put the sound records of a damaged segment in its place; on a read-only disk, all stays as it is."""
        try:
            if len(salvage.table):
                self._write(salvage.table, instead_of=salvage.name or url)
        except UnwritableError as error:
            log.warning("%s is damaged and cannot be replaced: %s", url, error)
        else:
            set_aside(url, salvage)

    def _files(self) -> list[str]:
        """Files that overlap this range, oldest first."""
        files = [url for url in list_files(self._folder, ".parquet") if _overlaps(range_of(url), self._lo, self._hi)]
        return sorted(files, key=lambda url: url.rsplit("/", 1)[-1].split(".", 1)[1])

    def _load(self) -> pa.Table:
        """Read all records in range as a table with a row for each key and run; sets `_rows`, the row that counts for a key."""
        wanted = pc.field("bucket") >= self._lo
        wanted &= pc.field("bucket") <= self._hi
        if self._frames is not None:
            wanted &= pc.field("frame").isin(pa.array(self._frames, pa.binary(16)))
        read: dict[str, pa.Table | Salvage | None] = {}
        for attempt in range(5):
            files = self._files()
            read = {url: read_segment(url, JOURNAL, wanted) for url in files}
            if None not in read.values():
                break
            # Another task has merged segments between listing and reading, so their records are in a new file.
            if attempt == 4:
                raise StoreError(
                    f"{self._folder}: segments disappear while they are read; another program may be removing them"
                )
        tables = []
        for url, found in read.items():
            if isinstance(found, Salvage):
                self._replace(url, found)
                tables.append(found.table.filter(wanted))
            else:
                tables.append(found)
        table = pa.concat_tables([JOURNAL.empty_table(), *tables])
        self._rows = _rows_by_key(table)
        if len(self._rows) < table.num_rows:
            # In the order of the deduplicated table, the last row of a key is that of the latest run.
            table = _deduplicated(table)
            self._rows = _rows_by_key(table)
        return table


def stored_records(url: str) -> pa.Table | None:
    """All records of a file of the journal, the sound ones if it is damaged; None if the file no longer exists."""
    found = read_segment(url, JOURNAL)
    return found.table if isinstance(found, Salvage) else found


def replace_segment(url: str, table: pa.Table) -> None:
    """Replace the records of a file of the journal; without records, remove it."""
    if not len(table):
        remove(url)
        return
    write_table(url, table, _BLOCK_ROWS)


def spent_by_run(folder: str, prefix: str) -> dict[str, float]:
    """USD that each run paid whose id begins with `prefix`, by run id. Reads the whole journal: only for small journals."""
    spent: dict[str, float] = {}
    for url in list_files(folder, ".parquet"):
        table = _readable(url, pc.starts_with(pc.field("run_id"), prefix))
        if table is not None:
            for row in table.group_by("run_id").aggregate([("cost_usd", "sum")]).to_pylist():
                spent[row["run_id"]] = spent.get(row["run_id"], 0.0) + (row["cost_usd_sum"] or 0.0)
    return spent


class PaidByRun(TypedDict):
    """What a run paid for; `cost_usd` is None where a model has no known price."""

    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


def paid_by_run(folder: str, run_id: str) -> PaidByRun:
    """What a run paid for, in all its attempts. Reads the whole journal: only for small journals."""
    paid: PaidByRun = {"requests": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0}
    for url in list_files(folder, ".parquet"):
        table = _readable(url, pc.field("run_id") == run_id)
        if table is None or not len(table):
            continue
        paid["requests"] += pc.sum(table.column("attempts")).as_py() or 0
        paid["input_tokens"] += pc.sum(table.column("input_tokens")).as_py() or 0
        paid["output_tokens"] += pc.sum(table.column("output_tokens")).as_py() or 0
        cost_usd = table.column("cost_usd")
        known = paid["cost_usd"] is not None and not cost_usd.null_count
        paid["cost_usd"] = (paid["cost_usd"] or 0.0) + (pc.sum(cost_usd).as_py() or 0.0) if known else None
    return paid


def import_outcomes(source: str, target: str, keys: Collection[str], *, frames: Collection[bytes]) -> int:
    """Copy outcomes of the given requests from one journal to another that lacks them; returns the number of copies.

    Reads a file at a time. The source is not changed, and its ranges of buckets do not matter.
    """
    known = Journal(target, frames=frames)
    wanted = pa.array([bytes.fromhex(key) for key in keys if known.get(key) is None], pa.binary(16))
    if not len(wanted):
        return 0
    named = pc.field("frame").isin(pa.array(sorted(frames), pa.binary(16))) & pc.field("key").isin(wanted)
    tables = [table for url in list_files(source, ".parquet") if (table := _readable(url, named)) is not None and len(table)]
    if not tables:
        return 0
    outcomes = _deduplicated(pa.concat_tables(tables))
    known._write(outcomes)  # noqa: SLF001 - a journal of ours
    return len(outcomes)


def _overlaps(bounds: tuple[int, int], lo: int, hi: int) -> bool:
    return bounds[0] <= hi and lo <= bounds[1]


def damaged_segments(folder: str) -> int:
    """Number of segments of a journal that were found to be damaged, and that nobody has removed since."""
    return len(list_files(f"{folder}/{DAMAGED_FOLDER}"))


def _readable(url: str, wanted: pc.Expression) -> pa.Table | None:
    """The sound records of a segment, which stays as it is; None if it no longer exists."""
    found = read_segment(url, JOURNAL, wanted)
    return found.table.filter(wanted) if isinstance(found, Salvage) else found


def _table(outcomes: Sequence[RequestOutcome]) -> pa.Table:
    columns: dict[str, list[Any]] = {name: [getattr(outcome, name) for outcome in outcomes] for name in _FIELDS}
    columns["key"] = [bytes.fromhex(key) for key in columns["key"]]
    columns["about"] = [about or None for about in columns["about"]]
    return pa.table({name: pa.array(columns[name], JOURNAL.field(name).type) for name in _FIELDS}, schema=JOURNAL)


def _outcome(table: pa.Table, row: int) -> RequestOutcome:
    values = {name: table.column(name)[row].as_py() for name in _FIELDS}
    values["key"] = values["key"].hex()
    values["usage_estimated"] = bool(values["usage_estimated"])
    values["about"] = tuple(values["about"] or ())
    return RequestOutcome(**values)


def _rows_by_key(table: pa.Table) -> dict[bytes, int]:
    return {key: row for row, key in enumerate(table.column("key").to_pylist())}


def _deduplicated(table: pa.Table) -> pa.Table:
    """The earliest record for each key and run, sorted by key and then by time of the answer."""
    order = [("key", "ascending"), ("answered_at", "ascending")]
    ordered = table.sort_by(order)
    keys: Iterable[bytes] = ordered.column("key").to_pylist()
    runs: Iterable[str] = ordered.column("run_id").to_pylist()
    keep, last, seen = [], b"", set[str]()
    for key, run in zip(keys, runs, strict=True):
        if key != last:
            last, seen = key, set()
        keep.append(run not in seen)
        seen.add(run)
    return ordered.filter(pa.array(keep, pa.bool_()))
