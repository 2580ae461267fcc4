"""Enforces the limits of one endpoint: every request needs a lease, and every lease ends in exactly one outcome.

A lease is given if all agree: the algorithm (how many at once), the budget (how many a minute), the circuit (does the endpoint
work) and the configured ceilings. The end of a lease is reported to:

    success                              algorithm, budget, circuit
    429 for our quota                    budget; never the algorithm, since fewer requests at once would not help
    429 or 503 for capacity, timeout     algorithm, circuit; budget, if the endpoint names a pause
    other 5xx, connection, malformed     circuit
    every request is refused             circuit, which opens at once: the key, the account or the deployment is at fault
    a request that cannot succeed        circuit, as proof that the endpoint works
"""

from collections.abc import Sequence
from dataclasses import dataclass

from semtel_ops.clock import Clock
from semtel_ops.concurrency.changes import Change, ChangeLog
from semtel_ops.concurrency.circuit import Circuit, CircuitState
from semtel_ops.concurrency.gradient import GradientLimit
from semtel_ops.concurrency.limit import AdaptiveLimit, LeaseOutcome, Sample
from semtel_ops.concurrency.quota import QuotaShown
from semtel_ops.concurrency.rate_budget import LimitChange, RateBudget, SendPosition
from semtel_ops.conversations.scrub import scrub_message
from semtel_ops.errors import EndpointError, EndpointErrorKind

