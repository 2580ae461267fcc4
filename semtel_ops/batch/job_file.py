"""Request plans into JSONL files that a provider takes: split by requests, bytes and tokens, one model a file, no BOM.

A line holds the request under its content key, in the format of the endpoint's kind: what comes back is journalled under the
key every other run looks for. One plan is in memory at a time; beside each input file lies a Parquet file of its keys, which
says what the job asks without holding any text.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from semtel_ops.endpoints import Endpoint
from semtel_ops.endpoints.dialect import Dialect, ReplyFormat
from semtel_ops.endpoints.factory import batch_support
from semtel_ops.packing import RequestPlan
from semtel_ops.store.files import atomic_write
from semtel_ops.store.journal import RequestIdentity
from semtel_ops.store.parquet import read_batches

_KEYS = pa.schema(
    [
        pa.field("key", pa.binary(16), nullable=False),
        pa.field("frame", pa.binary(16), nullable=False),
        pa.field("bucket", pa.uint8(), nullable=False),
    ]
)
_BYTES_A_TOKEN = 4
"""Bytes of a body per prompt token: sufficient for English, accurate for scripts with three bytes per letter."""


@dataclass(frozen=True, slots=True)
class Caps:
    """Ceilings of one file; a single request is never refused for its tokens."""

    requests: int
    bytes: int
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Destination of a file: an endpoint, its dialect, and its size limits."""

    endpoint: Endpoint
    dialect: Dialect
    caps: Caps


@dataclass(frozen=True, slots=True)
class JobFile:
    """A finished input file.

    Attributes:
        fingerprint: 32 hex digits over the address, the dialect and every request: equal files ask the same.
    """

    target: Target
    url: str
    keys_url: str
    requests: int
    bytes: int
    tokens: int
    fingerprint: str


def default_caps(endpoint: Endpoint, enqueued_tokens: int | None = None) -> Caps:
    """The provider's ceilings, and its queue's: a file that alone fills more than the queue would never be taken."""
    batch = batch_support(endpoint)
    return Caps(batch.max_requests, batch.max_bytes, enqueued_tokens)


def write_job_files(plans: Iterable[RequestPlan], targets: Sequence[Target], folder: str) -> list[JobFile]:
    """Write plans into files under `folder`, each file for the next of `targets` in turn.

    A request that occurs twice is written once: a second line of the same custom_id would make a provider refuse the file.
    """
    lines = _Lines(plans)
    files: list[JobFile] = []
    while lines.more():
        files.append(_write_file(lines, targets[len(files) % len(targets)], folder))
    return files


def read_keys(url: str) -> dict[bytes, tuple[bytes, int]]:
    """Request key → (frame fingerprint, bucket), all of a job's requests."""
    found: dict[bytes, tuple[bytes, int]] = {}
    frames: dict[bytes, bytes] = {}
    for batch in read_batches(url, rows=10_000):
        columns = (batch.column(name).to_pylist() for name in _KEYS.names)
        for key, frame, bucket in zip(*columns, strict=True):
            found[key] = (frames.setdefault(frame, frame), bucket)
    return found


def format_dialect(dialect: Dialect) -> str:
    """A dialect in a ledger's column."""
    return f"{dialect.reply_format.name.lower()} {dialect.max_tokens_name} {'sampling' if dialect.sampling else 'plain'}"


def parse_dialect(spelled: str) -> Dialect:
    reply_format, max_tokens_name, sampling = spelled.split(" ")
    return Dialect(ReplyFormat[reply_format.upper()], max_tokens_name, sampling == "sampling")


class _Lines:
    """Plans in their order, each request once, with one plan of look-ahead."""

    def __init__(self, plans: Iterable[RequestPlan]) -> None:
        self._plans = iter(plans)
        self._next: RequestPlan | None = None
        self._written: set[bytes] = set()

    def more(self) -> bool:
        if self._next is None:
            self._next = next(self._plans, None)
        return self._next is not None

    def take(self, model: str) -> Iterator[tuple[RequestIdentity, RequestPlan]]:
        """Plans with their identities for a model, until the caller stops; `put_back` takes the plan that did not fit."""
        while self.more():
            plan, self._next = self._next, None
            assert plan is not None
            identity = plan.identity(model)
            if bytes.fromhex(identity.key) not in self._written:
                yield identity, plan

    def written(self, key: str) -> None:
        self._written.add(bytes.fromhex(key))

    def put_back(self, plan: RequestPlan) -> None:
        self._next = plan


@dataclass(slots=True)
class _Keys:
    """The key columns of a file while it is written."""

    digest: hashlib.blake2b
    key: list[bytes] = field(default_factory=list)
    frame: list[bytes] = field(default_factory=list)
    bucket: list[int] = field(default_factory=list)

    def add(self, request: RequestIdentity) -> None:
        raw = bytes.fromhex(request.key)
        self.digest.update(raw)
        self.key.append(raw)
        self.frame.append(request.frame)
        self.bucket.append(request.bucket)

    def write(self, url: str) -> None:
        with atomic_write(url) as file:
            pq.write_table(pa.table([self.key, self.frame, self.bucket], schema=_KEYS), file, compression="zstd")


def _write_file(lines: _Lines, target: Target, folder: str) -> JobFile:
    # A unique name: of two tasks that plan the same shard, the losing one must not replace the other's file.
    url = f"{folder}/{secrets.token_hex(8)}.jsonl"
    keys_url = url.removesuffix(".jsonl") + ".keys.parquet"
    endpoint = target.endpoint
    model = batch_support(endpoint).model(endpoint)
    head = f"{endpoint.base_url}\x00{model}\x00{format_dialect(target.dialect)}\x00"
    keys = _Keys(hashlib.blake2b(head.encode(), digest_size=16))
    with atomic_write(url) as file:
        size, tokens = _write_lines(lines, target, keys, file)
    keys.write(keys_url)
    return JobFile(target, url, keys_url, len(keys.key), size, tokens, keys.digest.hexdigest())


def _write_lines(lines: _Lines, target: Target, keys: _Keys, file: IO[bytes]) -> tuple[int, int]:
    """Write lines until a cap is met; the first always fits. Returns bytes and tokens."""
    endpoint, caps = target.endpoint, target.caps
    batch = batch_support(endpoint)
    writer = batch.lines.writer(batch.model(endpoint), target.dialect)
    size = tokens = 0
    for request, plan in lines.take(endpoint.model):
        line, body_bytes = writer.write(request.key, plan.request)
        cost = -(-body_bytes // _BYTES_A_TOKEN)
        over = size + len(line) > caps.bytes or (caps.tokens is not None and tokens + cost > caps.tokens)
        if keys.key and (over or len(keys.key) >= caps.requests):
            lines.put_back(plan)
            break
        file.write(line)
        lines.written(request.key)
        keys.add(request)
        size += len(line)
        tokens += cost
    return size, tokens


_SCHEMA = pa.schema([pa.field("key", pa.binary(16), nullable=False), pa.field("reason", pa.string(), nullable=False)])


def write_unanswered(url: str, reasons: Mapping[bytes, str]) -> str:
    """Write request key → reason; return the URL."""
    with atomic_write(url) as file:
        pq.write_table(pa.table([list(reasons), list(reasons.values())], schema=_SCHEMA), file, compression="zstd")
    return url


def read_unanswered(url: str) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for batch in read_batches(url, rows=10_000):
        found.update(zip(batch.column("key").to_pylist(), batch.column("reason").to_pylist(), strict=True))
    return found
