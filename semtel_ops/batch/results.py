"""Result files read a line at a time: each request of a job comes out exactly once, as an outcome or as unanswered.

Providers differ and err: lines come in any order, twice, for requests of nobody, in the wrong file, with a status of 0, behind
a byte order mark, or not at all. None of that is trusted; the job's own keys say what was asked.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import orjson

from semtel_ops.endpoints import Endpoint, Lane
from semtel_ops.endpoints.batch_client import RemoteStatus
from semtel_ops.endpoints.dialect import Dialect, after_refusal
from semtel_ops.endpoints.model import FinishReason
from semtel_ops.endpoints.wire import error_from_response
from semtel_ops.errors import EndpointErrorKind, ReconciliationError
from semtel_ops.store.journal import RequestOutcome

_BOM = b"\xef\xbb\xbf"
_MAX_LINE_BYTES = 16 * 1024 * 1024
_FINISH = frozenset(reason.value for reason in FinishReason)

# What asking again, even in another run, gives again.
_FINAL = frozenset({EndpointErrorKind.CONTENT_FILTER, EndpointErrorKind.CONTEXT_LENGTH})

EXPIRED = "batch_expired"
CANCELLED = "batch_cancelled"
MISSING = "missing_result"  # the job ended and neither file has the line
UNSUPPORTED_PARAMETER = "unsupported_format"  # refused for a parameter: asked again without it
REFUSED_FILE = "refused_file"  # the provider did not take the file: nothing was asked
"""Why a request went unanswered; all others are words of EndpointErrorKind."""

NEVER_ASKED = frozenset({EXPIRED, CANCELLED})
"""What the job ended before: these requests were not tried and not billed."""

_WORTH_ANOTHER = frozenset(
    {EXPIRED, MISSING, UNSUPPORTED_PARAMETER, REFUSED_FILE}
    | {kind.value for kind in EndpointErrorKind if kind not in {EndpointErrorKind.BAD_REQUEST, EndpointErrorKind.AUTH, *_FINAL}}
)


def worth_another(reason: str) -> bool:
    """Whether another job may answer what went unanswered for this reason. What a person cancelled stays cancelled."""
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
    """What a job's lines came to. `duplicates`, `foreign_lines` and `unreadable` are lines beyond its requests."""

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
                f"batch job {job_key}: {self.requests} requests went in, {out} came out; nothing was kept"
            )


@dataclass(slots=True)
class Merge:
    """Merges the files of one job: give it the lines of the output file, then of the error file, then `finish`.

    Attributes:
        keys: request key → (frame, bucket): what the job asked.
        known: whether an earlier attempt at the same merge already kept a key's outcome.
        keep: called once for each outcome.
        unanswered: request key → why, for those without an outcome.
        next_dialect: how to ask instead, learned from lines that were refused for a parameter.
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
        key = _key(line.get("custom_id"))
        held = self.keys.get(key) if key is not None else None
        if key is None or held is None:
            self.tally.foreign_lines += 1
            return
        if key in self._done:
            self.tally.duplicates += 1
            return
        outcome = self._outcome(key, held, line)
        if isinstance(outcome, str):
            if key in self.unanswered:
                self.tally.duplicates += 1
            else:
                self.unanswered[key] = outcome
            return
        # An answer outweighs a failure the other file may have told of before.
        if self.unanswered.pop(key, None) is not None:
            self.tally.duplicates += 1
        self._done.add(key)
        self._count(outcome)
        if not self.known(outcome.key):
            self.keep(outcome)

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

    def _outcome(self, key: bytes, held: tuple[bytes, int], line: dict[str, Any]) -> RequestOutcome | str:
        """What a line says, or why it says nothing."""
        response = line.get("response")
        if isinstance(response, dict) and response.get("status_code") == 200:
            read = _completion(response.get("body"))
            if read is None:
                return EndpointErrorKind.MALFORMED.value
            text, finish, input_tokens, output_tokens = read
            return self._make(key, held, text, finish, None, input_tokens, output_tokens)
        reason = self._reason(line.get("error"), response if isinstance(response, dict) else {})
        if reason in _FINAL:
            return self._make(key, held, None, FinishReason.OTHER.value, reason, 0, 0)
        return reason

    def _reason(self, error: Any, response: dict[str, Any]) -> str:
        code = error.get("code") if isinstance(error, dict) else None
        if code in {EXPIRED, CANCELLED}:
            return str(code)
        status = response.get("status_code")
        body = response.get("body") or {"error": error}
        if not isinstance(status, int) or status < 400:
            return EndpointErrorKind.MALFORMED.value  # 0 has been seen
        refused = error_from_response(self.endpoint.name, status, {}, orjson.dumps(body))
        if status == 400 and refused.kind is EndpointErrorKind.BAD_REQUEST and self._reword(str(refused)):
            return UNSUPPORTED_PARAMETER
        return refused.kind.value

    def _reword(self, message: str) -> bool:
        if self.next_dialect is None:
            self.next_dialect = after_refusal(self.dialect, message)
        return self.next_dialect is not None

    def _make(
        self,
        key: bytes,
        held: tuple[bytes, int],
        text: str | None,
        finish: str,
        error: str | None,
        input_tokens: int,
        output_tokens: int,
    ) -> RequestOutcome:
        endpoint = self.endpoint
        price = endpoint.price
        cost = 0.0 if error is not None else None
        if error is None and price is not None:
            cost = price.cost_usd(input_tokens, output_tokens, Lane.BATCH)
        return RequestOutcome(
            key=key.hex(),
            frame=held[0],
            bucket=held[1],
            run_id=self.run_id,
            text=text,
            finish_reason=finish,
            error=error,
            endpoint=endpoint.name,
            model=endpoint.model,
            lane=Lane.BATCH.value,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cost_usd=cost,
            latency_ms=0.0,  # a line's own is not told
            attempts=1,
            answered_at=self.now,
        )


def _completion(body: Any) -> tuple[str, str, int, int] | None:
    """Text, finish reason, input and output tokens of a chat completion; None where it is none."""
    try:
        choice = body["choices"][0]
        message = choice["message"]
        content, refusal = message.get("content"), message.get("refusal")
        usage = body.get("usage") or {}
        tokens = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    except (KeyError, IndexError, TypeError, AttributeError):
        return None
    finish = choice.get("finish_reason")
    finish = FinishReason.REFUSAL.value if refusal else finish if finish in _FINISH else FinishReason.OTHER.value
    return (content if isinstance(content, str) else ""), finish, *tokens


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def _key(custom_id: Any) -> bytes | None:
    try:
        return bytes.fromhex(custom_id) if isinstance(custom_id, str) and len(custom_id) == 32 else None
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
