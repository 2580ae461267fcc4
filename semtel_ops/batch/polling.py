"""When to poll a job again, and how to act on the result. Pure functions, so that a trigger and a shell decide alike.

Times are wall-clock seconds since 1970 and absolute: a watch may be carried on by another process. The wait between two looks
grows with the age of the job, a tenth of it, so that a job of minutes is noticed in seconds and one of a day costs some three
hundred calls.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from semtel_ops.endpoints.batch_client import RemoteJob, RemoteStatus
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.humanize import duration


class Action(StrEnum):
    """What is to be done about a job now."""

    WAIT = "wait"
    POLL = "poll"
    CANCEL = "cancel"  # it is late; what it finished is kept
    COLLECT = "collect"
    GIVE_UP = "give_up"  # it cannot be looked at; this does not mean that it is not running


_ORDER = (Action.GIVE_UP, Action.CANCEL, Action.POLL, Action.COLLECT)


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """Polling intervals, and how many failures are tolerated.

    Attributes:
        share: the wait as a share of the job's age, between `min_s` and `max_s`.
        patience_s: how long every look may fail.
        cancel_grace_s: how long a cancelled job may take to end (ten minutes according to providers).
    """

    min_s: float = 2.0
    max_s: float = 300.0
    share: float = 0.1
    patience_s: float = 3_600.0
    cancel_grace_s: float = 3_600.0


@dataclass(frozen=True, slots=True)
class Watch:
    """State of one submitted job between two polls; JSON through `to_json` and `from_json`.

    Attributes:
        deadline: when it is to be cancelled, or None. It is polled once more at that time, since it may have finished.
        polled_at: the last poll, successful or not.
        advanced_at: the last look that found more requests done than before.
        failing_since: the first failed poll since the last successful one.
        refused: the last look was refused for good (a wrong key): waiting does not help.
    """

    job_key: str
    provider_id: str
    endpoint: str
    submitted_at: float
    deadline: float | None = None
    status: RemoteStatus = RemoteStatus.VALIDATING
    total: int | None = None
    completed: int | None = None
    failed: int | None = None
    polled_at: float | None = None
    advanced_at: float | None = None
    failing_since: float | None = None
    failures: int = 0
    refused: bool = False
    problem: str | None = None
    cancelled_at: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "status": self.status.value}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Watch":
        return cls(**{**data, "status": RemoteStatus(data["status"])})


@dataclass(frozen=True, slots=True)
class Decision:
    """`at` is when the action is due: now, or the time of the next look."""

    action: Action
    at: float
    reason: str


def decide(watch: Watch, now: float, policy: PollPolicy | None = None) -> Decision:
    """The next action for a job, from its state and the time."""
    policy = policy or PollPolicy()
    if watch.status.ended:
        return Decision(Action.COLLECT, now, f"the provider says {watch.status}")
    if watch.failing_since is not None and (watch.refused or now - watch.failing_since >= policy.patience_s):
        return Decision(Action.GIVE_UP, now, f"{watch.failures} failed polls, the last with: {watch.problem}")
    if watch.cancelled_at is not None and now - watch.cancelled_at >= policy.cancel_grace_s:
        return Decision(Action.GIVE_UP, now, f"cancelled {duration(now - watch.cancelled_at)} ago and still {watch.status}")
    due = next_look(watch, policy)
    if watch.deadline is not None and watch.cancelled_at is None:
        if watch.polled_at is not None and now >= watch.polled_at >= watch.deadline:
            return Decision(Action.CANCEL, now, "it is going to miss its deadline")
        # Not immediately: a deadline that moves a little at each poll must not cause endless polling.
        last = watch.submitted_at if watch.polled_at is None else watch.polled_at
        due = min(due, max(watch.deadline, last + policy.min_s))
    return Decision(Action.POLL, now, "the next poll is due") if now >= due else Decision(Action.WAIT, due, f"{watch.status}")


def decide_all(
    watches: Iterable[Watch], now: float, policy: PollPolicy | None = None, *, wake_at: float | None = None
) -> Decision:
    """What to do about several jobs: whatever is due for any of them, otherwise wait for the first.

    `wake_at`: when jobs that are not submitted yet may try again, which is for who collects.
    """
    decisions = [decide(watch, now, policy) for watch in watches]
    if wake_at is not None:
        due = wake_at <= now
        decisions.append(Decision(Action.COLLECT if due else Action.WAIT, max(now, wake_at), "a job is waiting for capacity"))
    pressing = [one for one in decisions if one.action is not Action.WAIT]
    if pressing:
        return min(pressing, key=lambda one: _ORDER.index(one.action))
    return min(decisions, key=lambda one: one.at, default=Decision(Action.COLLECT, now, "no job is in progress"))


def next_look(watch: Watch, policy: PollPolicy) -> float:
    """When the next poll of a job is due; failed polls are spaced like successful ones."""
    last = watch.polled_at if watch.polled_at is not None else watch.submitted_at
    # A clock that was set back must not turn the wait negative.
    age = max(0.0, last - watch.submitted_at)
    return last + min(policy.max_s, max(policy.min_s, policy.share * age))


def after_success(watch: Watch, remote: RemoteJob, now: float) -> Watch:
    """A look that succeeded. Counts a provider leaves out stay as they were."""
    advanced = remote.completed is not None and remote.completed > (watch.completed or 0)
    return replace(
        watch,
        advanced_at=now if advanced else watch.advanced_at,
        status=remote.status,
        total=watch.total if remote.total is None else remote.total,
        completed=watch.completed if remote.completed is None else remote.completed,
        failed=watch.failed if remote.failed is None else remote.failed,
        polled_at=now,
        failing_since=None,
        failures=0,
        refused=False,
        problem=None,
    )


def after_error(watch: Watch, error: EndpointError, now: float) -> Watch:
    """Record a failed poll. Authentication and not-found errors count only after three in a row, since gateways can err."""
    failures = watch.failures + 1
    return replace(
        watch,
        polled_at=now,
        failing_since=now if watch.failing_since is None else watch.failing_since,
        failures=failures,
        refused=error.kind is EndpointErrorKind.AUTH and failures >= 3,
        problem=str(error),
    )


def cancel_asked(watch: Watch, now: float) -> Watch:
    return replace(watch, cancelled_at=now)