_OVERLOAD = frozenset({EndpointErrorKind.OVERLOADED, EndpointErrorKind.TIMEOUT})
_BROKEN = frozenset({EndpointErrorKind.SERVER_ERROR, EndpointErrorKind.CONNECTION, EndpointErrorKind.MALFORMED})
_REASON_CHARS = 120
_LONG_WAIT_S = 5.0
"""A wait for a quota from this length on is noted in the log of changes,"""
_NOTED_EVERY_S = 60.0
"""at most once in this time."""
_CIRCUIT_LEVEL = {CircuitState.CLOSED: 1.0, CircuitState.HALF_OPEN: 0.5, CircuitState.OPEN: 0.0}


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Configured upper bounds; None where only the endpoint's behaviour decides."""

    max_concurrency: int | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Current use of an endpoint.

    Attributes:
        requests_per_minute, tokens_per_minute: the endpoint's quota by its headers; None where it sends none.
        token_scale: tokens that the endpoint counts for one token of our estimates.
        waits_for: what prevents another lease: concurrency, rate or circuit; empty if nothing does.
        mean_latency_s: exponential mean of successes; 0 before the first.
        successes, refusals, failures: requests since the limiter was made. Refusals are for quota, capacity and time; failures
            are server, connection and format errors, and refusals of every request.
        answered_at: time of the last success, seconds since 1970; None before the first.
    """

    endpoint: str
    limit: int
    inflight: int
    circuit: str
    requests_per_minute: float | None
    tokens_per_minute: float | None
    token_scale: float
    waits_for: str
    mean_latency_s: float
    successes: int
    refusals: int
    failures: int
    answered_at: float | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """How a limiter was used between two calls of `take_use`.

    Attributes:
        peak_inflight: most requests under way.
        starved: whether a lease was refused by the concurrency limit or the budget.
        limit_reached: whether a lease was refused by the concurrency limit.
    """

    peak_inflight: int
    starved: bool
    limit_reached: bool


class EndpointLease:
    """The right to have one request under way. End it exactly once, by one of three methods; a second end is a RuntimeError."""

    __slots__ = ("_limiter", "inflight", "open", "probe", "spent", "started_at", "tokens")

    def __init__(
        self, limiter: "EndpointLimiter", started_at: float, inflight: int, tokens: float, spent: SendPosition, *, probe: bool
    ) -> None:
        self._limiter = limiter
        self.started_at = started_at
        self.inflight = inflight
        self.tokens = tokens
        self.spent = spent
        self.probe = probe
        self.open = True

    def success(self, output_tokens: int = 0, quota: QuotaShown | None = None) -> None:
        """End after a usable reply; `quota` is what its headers say (`ChatReply.rate_limits`)."""
        self._limiter._succeeded(self, output_tokens, quota)  # noqa: SLF001 - one pair

    def refused(self, error: EndpointError, quota: QuotaShown | None = None) -> None:
        """End after any error of the endpoint; `quota` is what the headers of a refusal say."""
        self._limiter._refused(self, error, quota)  # noqa: SLF001 - one pair

    def ignored(self) -> None:
        """End after a request that we cancelled, which says nothing about the endpoint."""
        self._limiter._ignored(self)  # noqa: SLF001 - one pair


class EndpointLimiter:
    """Hands out leases for one endpoint. For use in one event loop; not thread-safe."""

    def __init__(
        self,
        endpoint: str,
        clock: Clock,
        *,
        ceilings: Ceilings | None = None,
        algorithm: AdaptiveLimit | None = None,
        retry_after_cap_s: float = 60.0,
        history: int = 1_000,
    ) -> None:
        ceilings = ceilings or Ceilings()
        self.endpoint = endpoint
        self._clock = clock
        self._algorithm = algorithm or GradientLimit(ceiling=ceilings.max_concurrency or 100_000)
        self._budget = RateBudget(
            clock.monotonic(),
            requests_per_minute=ceilings.requests_per_minute,
            tokens_per_minute=ceilings.tokens_per_minute,
            retry_after_cap_s=retry_after_cap_s,
        )
        self._circuit = Circuit()
        self._log = ChangeLog(endpoint, capacity=history)
        self._limit = self._algorithm.value
        self._inflight = 0
        self._blocked_until = float("-inf")
        self._noted_until = float("-inf")
        self._latency_s = 0.0
        self._cap: int | None = None
        self._peak = 0
        self._starved = self._limit_reached = False
        self._successes = self._refusals = self._failures = 0
        self._answered_at: float | None = None

    @property
    def available(self) -> int:
        """Leases that are free now, not counting the size of a request: `try_acquire` may still return None."""
        if self._circuit.state is not CircuitState.CLOSED:
            return int(self._circuit.may_ask(self._clock.monotonic()))
        free = self._limit - self._inflight
        if free <= 0 or (self._blocked_until > 0 and self._blocked_until > self._clock.monotonic()):
            return 0
        return free

    @property
    def limit(self) -> int:
        return self._limit

    @property
    def inflight(self) -> int:
        return self._inflight

    @property
    def mean_latency_s(self) -> float:
        """Exponential mean over successes; 0 before the first. For choosing the endpoint that answers soonest."""
        return self._latency_s

    @property
    def history(self) -> Sequence[Change]:
        """Changes of the limits so far, oldest first."""
        return tuple(self._log)

    def try_acquire(self, estimated_tokens: float = 0.0) -> EndpointLease | None:
        """Return a lease, or None; it does not wait, since the caller may have other endpoints.

        `estimated_tokens`: of the prompt and the largest reply; the endpoint's own count is learned from headers.
        """
        if self._inflight >= self._limit and self._circuit.state is CircuitState.CLOSED:
            self._starved = self._limit_reached = True
            return None
        now = self._clock.monotonic()
        if not self._circuit.may_ask(now):
            return None
        wait_s = self._budget.wait_s(estimated_tokens, now)
        if wait_s > 0:
            self._blocked_until = now + wait_s
            self._starved = True
            if wait_s >= _LONG_WAIT_S:
                self._note_wait(wait_s, estimated_tokens, now)
            return None
        probe = self._circuit.state is not CircuitState.CLOSED and self._circuit.asked()
        if probe:
            self._note("circuit", 0.0, 0.5, "probing")
        self._inflight += 1
        if self._inflight > self._peak:  # noqa: PLR1730 - for every request, and max() costs three times as much
            self._peak = self._inflight
        return EndpointLease(
            self, now, self._inflight, estimated_tokens, self._budget.spend(estimated_tokens, now), probe=probe
        )

    def wait_s(self) -> float | None:
        """Seconds until `try_acquire`, which returned None, is worth another call; None if only the end of a lease can help."""
        now = self._clock.monotonic()
        if self._circuit.state is not CircuitState.CLOSED:
            return self._circuit.wait_s(now)
        if self._inflight >= self._limit:
            return None
        return max(0.0, self._blocked_until - now)

    def snapshot(self) -> Snapshot:
        now = self._clock.monotonic()
        waits_for = "concurrency" if self._inflight >= self._limit else "rate" if self._blocked_until > now else ""
        return Snapshot(
            endpoint=self.endpoint,
            limit=self._limit,
            inflight=self._inflight,
            circuit=self._circuit.state.value,
            requests_per_minute=self._budget.requests.per_minute,
            tokens_per_minute=self._budget.tokens.per_minute,
            token_scale=self._budget.tokens.scale,
            waits_for=waits_for if self._circuit.state is CircuitState.CLOSED else "circuit",
            mean_latency_s=self._latency_s,
            successes=self._successes,
            refusals=self._refusals,
            failures=self._failures,
            answered_at=self._answered_at,
        )

    @property
    def fresh(self) -> bool:
        """Whether no request has succeeded yet, so that nothing is known of the endpoint."""
        return self._successes == 0

    def take_use(self) -> Usage:
        """Return the use since the last call, and start counting anew."""
        usage = Usage(self._peak, self._starved, self._limit_reached)
        self._peak, self._starved, self._limit_reached = self._inflight, False, False
        return usage

    def cap(self, value: float | None) -> None:
        """Bound the limit, whatever the algorithm computes; None removes the bound."""
        self._cap = None if value is None else max(1, int(value))
        self._set_limit(self._algorithm.value)

    def take_share(self, limit: float, fraction: float, reason: str) -> None:
        """Take a capacity share.

        Args:
            limit: concurrent requests, from which the algorithm continues.
            fraction: of the endpoint's quota and of the configured ceilings per minute.
            reason: for the change log.
        """
        self._budget.share_out(fraction)
        self._algorithm.adopt(limit, self._clock.monotonic(), reason)
        self._set_limit(self._algorithm.value)

    def _succeeded(self, lease: EndpointLease, output_tokens: int, quota: QuotaShown | None) -> None:
        now = self._end(lease)
        self._successes += 1
        self._answered_at = self._clock.now()
        self._latency_s += (now - lease.started_at - self._latency_s) * (0.05 if self._latency_s else 1.0)
        if self._circuit.succeeded(now):
            self._note("circuit", 0.5 if lease.probe else 0.0, 1.0, "recovered")
        self._budget.succeeded(now)
        if quota is not None:
            self._note_all(self._budget.shown(lease.spent, lease.started_at, quota))
        value = self._algorithm.on_sample(self._sample(lease, now, LeaseOutcome.SUCCESS, output_tokens))
        if value != self._limit:
            self._set_limit(value)

    def _refused(self, lease: EndpointLease, error: EndpointError, quota: QuotaShown | None) -> None:
        now = self._end(lease)
        kind = error.kind
        if kind is EndpointErrorKind.RATE_LIMITED:
            self._refusals += 1
            self._note_all(self._budget.refused(lease.spent, lease.tokens, lease.started_at, now, error.retry_after_s, quota))
            self._failed(lease, now, error, counts=quota is None)
        elif kind in _OVERLOAD:
            self._refusals += 1
            if error.retry_after_s is not None:
                self._note_all(self._budget.pause(error.retry_after_s, now))
            value = self._algorithm.on_sample(self._sample(lease, now, LeaseOutcome.DROPPED, 0))
            if value != self._limit:
                self._set_limit(value)
            self._failed(lease, now, error)
            return
        self._algorithm.on_sample(self._sample(lease, now, LeaseOutcome.IGNORED, 0))
        if kind is EndpointErrorKind.RATE_LIMITED:
            return
        if kind in _BROKEN or error.unusable:
            self._failures += 1
            self._failed(lease, now, error)
        elif self._circuit.succeeded(now):
            self._note("circuit", 0.5 if lease.probe else 0.0, 1.0, "recovered")

    def _sample(self, lease: EndpointLease, now: float, outcome: LeaseOutcome, output_tokens: int) -> Sample:
        sent = int(self._budget.requests.sent)
        return Sample(lease.started_at, now, lease.inflight, outcome, output_tokens, int(lease.spent.requests), sent)

    def _ignored(self, lease: EndpointLease) -> None:
        now = self._end(lease)
        self._algorithm.on_sample(self._sample(lease, now, LeaseOutcome.IGNORED, 0))
        self._circuit.forgotten(probe=lease.probe, now=now)

    def _end(self, lease: EndpointLease) -> float:
        if not lease.open:
            raise RuntimeError("a lease ended twice")
        lease.open = False
        self._inflight -= 1
        return self._clock.monotonic()

    def _failed(self, lease: EndpointLease, now: float, error: EndpointError, *, counts: bool = True) -> None:
        if not counts:
            self._circuit.forgotten(probe=lease.probe, now=now)
            return
        before = _CIRCUIT_LEVEL[self._circuit.state]
        if self._circuit.failed(now, probe=lease.probe, at_once=error.unusable):
            words = scrub_message(str(error).removeprefix(f"{self.endpoint}: "), _REASON_CHARS)
            what = "requests are refused" if error.unusable else "all recent requests failed"
            self._note("circuit", before, 0.0, f"{what}: {words}")

    def _note_wait(self, wait_s: float, tokens: float, now: float) -> None:
        """Note a wait that the endpoint's quota causes; that of a Retry-After is noted when it begins."""
        if now >= self._noted_until and not self._budget.paused(now) and self._budget.quota_wait_s(tokens, now) >= _LONG_WAIT_S:
            self._noted_until = now + max(wait_s, _NOTED_EVERY_S)
            self._note("pause_s", 0.0, wait_s, "the quota is used up")

    def _set_limit(self, value: int) -> None:
        if self._cap is not None:
            value = min(value, self._cap)
        if value != self._limit:
            self._note("concurrency", self._limit, value, self._algorithm.reason)
            self._limit = value

    def _note_all(self, changes: list[LimitChange]) -> None:
        for change in changes:
            self._note(*change)

    def _note(self, what: str, old: float, new: float, reason: str) -> None:
        self._log.add(self._clock.now(), what, old, new, reason)
