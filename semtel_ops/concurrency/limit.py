"""The interface of limit algorithms: from samples of ended requests to a number of concurrent requests."""

from enum import StrEnum
from typing import NamedTuple, Protocol


class LeaseOutcome(StrEnum):
    """How a lease ended: all that a limit algorithm learns from the network code."""

    SUCCESS = "success"
    IGNORED = "ignored"  # says nothing about the endpoint's load (a bad request, a cancelled task)
    DROPPED = "dropped"  # refused or timed out because of load


class Sample(NamedTuple):
    """An ended request. A tuple, since it is cheap to make and every request makes one.

    Attributes:
        started_at, ended_at: monotonic seconds.
        inflight: requests under way when it started, itself included.
        output_tokens: tokens of the reply; latency is measured per token, since a long answer takes longer.
        number: position in the order of sending, from 1.
        sent: requests sent by the time it ended.
    """

    started_at: float
    ended_at: float
    inflight: int
    outcome: LeaseOutcome
    output_tokens: int = 0
    number: int = 0
    sent: int = 0


class Limit(Protocol):
    """A pure algorithm: no clock, no waiting, no network."""

    @property
    def value(self) -> int:
        """Requests that may be under way at once; at least 1."""
        ...

    def on_sample(self, sample: Sample) -> int:
        """Learn from an ended request, and return the new value."""
        ...


class AdaptiveLimit(Limit, Protocol):
    """An algorithm that gives a reason for its value, and accepts a value from outside."""

    @property
    def reason(self) -> str:
        """Why the value is what it is, in a few words."""
        ...

    @property
    def settled(self) -> bool:
        """False while the value grows in search of the endpoint's limit."""
        ...

    def adopt(self, value: float, now: float, reason: str) -> int:
        """Continue from a value that comes from outside, such as a capacity share; returns the new value.

        `now`: monotonic seconds; refusals of requests started earlier are ignored.
        """
        ...
