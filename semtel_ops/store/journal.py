"""The journal: every outcome that was paid for, under the content key of its request.

Laws this module keeps:
- A key is a request's content (`ChatRequest.key`); it never holds a run, an attempt or an endpoint.
- A segment file appears whole or not at all; what was flushed survives any kill, what was not is asked again.
- A record is never changed. A run's answer to a key is its earliest one (two of its tasks may have asked at once, harmlessly).
  Where several runs asked the same on purpose, each finds its own answer again, and later runs find the latest: a repair.

A file covers a range of buckets, the first two hex digits of the conversation's content hash, spelled in its name:
`<lo>-<hi>.<written at, ms>.<random>.parquet`. A shard is a range of buckets as well, so it reads only files that overlap its
own, and only the frames (prompt version and model settings) it can ask: the cost of opening does not grow with other shards,
other prompts or other weeks' unrelated content. Closing merges the shard's segments into one file.
"""

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from fsspec.core import url_to_fs

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.endpoints.model import ChatReply, Endpoint, FinishReason, Lane
from semtel_ops.errors import StoreError
from semtel_ops.store.files import atomic_write, list_files, remove
from semtel_ops.store.tables import arrow_column

JOURNAL = pa.schema(
    [
        arrow_column("key", pa.binary(16), "Content key of the request (`ChatRequest.key`): text, prompt, model, settings."),
        arrow_column("frame", pa.binary(16), "Fingerprint of prompt version and model settings (`RequestFrame.fingerprint`)."),
        arrow_column("bucket", pa.uint8(), "0 to 255: first two hex digits of the first conversation's content hash."),
        arrow_column("run_id", pa.string(), "Run that paid."),
        arrow_column(
            "text", pa.string(), "The reply as sent. It may quote the conversation.", null="`error` says why there is none"
        ),
        arrow_column("finish_reason", pa.string(), "Why the model stopped.", values=FinishReason),
        arrow_column("error", pa.string(), "A failure that asking again cannot change.", null="there is a reply"),
        arrow_column("endpoint", pa.string(), "Name of the endpoint that answered."),
        arrow_column("model", pa.string(), "Model that answered."),
        arrow_column("lane", pa.string(), "Lane that answered.", values=("realtime", "batch", "flex")),
        arrow_column("input_tokens", pa.int64(), "Prompt tokens that the endpoint counted.", unit="tokens"),
        arrow_column("output_tokens", pa.int64(), "Reply tokens that the endpoint counted.", unit="tokens"),
        arrow_column("cost_usd", pa.float64(), "What the reply cost.", unit="USD", null="the model has no known price"),
        arrow_column("latency_ms", pa.float64(), "From sending to the whole reply; 0 in batches.", unit="milliseconds"),
        arrow_column("attempts", pa.int32(), "Calls that it took.", unit="calls"),
        arrow_column("answered_at", pa.float64(), "When the reply arrived.", unit="seconds since 1970, UTC"),
    ]
)
"""`journal/<lo>-<hi>.<written at, ms>.<random>.parquet`: one record for each (request, run), never changed."""


class RequestIdentity(NamedTuple):
    """Key of a request's outcome.

    Attributes:
        key: 32 hex digits, `ChatRequest.key`.
        frame: `RequestFrame.fingerprint`, 16 bytes.
        bucket: 0-255, from the content hash of the request's first conversation.
    """

    key: str
    frame: bytes
    bucket: int


@dataclass(frozen=True, slots=True)
class RequestOutcome:
    """Outcome of one request, stored so that the request need not be sent again.

    Attributes:
        key: 32 hex digits, `ChatRequest.key`.
        frame: `RequestFrame.fingerprint`, 16 bytes.
        bucket: 0-255, from the content hash of the request's first conversation.
        run_id: the run that paid.
        text: the reply as sent, or None with a permanent `error`.
        error: an `EndpointErrorKind` that asking again cannot change (a refusal), else None.
        attempts: calls it took.
        answered_at: seconds since 1970 UTC.
    """

    key: str
    frame: bytes
    bucket: int
    run_id: str
    text: str | None
    finish_reason: str
    error: str | None
    endpoint: str
    model: str
    lane: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    latency_ms: float
    attempts: int
    answered_at: float

    @classmethod
    def of(
        cls,
        request: RequestIdentity,
        endpoint: Endpoint,
        answer: ChatReply | str,
        *,
        lane: Lane,
        run_id: str,
        attempts: int,
        now: float,
    ) -> Self:
        """What is worth remembering of a request.

        Args:
            answer: the reply, or the reason why there is none, such as an `EndpointErrorKind`; without a reply a call costs 0.
            lane: requested lane; if the reply names another lane, that one is stored.
            now: seconds since 1970.
        """
        reply = None if isinstance(answer, str) else answer
        cost_usd: float | None = 0.0
        if reply is not None:
            price = endpoint.price
            cost_usd = None if price is None else price.cost_usd(reply.input_tokens, reply.output_tokens, reply.lane)
        return cls(
            *request,
            run_id=run_id,
            text=reply.text if reply else None,
            finish_reason=(reply.finish_reason if reply else FinishReason.OTHER).value,
            error=None if reply else str(answer),
            endpoint=endpoint.name,
            model=endpoint.model,
            lane=(reply.lane if reply else lane).value,
            input_tokens=reply.input_tokens if reply else 0,
            output_tokens=reply.output_tokens if reply else 0,
            cost_usd=cost_usd,
            latency_ms=reply.latency_s * 1000.0 if reply else 0.0,
            attempts=attempts,
            answered_at=now,
        )


