"""Merges the lines of result files: each request of a job ends exactly once, as an outcome or as unanswered.

Providers differ and make mistakes: lines come in any order, twice, for unknown requests, in the wrong file, or not at all. Only
the job's own keys say which requests it had.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from semtel_ops.endpoints import ChatReply, Endpoint, Lane
from semtel_ops.endpoints.batch_client import JobLines, NeverAsked, RemoteJob, RemoteStatus
from semtel_ops.endpoints.dialect import Dialect
from semtel_ops.endpoints.factory import batch_support
from semtel_ops.errors import FINAL_KINDS, UNUSABLE_KINDS, EndpointError, EndpointErrorKind, ReconciliationError
from semtel_ops.store.journal_outcome import RequestIdentity, RequestOutcome

EXPIRED = NeverAsked.EXPIRED.value
CANCELLED = NeverAsked.CANCELLED.value
MISSING = "missing_result"  # the job ended, and no file has a line for the request
UNSUPPORTED_PARAMETER = "unsupported_format"  # refused for a parameter: the next job omits it
REFUSED_FILE = "refused_file"  # the provider refused the file: no request was processed
UNUSABLE_ENDPOINT = "unusable_endpoint"  # refused for our key, account or deployment: nothing is billed
UNREADABLE = EndpointErrorKind.MALFORMED.value
"""Why a request has no result; other values are those of EndpointErrorKind."""

NEVER_ASKED = frozenset({EXPIRED, CANCELLED})
"""Reasons of requests that were not processed before the job ended, and not billed."""

_PERMANENT = FINAL_KINDS | UNUSABLE_KINDS | {EndpointErrorKind.BAD_REQUEST, EndpointErrorKind.UNSUPPORTED}
_REPEATABLE = frozenset(
    {EXPIRED, MISSING, UNSUPPORTED_PARAMETER, REFUSED_FILE, UNUSABLE_ENDPOINT}
    | {kind.value for kind in EndpointErrorKind if kind not in _PERMANENT}
)


def is_repeatable(reason: str) -> bool:
    """Whether requests without a result for this reason may go into another job. Cancelled requests may not."""
    return reason in _REPEATABLE


@dataclass(slots=True)
class MergeCounts:
    """Counts of a job's requests and result lines.

    Attributes:
        requests: the sum of `answered`, `refused`, `failed`, `expired` and `missing`.
        duplicates, foreign_lines, unreadable: lines beyond these.
        malformed: requests among `failed` whose line has neither a reply nor an error that can be read.
        unseen: requests without any line.
        cost_usd: of the replies; None if the price of any is unknown.
    """

    requests: int = 0
    answered: int = 0
    refused: int = 0  # permanently: content filter, context length
    failed: int = 0
    expired: int = 0
    missing: int = 0
    duplicates: int = 0
    foreign_lines: int = 0
    unreadable: int = 0
    malformed: int = 0
    unseen: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0

    def unpriced(self, remote: RemoteJob) -> int:
        """Requests that may have been billed although their replies are lost."""
        if remote.completed is not None:
            return self.malformed + min(self.unseen, max(0, remote.completed - self.answered - self.malformed))
        return self.malformed + (self.unseen if remote.status is RemoteStatus.COMPLETED else 0)

    def reconcile(self, job_key: str) -> None:
        """Check that every request was counted exactly once.

        Raises:
            ReconciliationError: the counts do not add up.
        """
        out = self.answered + self.refused + self.failed + self.expired + self.missing
        if out != self.requests:
            raise ReconciliationError(
                f"batch job {job_key}: {self.requests} requests sent, {out} results received; no result was stored"
            )


_MOST_KINDS = 100
"""Kinds of errors that are told apart by status and code, whatever a provider puts there."""

ErrorKind = tuple[EndpointErrorKind, int | None, str | None]


@dataclass(slots=True)
class Merge:
    """Merges the result files of a job: `add` the lines of the output file, then of the error file, then call `finish`.

    Attributes:
        dialect: in which the requests of the job were written.
        keys: the requests of the job: key → (frame, bucket, conversations).
        known: whether the journal has the outcome of a key, from an earlier attempt at this merge.
        keep: called once for each new outcome.
        typical_input_tokens: of a request of the job, for replies whose provider does not count tokens; 0: unknown.
        unanswered: key → reason, for requests without an outcome.
        seen: requests with a line, whatever it says.
        lines: lines read, with those that belong to no request.
        problem: what is wrong with the first line that is no reply.
        refusal: why the first request was refused for our key or account.
        errors: (kind, status, code) → the first error of that kind in the lines, and their number.
        next_dialect: for the next job, learned from lines that were refused for a parameter; None if none was.
    """

    endpoint: Endpoint
    dialect: Dialect
    run_id: str
    keys: Mapping[bytes, tuple[bytes, int, tuple[bytes, ...]]]
    known: Callable[[str], bool]
    keep: Callable[[RequestOutcome], None]
    now: float
    typical_input_tokens: int = 0
    tally: MergeCounts = field(default_factory=MergeCounts)
    unanswered: dict[bytes, str] = field(default_factory=dict)
    next_dialect: Dialect | None = None
    seen: set[bytes] = field(default_factory=set)
    lines: int = 0
    problem: str | None = None
    refusal: str | None = None
    errors: dict[ErrorKind, tuple[EndpointError, int]] = field(default_factory=dict)
    _done: set[bytes] = field(default_factory=set)
    _lines: JobLines = field(init=False)

    def __post_init__(self) -> None:
        self._lines = batch_support(self.endpoint).lines

    @property
    def understood(self) -> int:
        """Requests whose line has a reply or an error."""
        return len(self._done) + sum(reason != UNREADABLE for reason in self.unanswered.values())

    def add(self, lines: Iterable[dict[str, Any] | None]) -> None:
        """Merge the lines of a result file, as `read_lines` returns them."""
        for line in lines:
            self.lines += 1
            if line is None:
                self.tally.unreadable += 1
            else:
                self._add(line)

    def finish(self, job_key: str, status: RemoteStatus) -> MergeCounts:
        """Account for the requests without a line, and return the counts. Called once.

        Raises:
            ReconciliationError: the counts do not add up.
        """
        tally = self.tally
        tally.requests, tally.unseen = len(self.keys), len(self.keys) - len(self.seen)
        unseen = _UNSEEN.get(status, MISSING)
        for key in self.keys:
            if key not in self._done:
                self.unanswered.setdefault(key, unseen)
        for reason in self.unanswered.values():
            if reason in NEVER_ASKED:
                tally.expired += 1
            elif reason == MISSING:
                tally.missing += 1
            else:
                tally.failed += 1
                tally.malformed += reason == UNREADABLE
        tally.reconcile(job_key)
        return tally

    def _add(self, line: dict[str, Any]) -> None:
        custom_id, answer = self._lines.read(line, self.endpoint)
        key = _key(custom_id)
        identity = self.keys.get(key) if key is not None else None
        if key is None or identity is None:
            self.tally.foreign_lines += 1
            return
        self.seen.add(key)
        if key in self._done:
            self.tally.duplicates += 1
            return
        if (reason := self._unanswered(answer)) is not None:
            if key in self.unanswered:
                self.tally.duplicates += 1
            else:
                self.unanswered[key] = reason
            return
        # A reply takes precedence over a failure of the same request in an earlier line.
        if self.unanswered.pop(key, None) is not None:
            self.tally.duplicates += 1
        self._done.add(key)
        if isinstance(answer, ChatReply) and answer.usage_estimated and not answer.input_tokens:
            answer = replace(answer, input_tokens=self.typical_input_tokens)
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
        self.problem = self.problem or str(answer)
        self._note(answer)
        if answer.final:
            return None
        if answer.kind is EndpointErrorKind.UNSUPPORTED and self._learn_dialect(answer):
            return UNSUPPORTED_PARAMETER
        # 403 may be about the request alone; 401, 402 and an exhausted quota never are.
        if answer.kind is EndpointErrorKind.AUTH and answer.status != 403:
            self.refusal = self.refusal or str(answer)
            return UNUSABLE_ENDPOINT
        return answer.kind.value

    def _note(self, error: EndpointError) -> None:
        kind: ErrorKind = (error.kind, error.status, error.code)
        if kind not in self.errors and len(self.errors) >= _MOST_KINDS:
            kind = (error.kind, None, None)
        first, count = self.errors.get(kind, (error, 0))
        self.errors[kind] = first, count + 1

    def _learn_dialect(self, error: EndpointError) -> bool:
        """Learn what a line was refused for; what other lines were refused for is kept."""
        dialect = self._lines.after_refusal(self.dialect, error)
        if dialect is not None:
            self.next_dialect = dialect if self.next_dialect is None else dialect.joined(self.next_dialect)
        return dialect is not None

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


_UNSEEN = {
    RemoteStatus.EXPIRED: EXPIRED,
    RemoteStatus.CANCELLED: CANCELLED,
    RemoteStatus.FAILED: REFUSED_FILE,
}
"""Reason of a request without a line, by the end of its job; else `MISSING`."""


def _key(custom_id: str | None) -> bytes | None:
    try:
        custom_id = custom_id and custom_id.replace("-", "")  # written as a UUID
        return bytes.fromhex(custom_id) if custom_id is not None and len(custom_id) == 32 else None
    except ValueError:
        return None
