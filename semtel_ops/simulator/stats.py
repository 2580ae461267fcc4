"""Statistics of requests, for tests and capacity plans. They contain no text of requests."""

import hashlib
from collections import Counter, deque
from typing import Any, NamedTuple

import orjson

_MAX_BODIES = 500_000
_MAX_RECENT = 2_000


class RequestRecord(NamedTuple):
    """A request; a tuple, which is cheaper to make than a frozen dataclass.

    Attributes:
        status: HTTP status; 0 where there was no reply.
        body: `body_key` in hexadecimal.
        attempt: how often the body has been requested, this request included.
        members: number of packed conversations.
        output_tokens: with the reasoning tokens.
        answered: a complete reply with status 200 was sent while the client was connected.
        served: the model that answered; `model` may be an alias of it.
    """

    path: str
    status: int
    fault: str | None
    model: str
    body: str
    attempt: int
    members: int
    input_tokens: int
    output_tokens: int
    waited_ms: float
    served_ms: float
    tier: str
    answered: bool
    reasoning_tokens: int = 0
    served: str = ""


class Stats:
    """Counters since the start or the last `clear`. Of at most 500,000 bodies, so that memory is bounded; `capped` tells."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.requests = 0
        self.in_flight = 0
        self.peak_in_flight = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self.reasoning_tokens = 0
        self._by_answer: Counter[tuple[str, int]] = Counter()
        self._faults: Counter[str] = Counter()
        self._billed: Counter[str] = Counter()
        self._attempts: dict[bytes, int] = {}
        self._answered: dict[bytes, int] = {}
        self._capped = False
        self._recent: deque[RequestRecord] = deque(maxlen=_MAX_RECENT)

    def enter(self) -> None:
        self.requests += 1
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)

    def leave(self) -> None:
        # `clear` may have been called since `enter`.
        self.in_flight = max(0, self.in_flight - 1)

    def count_attempt(self, body: bytes) -> int:
        """Count a request with this body; returns how often it has been requested, this time included."""
        attempt = self._attempts.get(body, 0) + 1
        if attempt > 1 or len(self._attempts) < _MAX_BODIES:
            self._attempts[body] = attempt
        else:
            self._capped = True
        return attempt

    def record(self, request: RequestRecord, body: bytes) -> None:
        """Add a finished request to a model; `body` is its `body_key`."""
        self._by_answer[request.path, request.status] += 1
        if request.fault:
            self._faults[request.fault] += 1
        if request.answered:
            self._billed[request.tier] += 1
            self.input_tokens += request.input_tokens
            self.output_tokens += request.output_tokens
            self.reasoning_tokens += request.reasoning_tokens
            if body in self._attempts:
                self._answered[body] = self._answered.get(body, 0) + 1
        self._recent.append(request)

    def note(self, path: str, status: int, fault: str | None = None) -> None:
        """Count a request to another API, such as files or batches."""
        self._by_answer[path, status] += 1
        if fault:
            self._faults[fault] += 1

    def summary(self) -> dict[str, Any]:
        by_path: dict[str, dict[str, int]] = {}
        for (path, status), count in sorted(self._by_answer.items()):
            by_path.setdefault(path, {})[str(status)] = count
        return {
            "requests": self.requests,
            "in_flight": self.in_flight,
            "peak_in_flight": self.peak_in_flight,
            "by_path": by_path,
            "billed_by_tier": dict(sorted(self._billed.items())),
            "faults": dict(sorted(self._faults.items())),
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "reasoning_tokens": self.reasoning_tokens,
            **self.bodies(),
        }

    def bodies(self) -> dict[str, Any]:
        """How many bodies were requested, and how many were answered completely, that is, billed."""
        return {
            "distinct_bodies": len(self._attempts),
            "asked_more_than_once": sum(times > 1 for times in self._attempts.values()),
            "answered_bodies": len(self._answered),
            "answered_more_than_once": sum(times > 1 for times in self._answered.values()),
            "capped": self._capped,
        }

    def most_asked(self, limit: int) -> list[dict[str, Any]]:
        most = sorted(self._attempts.items(), key=lambda item: -item[1])[:limit]
        return [{"body": key.hex(), "asked": times, "answered": self._answered.get(key, 0)} for key, times in most]

    def recent(self, limit: int) -> list[dict[str, Any]]:
        """The latest requests, newest last; at most 2,000 are kept."""
        return [request._asdict() for request in list(self._recent)[max(0, len(self._recent) - limit) :]]


def body_key(body: Any) -> bytes:
    """Hash of a request's content without its service tier, whatever the order of keys; equal in realtime, flex and batch."""
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name != "service_tier"}
    return hashlib.blake2b(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), digest_size=12).digest()
