"""A circuit breaker: when requests to a failing endpoint stop, and when they resume."""

from enum import StrEnum


class CircuitState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"  # no requests until the next probe is due
    HALF_OPEN = "half_open"  # one probe is under way


class Circuit:
    """Opens on sustained failure, lets one probe through after a wait, and closes when any request succeeds.

    Failure is sustained when `failures` requests in a row failed and none has succeeded for `silence_s`, or when `many` in a
    row failed: an endpoint that refuses half of all requests is slow, not down. A refusal that any request would get opens it
    alone. Waits double from `first_wait_s` to `longest_wait_s`, so an outage of a minute costs a handful of probes, and its end
    is noticed at most `longest_wait_s` late. All times are monotonic seconds.
    """

    def __init__(
        self,
        *,
        failures: int = 8,
        many: int = 24,
        silence_s: float = 0.5,
        first_wait_s: float = 0.5,
        longest_wait_s: float = 10.0,
    ) -> None:
        self._failures = failures
        self._many = many
        self._silence_s = silence_s
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s
        self._in_a_row = 0
        self._succeeded_at = float("-inf")
        self._wait_s = first_wait_s
        self._due_at = 0.0
        self.state = CircuitState.CLOSED

    def may_ask(self, now: float) -> bool:
        """Whether a request may start: the circuit is closed, or a probe is due."""
        return self.state is CircuitState.CLOSED or (self.state is CircuitState.OPEN and now >= self._due_at)

    def wait_s(self, now: float) -> float | None:
        """Seconds until a request may start, 0 if now; None while a probe is under way."""
        if self.state is CircuitState.HALF_OPEN:
            return None
        return 0.0 if self.state is CircuitState.CLOSED else max(0.0, self._due_at - now)

    def asked(self) -> bool:
        """Record that a request starts; True if it is the probe."""
        if self.state is not CircuitState.OPEN:
            return False
        self.state = CircuitState.HALF_OPEN
        return True

    def succeeded(self, now: float) -> bool:
        """Record a success; True if it closed the circuit. Requests sent before the circuit opened count too."""
        self._in_a_row = 0
        self._succeeded_at = now
        if self.state is CircuitState.CLOSED:
            return False
        self.state = CircuitState.CLOSED
        self._wait_s = self._first_wait_s
        return True

    def failed(self, now: float, *, probe: bool, at_once: bool = False, at_least_s: float = 0.0) -> bool:
        """Record a failure; True if it opened the circuit, or kept it open after a probe.

        Args:
            at_once: it is enough to open the circuit.
            at_least_s: shortest wait before the next probe.
        """
        self._in_a_row += 1
        if probe:
            self._wait_s = min(self._longest_wait_s, self._wait_s * 2)
        elif self.state is not CircuitState.CLOSED or not (at_once or self._sustained(now)):
            return False
        self.state = CircuitState.OPEN
        self._due_at = now + max(self._wait_s, at_least_s)
        return True

    def _sustained(self, now: float) -> bool:
        if self._in_a_row < self._failures:
            return False
        return self._in_a_row >= self._many or now - self._succeeded_at >= self._silence_s

    def forgotten(self, *, probe: bool, now: float) -> None:
        """Record the end of a request that says nothing about the endpoint: after a probe, the next probe may start at once."""
        if probe and self.state is CircuitState.HALF_OPEN:
            self.state = CircuitState.OPEN
            self._due_at = now
