"""Writes request plans into JSONL input files within a provider's limits of requests, bytes and tokens; one model per file.

A line has the content key of its request, in the format of the endpoint's kind. The reply is journalled under this key, where
every other run looks for it. Only one plan is in memory at a time. Next to each input file is a Parquet file of its keys, which
says what the job asks without containing text.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import IO, Any, cast

import fsspec
import pyarrow as pa

from semtel_ops.endpoints import Endpoint
from semtel_ops.endpoints.dialect import Dialect, ReplyFormat
from semtel_ops.endpoints.factory import batch_support
from semtel_ops.endpoints.model import AskedModel
from semtel_ops.errors import DamagedFileError
from semtel_ops.packing import RequestPlan
from semtel_ops.store.files import atomic_write
from semtel_ops.store.journal_outcome import RequestIdentity
from semtel_ops.store.parquet import read_batches, write_table
from semtel_ops.store.seal import open_verified

_KEYS = pa.schema(
    [
        pa.field("key", pa.binary(16), nullable=False),
        pa.field("frame", pa.binary(16), nullable=False),
        pa.field("bucket", pa.uint8(), nullable=False),
        pa.field("about", pa.list_(pa.binary(8))),
    ]
)
_INPUT_DIGEST = b"semtel.input_sha256"
JobKey = tuple[bytes, int, tuple[bytes, ...]]
"""What a job knows of a request besides its key: `RequestIdentity` without it."""
_BYTES_A_TOKEN = 4
"""Bytes of a body per prompt token: sufficient for English, accurate for scripts with three bytes per letter."""


@dataclass(frozen=True, slots=True)
class Caps:
    """Upper bounds of an input file; a file has at least one request, whatever its size."""

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
        url, keys_url: of the input file and of the file of its keys.
        tokens: of the request bodies, estimated.
        fingerprint: 32 hex digits, a hash of base URL, model, dialect and request keys.
    """

    target: Target
    url: str
    keys_url: str
    requests: int
    bytes: int
    tokens: int
    fingerprint: str


def default_caps(endpoint: Endpoint, enqueued_tokens: int | None = None) -> Caps:
    """The provider's limits for a file, and its queue's: a file that exceeds the queue would never be admitted."""
    batch = batch_support(endpoint)
    return Caps(batch.max_requests, batch.max_bytes, enqueued_tokens)


def write_job_files(plans: Iterable[RequestPlan], targets: Sequence[Target], folder: str) -> list[JobFile]:
    """Write plans into files under `folder`, in order; the files go to `targets` in turn.

    A request that occurs twice is written once: providers refuse a file with two lines of the same custom_id.
    """
    lines = _Lines(plans)
    files: list[JobFile] = []
    while lines.more():
        files.append(_write_file(lines, targets[len(files) % len(targets)], folder))
    return files


def digest_of(url: str) -> str:
    """SHA-256 of a file, in hex digits."""
    opened: AbstractContextManager[IO[bytes]] = fsspec.open(url, "rb")
    with opened as file:
        return hashlib.file_digest(cast("Any", file), "sha256").hexdigest()


def check_input(url: str, keys_url: str) -> None:
    """Check that an input file is as written, before a provider is paid for what it says.

    Raises:
        DamagedFileError: the input file, or the file of its keys, is damaged or missing.
    """
    try:
        found = digest_of(url)
    except FileNotFoundError:
        raise DamagedFileError(f"{url}: is missing") from None
    try:
        with open_verified(keys_url) as keys:
            written = (keys.metadata.schema.to_arrow_schema().metadata or {}).get(_INPUT_DIGEST)
    except FileNotFoundError:
        raise DamagedFileError(f"{keys_url}: is missing") from None
    if written is not None and found != written.decode():  # None: planned by an older version
        raise DamagedFileError(f"{url}: is damaged: its content differs from its checksum")


def read_keys(url: str) -> dict[bytes, JobKey]:
    """All requests of a job: key → (frame fingerprint, bucket, `RequestIdentity.about`)."""
    identities: dict[bytes, JobKey] = {}
    frames: dict[bytes, bytes] = {}
    for batch in read_batches(url, rows=10_000):
        columns = [batch.column(name).to_pylist() for name in _KEYS.names if name in batch.schema.names]
        for key, frame, bucket, *about in zip(*columns, strict=True):
            identities[key] = (frames.setdefault(frame, frame), bucket, tuple(about[0] or ()) if about else ())
    return identities


