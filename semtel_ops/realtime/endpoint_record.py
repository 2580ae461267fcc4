"""Decides when a run leaves an endpoint that only fails; no I/O.

Everything is counted since the endpoint last answered. An answer is a reply, or a refusal of one input (a filter, the context
length). Three kinds of failure speak against an endpoint, and each has its own bound:

    every request is refused (key, account, deployment)   `_TRIES` tries in a row, each started after the one before had failed
    no answer (5xx, connection, timeout, quota, no JSON)  `give_up_s`, or `outage_s` if the endpoint has answered before
    the request is declined (bad request, unsupported)    `_DECLINED` requests in a row, or `_DECLINED_LATER`, while those that
                                                          were under way before the first of them have ended

An endpoint that has answered in this run deserves more: gateways answer 404 and 403 while they restart, so the tries have to
span `_SURE_AFTER_S` and come from two requests. A run of which half the requests are bad leaves a sound endpoint by chance with
probability 1/2^20, one in a million. A form that the endpoint does not accept is the same for all requests of a classifier, so
fewer are enough.
"""

from dataclasses import dataclass

from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.humanize import count, duration

_TRIES = 3
_SURE_AFTER_S = 10.0
_LEAST_FAILURES = 5
_DECLINED = {EndpointErrorKind.BAD_REQUEST: 20, EndpointErrorKind.UNSUPPORTED: 5}
_DECLINED_LATER = 100


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an endpoint may fail without a single answer before a run leaves it.

    Attributes:
        give_up_s: an endpoint that has not answered in this run.
        outage_s: an endpoint that has.
    """

    give_up_s: float = 120.0
    outage_s: float = 3_600.0


class EndpointRecord:
    """What one endpoint has done in a run. Times are monotonic seconds.

    Attributes:
        answered: whether it has answered in this run.
    """

    def __init__(self, patience: Patience, *, now: float = 0.0, answered_s_ago: float | None = None) -> None:
        """`answered_s_ago`: when it last answered another task of the run; counts if that is less than `outage_s` ago."""
        self._patience = patience
        self._sent = 0
        self._under_way: set[int] = set()
        self.answered = answered_s_ago is not None and answered_s_ago < patience.outage_s
        self._forget()
        if self.answered and answered_s_ago is not None:
            self._failing_since = now - answered_s_ago

    def _forget(self) -> None:
        self._failures = self._declined = self._tries = 0
        self._failing_since = self._refused_since = float("inf")
        self._counted = 0  # requests sent when the last try failed
        self._refused_requests: set[str] = set()
        self._before: set[int] = set()  # requests under way when the first of `_declined` ended

    def sent(self) -> int:
        """Record that a request is sent; returns its number."""
        self._sent += 1
        self._under_way.add(self._sent)
        return self._sent

    def succeeded(self, number: int) -> None:
        """Record an answer to the request of this number."""
        self._under_way.discard(number)
        self.answered = True
        if self._failures or self._declined or self._tries:
            self._forget()

    def failed(self, error: EndpointError, request: str, *, number: int, started_at: float, now: float) -> str | None:
        """Record a failure of a request; returns why to leave the endpoint, None to stay.

        Args:
            request: what tells requests apart.
            number: what `sent` returned for this attempt.
        """
        if error.final:
            self.succeeded(number)
            return None
        self._under_way.discard(number)
        self._before.discard(number)
        if error.unusable:
            return self._refused(request, number, now)
        if error.retryable:
            return self._unanswered(started_at, now)
        return self._declines(error.kind)

    def _declines(self, kind: EndpointErrorKind) -> str | None:
        if not self._declined:
            # Refusals come sooner than replies, which say more.
            self._before = self._under_way.copy()
        self._declined += 1
        if self._before or self._declined < (_DECLINED_LATER if self.answered else _DECLINED.get(kind, _DECLINED_LATER)):
            return None
        return f"it declined {count(self._declined, 'request')} in a row"

    def _refused(self, request: str, number: int, now: float) -> str | None:
        self._refused_requests.add(request)
        if number > self._counted:  # others were sent before the refusal was known
            self._tries += 1
            self._counted = self._sent
            self._refused_since = min(self._refused_since, now)
        sure = not self.answered or (now - self._refused_since >= _SURE_AFTER_S and len(self._refused_requests) > 1)
        return f"it refused all of {self._tries} tries" if sure and self._tries >= _TRIES else None

    def _unanswered(self, started_at: float, now: float) -> str | None:
        self._failures += 1
        self._failing_since = min(self._failing_since, started_at)
        failing_s = now - self._failing_since
        patience_s = self._patience.outage_s if self.answered else self._patience.give_up_s
        if self._failures < _LEAST_FAILURES or failing_s < patience_s:
            return None
        return f"it has not answered for {duration(failing_s)}, {count(self._failures, 'request')} failed"