_FIELDS = tuple(field.name for field in fields(RequestOutcome))


class Journal:
    """The outcomes of a range of buckets: those there are, and those this task adds.

    Not thread-safe but for `flush`, which may run in a thread while the loop goes on adding: it takes what is there first.
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
        """Open the journal of buckets `lo` to `hi`, both included, for the given frames (None: all)."""
        self._folder = folder
        self._lo, self._hi = lo, hi
        self._frames = None if frames is None else sorted(frames)
        self._clock = clock or SystemClock()
        self._pending: list[RequestOutcome] = []
        self._mine: list[str] = []
        self._own: dict[str, dict[bytes, int]] = {}  # run id → key → row, made when a run's own answers are asked for
        self._known = self._load()
        self._added: dict[str, RequestOutcome] = {}

    def get(self, key: str) -> RequestOutcome | None:
        """Stored outcome of a request from any run: one added here, else that of the latest run."""
        added = self._added.get(key)
        if added is not None:
            return added
        row = self._rows.get(bytes.fromhex(key))
        return None if row is None else _outcome(self._known, row)

    def get_of(self, key: str, run_id: str) -> RequestOutcome | None:
        """What this run itself has been answered, whatever others were."""
        added = self._added.get(key)
        if added is not None and added.run_id == run_id:
            return added
        if run_id not in self._own:
            mine = pc.indices_nonzero(pc.equal(self._known.column("run_id"), run_id)).to_pylist()
            keys = self._known.column("key").take(pa.array(mine, pa.int64())).to_pylist()
            self._own[run_id] = dict(zip(keys, mine, strict=True))
        row = self._own[run_id].get(bytes.fromhex(key))
        return None if row is None else _outcome(self._known, row)

    def cost_of(self, run_id: str) -> float:
        """Cost to a run of the records in range that existed when the journal was opened."""
        own = self._known.filter(pc.equal(self._known.column("run_id"), run_id))
        return float(pc.sum(own.column("cost_usd")).as_py() or 0.0)

    def __len__(self) -> int:
        return len(self._rows) + len(self._added)

    def add(self, outcome: RequestOutcome) -> None:
        """Remember an outcome; it is safe once `flush` has returned."""
        self._pending.append(outcome)
        self._added[outcome.key] = outcome

    @property
    def pending(self) -> int:
        """Outcomes not yet written."""
        return len(self._pending)

    def flush(self) -> None:
        """Write what is pending as one segment. Nothing pending writes nothing; a failure keeps it pending."""
        taken = self._pending
        if not taken:
            return
        self._pending = []
        try:
            self._mine.append(self._write(_table(taken)))
        except BaseException:
            self._pending = taken + self._pending
            raise

    def compact(self) -> None:
        """Flush, then merge all segments that lie inside this range into one file. Interrupted, it loses nothing."""
        self.flush()
        inside = [url for url in self._files() if self._lo <= _range(url)[0] and _range(url)[1] <= self._hi]
        if len(inside) < 2:
            return
        tables = [table for table in (_read(url, None) for url in inside) if table is not None]
        self._write(_one_of_each(pa.concat_tables(tables)))
        for url in inside:
            remove(url)

    def _write(self, table: pa.Table) -> str:
        stamp = int(self._clock.now() * 1000)
        name = f"{self._lo:02x}-{self._hi:02x}.{stamp:013d}.{secrets.token_hex(4)}.parquet"
        url = f"{self._folder}/{name}"
        with atomic_write(url) as file:
            pq.write_table(table, file, compression="zstd")
        return url

    def _files(self) -> list[str]:
        """Files that overlap this range, oldest first."""
        found = [url for url in list_files(self._folder, ".parquet") if _overlaps(_range(url), self._lo, self._hi)]
        return sorted(found, key=lambda url: url.rsplit("/", 1)[-1].split(".", 1)[1])

    def _load(self) -> pa.Table:
        """Everything in range as one Arrow table, one row for each key and run; `_rows` says which row of a key counts."""
        wanted = pc.field("bucket") >= self._lo
        wanted &= pc.field("bucket") <= self._hi
        if self._frames is not None:
            wanted &= pc.field("frame").isin(pa.array(self._frames, pa.binary(16)))
        tables: list[pa.Table] = []
        for attempt in range(5):
            files = self._files()
            tables = [table for table in (_read(url, wanted) for url in files) if table is not None]
            if len(tables) == len(files):
                break
            # Another task merged its segments between our listing and our reading: what they held is in a new file.
            if attempt == 4:
                raise StoreError(f"{self._folder}: segments vanish while being read; is something else removing them?")
        table = pa.concat_tables([JOURNAL.empty_table(), *tables])
        self._rows = _rows_by_key(table)
        if len(self._rows) < table.num_rows:
            # As they are ordered then, the last one of a key is the latest run's.
            table = _one_of_each(table)
            self._rows = _rows_by_key(table)
        return table


def spent_by_run(folder: str, prefix: str) -> dict[str, float]:
    """Cost of each run whose id begins with `prefix`, by run id; reads the whole journal, so for small ones."""
    spent: dict[str, float] = {}
    for url in list_files(folder, ".parquet"):
        table = _read(url, pc.starts_with(pc.field("run_id"), prefix))
        if table is not None:
            for row in table.group_by("run_id").aggregate([("cost_usd", "sum")]).to_pylist():
                spent[row["run_id"]] = spent.get(row["run_id"], 0.0) + (row["cost_usd_sum"] or 0.0)
    return spent


def import_outcomes(source: str, target: str, keys: Collection[str], *, frames: Collection[bytes]) -> int:
    """Copy what another journal knows of these requests, as far as this one does not; returns how many outcomes came.

    A file is read at a time. The other journal is only read: it is not merged, and its range of buckets does not matter.
    """
    known = Journal(target, frames=frames)
    wanted = pa.array([bytes.fromhex(key) for key in keys if known.get(key) is None], pa.binary(16))
    if not len(wanted):
        return 0
    named = pc.field("frame").isin(pa.array(sorted(frames), pa.binary(16))) & pc.field("key").isin(wanted)
    found = [table for url in list_files(source, ".parquet") if (table := _read(url, named)) is not None and len(table)]
    if not found:
        return 0
    taken = _one_of_each(pa.concat_tables(found))
    known._write(taken)  # noqa: SLF001 - a journal of ours
    return len(taken)


def _overlaps(bounds: tuple[int, int], lo: int, hi: int) -> bool:
    return bounds[0] <= hi and lo <= bounds[1]


def _range(url: str) -> tuple[int, int]:
    lo, _, hi = url.rsplit("/", 1)[-1].split(".", 1)[0].partition("-")
    try:
        return int(lo, 16), int(hi, 16)
    except ValueError:
        raise StoreError(f"{url}: is not a journal file (<lo>-<hi>.<time>.<random>.parquet); move it elsewhere") from None


def _read(url: str, wanted: pc.Expression | None) -> pa.Table | None:
    """A segment's table, or None when it is gone."""
    fs, path = url_to_fs(url)
    try:
        with fs.open(path, "rb") as file:
            return pq.read_table(file, schema=JOURNAL, filters=wanted)
    except FileNotFoundError:
        return None
    except pa.ArrowInvalid as error:
        raise StoreError(f"{url}: is damaged ({error}); remove it: its requests will be sent again") from None


def _table(outcomes: Sequence[RequestOutcome]) -> pa.Table:
    columns: dict[str, list[Any]] = {name: [getattr(outcome, name) for outcome in outcomes] for name in _FIELDS}
    columns["key"] = [bytes.fromhex(key) for key in columns["key"]]
    return pa.table({name: pa.array(columns[name], JOURNAL.field(name).type) for name in _FIELDS}, schema=JOURNAL)


def _outcome(table: pa.Table, row: int) -> RequestOutcome:
    values = {name: table.column(name)[row].as_py() for name in _FIELDS}
    values["key"] = values["key"].hex()
    return RequestOutcome(**values)


def _rows_by_key(table: pa.Table) -> dict[bytes, int]:
    return {key: row for row, key in enumerate(table.column("key").to_pylist())}


def _one_of_each(table: pa.Table) -> pa.Table:
    """One record for each key and run, the earliest answered; sorted by key, and for a key by when it was answered."""
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
