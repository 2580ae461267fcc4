"""When an endpoint is left alone, and when it is asked again: closed, open, half open."""

from enum import StrEnum


class CircuitState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"  # nobody asks until the next probe is due
    HALF_OPEN = "half_open"  # one probe is under way


class Circuit:
    """Opens on sustained failure, lets one probe through when its wait is over, closes when a probe succeeds.

    Failure is sustained when `failures` ended in a row and nothing has succeeded for `silence_s`, or when `many` did: an
    endpoint that refuses half of all requests is slow, not dead. Waits double from `first_wait_s` to `longest_wait_s`, so one
    that is down for a minute costs a handful of probes and is found alive at most `longest_wait_s` late.
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
        return self.state is CircuitState.CLOSED or (self.state is CircuitState.OPEN and now >= self._due_at)

    def wait_s(self, now: float) -> float | None:
        """Seconds until a probe may go; 0 when asking is allowed, None while a probe is under way."""
        if self.state is CircuitState.HALF_OPEN:
            return None
        return 0.0 if self.state is CircuitState.CLOSED else max(0.0, self._due_at - now)

    def asked(self) -> bool:
        """A request starts; True when it is the probe."""
        if self.state is not CircuitState.OPEN:
            return False
        self.state = CircuitState.HALF_OPEN
        return True

    def succeeded(self, now: float) -> bool:
        """A request succeeded; True when that closed the circuit. Late answers from before it opened count: it lives."""
        self._in_a_row = 0
        self._succeeded_at = now
        if self.state is CircuitState.CLOSED:
            return False
        self.state = CircuitState.CLOSED
        self._wait_s = self._first_wait_s
        return True

    def failed(self, now: float, *, probe: bool, at_least_s: float = 0.0) -> bool:
        """A request failed; True when that opened the circuit, or kept it open after a probe."""
        self._in_a_row += 1
        if probe:
            self._wait_s = min(self._longest_wait_s, self._wait_s * 2)
        elif (
            self.state is not CircuitState.CLOSED
            or self._in_a_row < self._failures
            or (self._in_a_row < self._many and now - self._succeeded_at < self._silence_s)
        ):
            return False
        self.state = CircuitState.OPEN
        self._due_at = now + max(self._wait_s, at_least_s)
        return True

    def forgotten(self, *, probe: bool, now: float) -> None:
        """A request ended that says nothing: a probe's place is free for another one at once."""
        if probe and self.state is CircuitState.HALF_OPEN:
            self.state = CircuitState.OPEN
            self._due_at = now
