"""Decides whether a run's batches will miss the deadline. A pure function, evaluated at every poll.

When lanes are chosen, time is reserved to send the whole batch load again in realtime (the rescue). While jobs run, the needed
time changes with the requests that they complete and with the measured rate of the realtime lane. All batches of a run are
judged together: there is a single rescue, which begins when the last of them has stopped. Times are wall-clock seconds since
1970.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from semtel_ops.humanize import count, number, rough_duration
from semtel_ops.routing.lane import CANCEL_S, RESCUE_MARGIN, RealtimePace

STALL_S = 900.0
"""A job without progress for this long (three times the longest polling interval) is not making steady progress."""

COURSE_MARGIN = 1.25
"""A job is on course if it would end in time even if the rest took this many times longer than its rate predicts."""


@dataclass(frozen=True, slots=True)
class Work:
    """Requests of a run in the batch lane: a job, or a shard whose jobs are not planned yet.

    Attributes:
        tokens: of a request, prompt and reply, approximately.
        completed: requests; None if the provider does not count.
        submitted_at: None if not submitted yet.
        advanced_at: last poll at which `completed` had grown, or None.
        due_at: expected end: the 90th percentile of similar jobs, or None if unknown.
    """

    requests: int
    tokens: float
    completed: int | None = None
    submitted_at: float | None = None
    advanced_at: float | None = None
    due_at: float | None = None

    @property
    def left(self) -> int:
        """Requests that are not completed."""
        return max(0, self.requests - (self.completed or 0))

    def ends_at(self, now: float) -> float | None:
        """Expected end by the average rate since submission and `COURSE_MARGIN`; None without steady progress."""
        if self.completed is None or self.submitted_at is None or self.advanced_at is None:
            return None
        if not self.left:
            return now
        if not self.completed or now - self.advanced_at > STALL_S:
            return None
        return now + COURSE_MARGIN * self.left * max(0.0, now - self.submitted_at) / self.completed


@dataclass(frozen=True, slots=True)
class Lateness:
    """A verdict on the batches of a run.

    Attributes:
        stop_at: when the batches have to be stopped, unless a later poll gives another verdict.
        late: whether they have to be stopped now.
    """

    stop_at: float
    late: bool
    reason: str


def judge(works: Sequence[Work], pace: RealtimePace, *, now: float, deadline: float, owed_tokens: float = 0.0) -> Lateness:
    """When the batches of a run have to be stopped, so that realtime can send the rest before the deadline.

    Args:
        works: all work in the batch lane that has not ended.
        pace: measured rate of the realtime lane.
        owed_tokens: of requests that ended batches have left for realtime.
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
        # If stopped now, the run would certainly be late; comparable jobs should still end in time.
        hope = f"but comparable jobs should end in {rough_duration(due - now)}"
        return Lateness(due, late=False, reason=f"{needs}, too long since {until}, {hope}")
    return Lateness(stop_at, late=True, reason=f"{needs}, but {until}")


def _last(times: Sequence[float | None], now: float) -> float | None:
    """The latest of several times; None if one is unknown."""
    known = [time for time in times if time is not None]
    return max(known, default=now) if len(known) == len(times) else None
