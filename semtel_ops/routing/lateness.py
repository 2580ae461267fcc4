"""Decides whether a run's batch work will miss its deadline. Pure; evaluated at every poll of its jobs.

When lanes are chosen, time is kept free to ask all of it again in realtime. While jobs run, what they finish makes that time
shorter, and what the realtime lane is seen to do makes it longer or shorter. All batches of a run are judged together: their
rescue is one, and begins when the last of them has stopped. Times are wall-clock seconds since 1970.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from semtel_ops.humanize import count, number, rough_duration
from semtel_ops.routing.lane import CANCEL_S, RESCUE_MARGIN, RealtimePace

STALL_S = 900.0
"""A job without progress for this long (three times the longest polling interval) is not making steady progress."""

COURSE_MARGIN = 1.25
"""A job is on course if it ends in time even when the rest takes this many times longer than its rate suggests."""


@dataclass(frozen=True, slots=True)
class Work:
    """Requests of a run in the batch lane: a job, or a shard whose jobs are not planned yet.

    Attributes:
        tokens: of one request, prompt and reply, about.
        completed: requests that are done; None where the provider is silent.
        submitted_at: None while it is not with the provider.
        advanced_at: when `completed` was last seen to grow, or None.
        due_at: 90th percentile of the end of similar jobs, or None if unknown.
    """

    requests: int
    tokens: float
    completed: int | None = None
    submitted_at: float | None = None
    advanced_at: float | None = None
    due_at: float | None = None

    @property
    def left(self) -> int:
        return max(0, self.requests - (self.completed or 0))

    def ends_at(self, now: float) -> float | None:
        """Expected end at the job's average rate since submission; None without steady progress."""
        if self.completed is None or self.submitted_at is None or self.advanced_at is None:
            return None
        if not self.left:
            return now
        if not self.completed or now - self.advanced_at > STALL_S:
            return None
        return now + COURSE_MARGIN * self.left * max(0.0, now - self.submitted_at) / self.completed


@dataclass(frozen=True, slots=True)
class Lateness:
    """What was found.

    Attributes:
        stop_at: when what still runs is stopped, unless it is judged otherwise by then.
        late: that is now.
    """

    stop_at: float
    late: bool
    reason: str


def judge(works: Sequence[Work], pace: RealtimePace, *, now: float, deadline: float, owed_tokens: float = 0.0) -> Lateness:
    """When the batches of a run have to be stopped so that realtime can ask the rest before the deadline.

    Args:
        works: all that is left in the batch lane.
        pace: of the realtime lane, as it was observed.
        owed_tokens: what realtime has to ask whatever else happens: batches that ended left it.
    """
    left = sum(work.left for work in works)
    owed_s = RESCUE_MARGIN * pace.seconds(owed_tokens)
    again_s = RESCUE_MARGIN * pace.seconds(sum(work.left * work.tokens for work in works)) + owed_s
    counted = f"{number(left)} of {count(sum(work.requests for work in works), 'request')} are left"
    needs = (
        f"{counted}; stopping the batch and sending them in realtime takes {rough_duration(CANCEL_S + again_s)} ({pace.source})"
    )
    until = f"the deadline is in {rough_duration(deadline - now)}" if deadline > now else "the deadline has passed"
    stop_at = deadline - CANCEL_S - again_s
    if now < stop_at:
        return Lateness(stop_at, late=False, reason=f"{needs}, and {until}")
    if now >= deadline:
        return Lateness(deadline, late=True, reason=f"{counted}, and {until}")
    end = _last([work.ends_at(now) for work in works], now)
    if end is not None and end + owed_s <= deadline:
        course = f"{counted}, and at the current rate they end in {rough_duration(end - now)}"
        return Lateness(deadline - owed_s, late=False, reason=f"{course}; {until}")
    due = _last([work.due_at for work in works], now)
    if now + CANCEL_S + again_s / RESCUE_MARGIN > deadline and due is not None and now < due <= deadline - owed_s:
        # Stopped now, the run would be late for certain.
        hope = f"but comparable jobs should end in {rough_duration(due - now)}"
        return Lateness(due, late=False, reason=f"{needs}, too long since {until}, {hope}")
    return Lateness(stop_at, late=True, reason=f"{needs}, but {until}")


def _last(times: Sequence[float | None], now: float) -> float | None:
    """The latest of several times; None if one is unknown."""
    known = [time for time in times if time is not None]
    return max(known, default=now) if len(known) == len(times) else None
