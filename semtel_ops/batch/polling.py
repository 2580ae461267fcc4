"""When to poll a job again, and how to act on the result. Pure functions, so that a trigger and a shell decide alike.

Times are wall-clock seconds since 1970, since another process may continue a watch. The wait between two polls is a tenth of
the job's age: the end of a job of minutes is noticed within seconds, and a job of a day takes about three hundred calls.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from semtel_ops.endpoints.batch_client import RemoteJob, RemoteStatus
from semtel_ops.errors import EndpointError
from semtel_ops.humanize import duration


class Action(StrEnum):
    """The next action for a job."""

    WAIT = "wait"
    POLL = "poll"
    CANCEL = "cancel"  # it is late; its finished requests are kept
    COLLECT = "collect"
    GIVE_UP = "give_up"  # it cannot be polled; it may still be running


_ORDER = (Action.GIVE_UP, Action.CANCEL, Action.POLL, Action.COLLECT)
"""Priority of actions when several are due."""


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """Polling intervals, and how many failures are tolerated.

    Attributes:
        min_s, max_s: bounds of the wait between two polls.
        share: the wait as a fraction of the job's age.
        patience_s: time of failed polls in a row after which a job is given up.
        cancel_grace_s: time after which a cancelled job that has not ended is given up; providers promise ten minutes.
        unknown_s: age at which a job in an unknown state is given up: twice the window that providers promise.
    """

    min_s: float = 2.0
    max_s: float = 300.0
    share: float = 0.1
    patience_s: float = 3_600.0
    cancel_grace_s: float = 3_600.0
    unknown_s: float = 172_800.0


@dataclass(frozen=True, slots=True)
class Watch:
    """The state of a submitted job between two polls. Times are in seconds since 1970.

    Attributes:
        job_key, provider_id: id of the job in the ledger and at the provider.
        deadline: when to cancel the job, or None. It is polled once more at that time, since it may have ended.
        word: the provider's own word for the status.
        total, completed, failed: requests, by the provider's count; None while unknown.
        polled_at: last poll, successful or not.
        advanced_at: last poll that reported more completed requests than before.
        failing_since: first failed poll since the last successful poll.
        failures: failed polls since the last successful poll.
        refused: whether polls fail permanently, such as for a wrong key, so that waiting does not help.
        problem: message of the last failed poll.
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
    word: str = ""

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return {**asdict(self), "status": self.status.value}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Watch":
        """Read what `to_json` returned."""
        return cls(**{**data, "status": RemoteStatus(data["status"])})


@dataclass(frozen=True, slots=True)
class Decision:
    """An action with its reason; `at` is when it is due, in seconds since 1970: now, or the time of the next poll."""

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
    if watch.status is RemoteStatus.UNKNOWN and now - watch.submitted_at >= policy.unknown_s:
        age = duration(now - watch.submitted_at)
        return Decision(Action.GIVE_UP, now, f"submitted {age} ago, and its state is {watch.word!r}, which is unknown")
    due = next_poll_at(watch, policy)
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
    """The next action for several jobs: an action that is due for any of them, otherwise wait for the first.

    `wake_at`: when jobs that are not submitted yet may be tried again; the action is then `COLLECT`, which also submits.
    """
    decisions = [decide(watch, now, policy) for watch in watches]
    if wake_at is not None:
        due = wake_at <= now
        decisions.append(Decision(Action.COLLECT if due else Action.WAIT, max(now, wake_at), "a job is waiting for capacity"))
    due_now = [decision for decision in decisions if decision.action is not Action.WAIT]
    if due_now:
        return min(due_now, key=lambda decision: _ORDER.index(decision.action))
    return min(decisions, key=lambda decision: decision.at, default=Decision(Action.COLLECT, now, "no job is in progress"))


def next_poll_at(watch: Watch, policy: PollPolicy) -> float:
    """When the next poll of a job is due, in seconds since 1970; failed polls are spaced like successful polls."""
    last = watch.polled_at if watch.polled_at is not None else watch.submitted_at
    # A clock that was set back must not turn the wait negative.
    age = max(0.0, last - watch.submitted_at)
    return last + min(policy.max_s, max(policy.min_s, policy.share * age))


def after_success(watch: Watch, remote: RemoteJob, now: float) -> Watch:
    """The watch after a successful poll. Counts that the provider leaves out keep their values."""
    advanced = remote.completed is not None and remote.completed > (watch.completed or 0)
    return replace(
        watch,
        advanced_at=now if advanced else watch.advanced_at,
        status=remote.status,
        word=remote.word,
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
    """The watch after a failed poll. Authentication errors and 404 are permanent after three in a row, since gateways err."""
    failures = watch.failures + 1
    return replace(
        watch,
        polled_at=now,
        failing_since=now if watch.failing_since is None else watch.failing_since,
        failures=failures,
        refused=error.unusable and failures >= 3,
        problem=str(error),
    )


def after_cancel(watch: Watch, now: float) -> Watch:
    """The watch after a request to cancel the job."""
    return replace(watch, cancelled_at=now)
