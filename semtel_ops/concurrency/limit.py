"""The algorithm: from what was seen to how many requests may be under way."""

from enum import StrEnum
from typing import NamedTuple, Protocol


class LeaseOutcome(StrEnum):
    """How a lease ended; the whole language between network code and control code."""

    SUCCESS = "success"
    IGNORED = "ignored"  # says nothing about the endpoint's load (a bad request, a cancelled task)
    DROPPED = "dropped"  # refused or timed out because there was too much


class Sample(NamedTuple):
    """One ended request. A tuple: one is made for every request.

    Attributes:
        started_at, ended_at: monotonic seconds.
        inflight: requests under way when it started, itself included.
        output_tokens: tokens of the reply; latency is judged by token, since a long answer takes longer.
        number: its place in the order of sending.
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
        """Requests that may be under way now; at least 1."""
        ...

    def on_sample(self, sample: Sample) -> int:
        """Take a sample in and return the new value."""
        ...


class AdaptiveLimit(Limit, Protocol):
    """An algorithm that can say why it moved, and be moved from outside."""

    @property
    def reason(self) -> str:
        """Why the value is what it is, in a few words."""
        ...

    @property
    def settled(self) -> bool:
        """False while the value grows in search of the endpoint's limit."""
        ...

    def adopt(self, value: float, now: float, reason: str) -> int:
        """Start again from a value somebody else knows better (a share of what all tasks found)."""
        ...
