"""What the simulator saw: the witness that tests and capacity plans ask. Holds no text of any request."""

import hashlib
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

import orjson

_MAX_BODIES = 500_000
_MAX_RECENT = 2_000


@dataclass(frozen=True, slots=True)
class Seen:
    """One request. `answered`: the reply went out whole to a client that was still there, with status 200."""

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


class Stats:
    """Counters since the start or the latest `clear`. Memory is capped: beyond 500,000 bodies new ones are not told apart."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.requests = 0
        self.in_flight = 0
        self.peak_in_flight = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self._by_answer: Counter[tuple[str, int]] = Counter()
        self._faults: Counter[str] = Counter()
        self._billed: Counter[str] = Counter()
        self._asked: dict[bytes, int] = {}
        self._answered: dict[bytes, int] = {}
        self._capped = False
        self._recent: deque[Seen] = deque(maxlen=_MAX_RECENT)

    def enter(self) -> None:
        self.requests += 1
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)

    def leave(self) -> None:
        # `clear` may have come in between.
        self.in_flight = max(0, self.in_flight - 1)

    def asked(self, body: bytes) -> int:
        """Count a body; which time it is asked, from 1."""
        times = self._asked.get(body, 0) + 1
        if times > 1 or len(self._asked) < _MAX_BODIES:
            self._asked[body] = times
        else:
            self._capped = True
        return times

    def record(self, seen: Seen, body: bytes) -> None:
        self._by_answer[seen.path, seen.status] += 1
        if seen.fault:
            self._faults[seen.fault] += 1
        if seen.answered:
            self._billed[seen.tier] += 1
            self.input_tokens += seen.input_tokens
            self.output_tokens += seen.output_tokens
            if body in self._asked:
                self._answered[body] = self._answered.get(body, 0) + 1
        self._recent.append(seen)

    def note(self, path: str, status: int, fault: str | None = None) -> None:
        """Count a request that is not a question to a model."""
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
            **self.bodies(),
        }

    def bodies(self) -> dict[str, Any]:
        """How often the same question was asked, and how often it was answered in full: paid for."""
        return {
            "distinct_bodies": len(self._asked),
            "asked_more_than_once": sum(times > 1 for times in self._asked.values()),
            "answered_bodies": len(self._answered),
            "answered_more_than_once": sum(times > 1 for times in self._answered.values()),
            "capped": self._capped,
        }

    def most_asked(self, limit: int) -> list[dict[str, Any]]:
        most = sorted(self._asked.items(), key=lambda item: -item[1])[:limit]
        return [{"body": key.hex(), "asked": times, "answered": self._answered.get(key, 0)} for key, times in most]

    def recent(self, limit: int) -> list[dict[str, Any]]:
        """The latest questions, newest last; at most 2,000 are kept."""
        return [asdict(seen) for seen in list(self._recent)[-limit:]]


def body_key(body: Any) -> bytes:
    """Identity of a question by content, whatever the order of its keys; realtime, flex and batch share it."""
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name != "service_tier"}
    return hashlib.blake2b(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), digest_size=12).digest()
