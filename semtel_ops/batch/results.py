"""Result files read a line at a time: each request of a job comes out exactly once, as an outcome or as unanswered.

Providers differ and err: lines come in any order, twice, for requests of nobody, in the wrong file, with a status of 0, behind
a byte order mark, or not at all. None of that is trusted; the job's own keys say what was asked.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import orjson

from semtel_ops.endpoints import ChatReply, Endpoint, Lane
from semtel_ops.endpoints.batch_client import JobLines, NeverAsked, RemoteStatus
from semtel_ops.endpoints.dialect import Dialect
from semtel_ops.endpoints.factory import batch_support
from semtel_ops.errors import FINAL_KINDS, EndpointError, EndpointErrorKind, ReconciliationError
from semtel_ops.store.journal import RequestIdentity, RequestOutcome

_BOM = b"\xef\xbb\xbf"
_MAX_LINE_BYTES = 16 * 1024 * 1024

EXPIRED = NeverAsked.EXPIRED.value
CANCELLED = NeverAsked.CANCELLED.value
MISSING = "missing_result"  # the job ended and neither file has the line
UNSUPPORTED_PARAMETER = "unsupported_format"  # refused for a parameter: asked again without it
REFUSED_FILE = "refused_file"  # the provider did not take the file: nothing was asked
"""Why a request has no result; other values are those of EndpointErrorKind."""

NEVER_ASKED = frozenset({EXPIRED, CANCELLED})
"""Requests that were not attempted before the job ended, and not billed."""

_PERMANENT = FINAL_KINDS | {EndpointErrorKind.BAD_REQUEST, EndpointErrorKind.AUTH}
_WORTH_ANOTHER = frozenset(
    {EXPIRED, MISSING, UNSUPPORTED_PARAMETER, REFUSED_FILE}
    | {kind.value for kind in EndpointErrorKind if kind not in _PERMANENT}
)


def worth_another(reason: str) -> bool:
    """Whether requests without a result for this reason may go into another job. Cancelled requests stay cancelled."""
    return reason in _WORTH_ANOTHER


def read_lines(file: IO[bytes]) -> Iterator[dict[str, Any] | None]:
    """Objects of a JSONL file in its order; None for a line that is not one."""
    first = True
    while raw := file.readline(_MAX_LINE_BYTES):
        if first:
            raw, first = raw.removeprefix(_BOM), False
        if len(raw) >= _MAX_LINE_BYTES and not raw.endswith(b"\n"):
            _skip_line(file)
            yield None
        elif not raw.isspace() and raw:
            yield _object(raw)


@dataclass(slots=True)
class MergeCounts:
    """Counts of a job's result lines. `duplicates`, `foreign_lines` and `unreadable` are lines beyond its requests."""

    requests: int = 0
    answered: int = 0
    refused: int = 0  # for good: content filter, context length
    failed: int = 0
    expired: int = 0
    missing: int = 0
    duplicates: int = 0
    foreign_lines: int = 0
    unreadable: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0

    def reconcile(self, job_key: str) -> None:
        """See that every request came out exactly once.

        Raises:
            ReconciliationError: one did not.
        """
        out = self.answered + self.refused + self.failed + self.expired + self.missing
        if out != self.requests:
            raise ReconciliationError(
                f"batch job {job_key}: {self.requests} requests sent, {out} results received; no result was stored"
            )