_SAMPLING = {(True, True): "sampling", (True, False): "temperature", (False, True): "seed", (False, False): "plain"}
"""Names in the ledger: which of temperature and seed are sent."""
_NO_SYSTEM_ROLE, _NO_EFFORT = "no_system_role", "no_effort"


def format_dialect(dialect: Dialect) -> str:
    """A dialect as text, for the ledger; `parse_dialect` reads it."""
    sampling = _SAMPLING[dialect.temperature, dialect.seed]
    roles = "" if dialect.system_role else f" {_NO_SYSTEM_ROLE}"
    effort = "" if dialect.reasoning_effort else f" {_NO_EFFORT}"
    return f"{dialect.reply_format.name.lower()} {dialect.max_tokens_name} {sampling}{roles}{effort}"


def parse_dialect(text: str) -> Dialect:
    """Read what `format_dialect` wrote."""
    reply_format, max_tokens_name, sampling, *refused = text.split(" ")
    ((temperature, seed),) = (sent for sent, name in _SAMPLING.items() if name == sampling)
    return Dialect(
        ReplyFormat[reply_format.upper()],
        max_tokens_name,
        temperature,
        seed,
        system_role=_NO_SYSTEM_ROLE not in refused,
        reasoning_effort=_NO_EFFORT not in refused,
    )


class _Lines:
    """Plans in order, each request once, with a look-ahead of one plan."""

    def __init__(self, plans: Iterable[RequestPlan]) -> None:
        self._plans = iter(plans)
        self._next: RequestPlan | None = None
        self._written: set[bytes] = set()

    def more(self) -> bool:
        if self._next is None:
            self._next = next(self._plans, None)
        return self._next is not None

    def take(self, model: AskedModel) -> Iterator[tuple[RequestIdentity, RequestPlan]]:
        """Plans with their identities for a model, until the caller stops; return a plan that did not fit by `put_back`."""
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
    about: list[tuple[bytes, ...] | None] = field(default_factory=list)

    def add(self, request: RequestIdentity) -> None:
        raw = bytes.fromhex(request.key)
        self.digest.update(raw)
        self.key.append(raw)
        self.frame.append(request.frame)
        self.bucket.append(request.bucket)
        self.about.append(request.about or None)

    def write(self, url: str, input_digest: str) -> None:
        schema = _KEYS.with_metadata({_INPUT_DIGEST: input_digest})
        write_table(url, pa.table([self.key, self.frame, self.bucket, self.about], schema=schema))


def _write_file(lines: _Lines, target: Target, folder: str) -> JobFile:
    # A unique name: when two tasks plan the same shard, the task that loses must not replace the other's file.
    url = f"{folder}/{secrets.token_hex(8)}.jsonl"
    keys_url = url.removesuffix(".jsonl") + ".keys.parquet"
    endpoint = target.endpoint
    model = batch_support(endpoint).model(endpoint)
    head = f"{endpoint.base_url}\x00{model}\x00{format_dialect(target.dialect)}\x00"
    keys = _Keys(hashlib.blake2b(head.encode(), digest_size=16))
    with atomic_write(url) as file:
        size, tokens = _write_lines(lines, target, keys, file)
    keys.write(keys_url, digest_of(url))
    return JobFile(target, url, keys_url, len(keys.key), size, tokens, keys.digest.hexdigest())


def _write_lines(lines: _Lines, target: Target, keys: _Keys, file: IO[bytes]) -> tuple[int, int]:
    """Write lines until the next would exceed a cap; the first line is always written. Returns bytes and tokens."""
    endpoint, caps = target.endpoint, target.caps
    batch = batch_support(endpoint)
    writer = batch.lines.writer(batch.model(endpoint), target.dialect, endpoint.reasoning)
    size = tokens = 0
    for request, plan in lines.take(endpoint.asked):
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
    """Write reasons by request key, and return the URL."""
    write_table(url, pa.table([list(reasons), list(reasons.values())], schema=_SCHEMA))
    return url


def read_unanswered(url: str) -> dict[bytes, str]:
    """Read what `write_unanswered` wrote."""
    reasons: dict[bytes, str] = {}
    for batch in read_batches(url, _SCHEMA.names, rows=10_000):
        reasons.update(zip(batch.column("key").to_pylist(), batch.column("reason").to_pylist(), strict=True))
    return reasons