@dataclass(slots=True)
class Merge:
    """Merges the files of one job: give it the lines of the output file, then of the error file, then `finish`.

    Attributes:
        keys: request key → (frame, bucket) of the job's requests.
        known: whether an earlier attempt at the same merge already stored a key's outcome.
        keep: called once for each outcome.
        unanswered: request key → why, for those without an outcome.
        next_dialect: dialect for the next job, learned from lines rejected for a parameter.
    """

    endpoint: Endpoint
    dialect: Dialect
    run_id: str
    keys: Mapping[bytes, tuple[bytes, int]]
    known: Callable[[str], bool]
    keep: Callable[[RequestOutcome], None]
    now: float
    tally: MergeCounts = field(default_factory=MergeCounts)
    unanswered: dict[bytes, str] = field(default_factory=dict)
    next_dialect: Dialect | None = None
    _done: set[bytes] = field(default_factory=set)
    _lines: JobLines = field(init=False)

    def __post_init__(self) -> None:
        self._lines = batch_support(self.endpoint).lines

    def add(self, lines: Iterable[dict[str, Any] | None]) -> None:
        for line in lines:
            if line is None:
                self.tally.unreadable += 1
            else:
                self._add(line)

    def finish(self, job_key: str, status: RemoteStatus) -> MergeCounts:
        """Account for what no line spoke of, and add up."""
        tally = self.tally
        tally.requests = len(self.keys)
        silent = EXPIRED if status is RemoteStatus.EXPIRED else CANCELLED if status is RemoteStatus.CANCELLED else MISSING
        for key in self.keys:
            if key not in self._done:
                self.unanswered.setdefault(key, silent)
        for reason in self.unanswered.values():
            if reason in NEVER_ASKED:
                tally.expired += 1
            elif reason == MISSING:
                tally.missing += 1
            else:
                tally.failed += 1
        tally.reconcile(job_key)
        return tally

    def _add(self, line: dict[str, Any]) -> None:
        custom_id, answer = self._lines.read(line, self.endpoint)
        key = _key(custom_id)
        identity = self.keys.get(key) if key is not None else None
        if key is None or identity is None:
            self.tally.foreign_lines += 1
            return
        if key in self._done:
            self.tally.duplicates += 1
            return
        if (reason := self._unanswered(answer)) is not None:
            if key in self.unanswered:
                self.tally.duplicates += 1
            else:
                self.unanswered[key] = reason
            return
        # An answer outweighs a failure the other file may have told of before.
        if self.unanswered.pop(key, None) is not None:
            self.tally.duplicates += 1
        self._done.add(key)
        outcome = RequestOutcome.of(
            RequestIdentity(key.hex(), *identity),
            self.endpoint,
            answer.kind.value if isinstance(answer, EndpointError) else answer,
            lane=Lane.BATCH,
            run_id=self.run_id,
            attempts=1,
            now=self.now,
        )
        self._count(outcome)
        if not self.known(outcome.key):
            self.keep(outcome)

    def _unanswered(self, answer: ChatReply | EndpointError | NeverAsked) -> str | None:
        """Why a line gives no outcome; None for a reply or a permanent refusal."""
        if isinstance(answer, ChatReply):
            return None
        if isinstance(answer, NeverAsked):
            return answer.value
        if answer.final:
            return None
        if answer.status == 400 and answer.kind is EndpointErrorKind.BAD_REQUEST and self._reword(str(answer)):
            return UNSUPPORTED_PARAMETER
        return answer.kind.value

    def _reword(self, message: str) -> bool:
        if self.next_dialect is None:
            self.next_dialect = self._lines.after_refusal(self.dialect, message)
        return self.next_dialect is not None

    def _count(self, outcome: RequestOutcome) -> None:
        tally = self.tally
        if outcome.error is None:
            tally.answered += 1
        else:
            tally.refused += 1
        tally.input_tokens += outcome.input_tokens
        tally.output_tokens += outcome.output_tokens
        unknown = tally.cost_usd is None or outcome.cost_usd is None
        tally.cost_usd = None if unknown else (tally.cost_usd or 0.0) + (outcome.cost_usd or 0.0)


def _key(spelled: str | None) -> bytes | None:
    try:
        return bytes.fromhex(spelled) if spelled is not None and len(spelled) == 32 else None
    except ValueError:
        return None


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        line = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return line if isinstance(line, dict) else None


def _skip_line(file: IO[bytes]) -> None:
    while (rest := file.readline(_MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
        pass
