"""The lane choice: a pure function that returns the lane with its reason.

A batch is cheaper, but may end at any time. So a shard goes into a batch if that saves enough, and if unanswered requests can
still be sent in realtime before the deadline (the rescue): time is reserved for it, and `rescue_at` is when it begins. If the
deadline is too near for a batch, flex is cheaper too and only slower: it falls back to realtime by itself. Times are wall-clock
seconds since 1970.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil

from semtel_ops.endpoints import Lane
from semtel_ops.humanize import money, percent, rough_duration
from semtel_ops.routing.estimate import Load
from semtel_ops.words import LaneSetting

RESCUE_MARGIN = 1.5
"""Time reserved for a rescue, as a multiple of the estimated time in the realtime lane."""

CANCEL_S = 600.0
"""Providers document that a cancelled job ends within ten minutes; its results are available only then."""


@dataclass(frozen=True, slots=True)
class RealtimePace:
    """Combined rate of the endpoints of a realtime or flex lane, and the source of the figure."""

    tokens_per_s: float
    source: str

    def seconds(self, tokens: float) -> float:
        return tokens / self.tokens_per_s


@dataclass(frozen=True, slots=True)
class BatchPace:
    """How long a batch job takes, and how full the provider's queue is.

    Attributes:
        turnaround_s: from submission to the end of a job.
        source: of this figure, for people.
        queue_tokens: prompt tokens that the queue accepts; None if unknown.
        held_tokens: tokens that other jobs have in the queue now.
    """

    turnaround_s: float
    source: str
    queue_tokens: int | None = None
    held_tokens: int = 0

    def seconds(self, input_tokens: int) -> float:
        """Seconds until jobs with this many prompt tokens have ended; jobs beyond the queue's capacity have to wait."""
        if not self.queue_tokens:
            return self.turnaround_s
        return self.turnaround_s * max(1, ceil((self.held_tokens + input_tokens) / self.queue_tokens))


@dataclass(frozen=True, slots=True)
class RoutingInputs:
    """Inputs of a run's lane choice.

    Attributes:
        load: of all shards of the run.
        requested: auto, or the lane that the run must use.
        realtime, batch, flex: rates; None if no endpoint offers the lane.
        realtime_usd, batch_usd, flex_usd: cost of the whole run in the lane; None if a price is unknown.
        min_saving_usd: a cheaper lane that saves less than this over the run is not worth it.
    """

    now: float
    deadline: float
    load: Load
    requested: LaneSetting = "auto"
    realtime: RealtimePace | None = None
    batch: BatchPace | None = None
    flex: RealtimePace | None = None
    realtime_usd: float | None = None
    batch_usd: float | None = None
    flex_usd: float | None = None
    min_saving_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Ahead:
    """The load of the shards that were routed before, by lane."""

    realtime: Load = field(default_factory=Load)
    batch: Load = field(default_factory=Load)
    flex: Load = field(default_factory=Load)


@dataclass(frozen=True, slots=True)
class LaneChoice:
    """A lane with its reason.

    Attributes:
        due_at: expected completion of the shard.
        rescue_at: when the batch is cancelled and its open requests go to realtime; None if there is no rescue.
    """

    lane: Lane
    reason: str
    due_at: float
    rescue_at: float | None = None


def choose_lane(facts: RoutingInputs, load: Load, ahead: Ahead, *, under_way: bool = False) -> LaneChoice:
    """The lane of a shard.

    Args:
        load: of this shard.
        ahead: load of the shards that were routed before.
        under_way: whether batch jobs of this shard are submitted but not collected.
    """
    if facts.requested == "batch":
        return _batch(facts, load, ahead, "requested: lane batch")
    if under_way and facts.batch is not None:
        return _batch(facts, load, ahead, "its batch jobs are in progress")
    if facts.requested == "flex":
        return _flex(facts, load, ahead, "requested: lane flex")
    if facts.realtime is None:
        lane = _batch if facts.batch is not None else _flex
        return lane(facts, load, ahead, "no endpoint offers the realtime lane")
    if facts.requested == "realtime":
        return _realtime(facts, load, ahead, "requested: lane realtime")
    against_batch = _against_batch(facts, load, ahead)
    if against_batch is None:
        return _batch(facts, load, ahead, _for_batch(facts, load, ahead))
    if facts.flex is None:
        return _realtime(facts, load, ahead, against_batch)
    against_flex = _against_flex(facts, load, ahead)
    if against_flex is None:
        return _flex(facts, load, ahead, f"{against_batch}; {_for_flex(facts, load, ahead)}")
    return _realtime(facts, load, ahead, f"{against_batch}; {against_flex}")


def route(facts: RoutingInputs, loads: Sequence[Load], under_way: Sequence[bool] | None = None) -> list[LaneChoice]:
    """The lanes of all shards, in order. All batches have the earliest `rescue_at`, since there is a single rescue."""
    choices: list[LaneChoice] = []
    ahead = Ahead()
    for load, submitted in zip(loads, under_way or [False] * len(loads), strict=True):
        choice = choose_lane(facts, load, ahead, under_way=submitted)
        choices.append(choice)
        if choice.lane is Lane.BATCH:
            ahead = replace(ahead, batch=ahead.batch + load)
        elif choice.lane is Lane.FLEX:
            ahead = replace(ahead, flex=ahead.flex + load)
        else:
            ahead = replace(ahead, realtime=ahead.realtime + load)
    stops = [choice.rescue_at for choice in choices if choice.rescue_at is not None]
    return [replace(item, rescue_at=min(stops)) if item.rescue_at is not None else item for item in choices]


def seconds_late(facts: RoutingInputs, choices: Sequence[LaneChoice]) -> float:
    """Expected seconds between the deadline and the completion of the last shard; 0.0 if all are in time."""
    return max([0.0, *(choice.due_at - facts.deadline for choice in choices)])


def _against_batch(facts: RoutingInputs, load: Load, ahead: Ahead) -> str | None:
    """Why a shard does not go into a batch, or None."""
    if facts.batch is None:
        return "no endpoint offers the batch lane"
    if facts.realtime_usd is None or facts.batch_usd is None:
        return "the price of an endpoint is unknown, so the saving of a batch is unknown"
    saving = facts.realtime_usd - facts.batch_usd
    if saving < facts.min_saving_usd or saving <= 0:
        return f"a batch would save {money(saving)}, less than the minimum of {money(facts.min_saving_usd)}"
    if facts.now + _batch_seconds(facts, load, ahead) + _reserve(facts, load, ahead) > facts.deadline:
        return f"{_batch_time(facts, load, ahead)}, but the deadline is in {rough_duration(facts.deadline - facts.now)}"
    return None


def _for_batch(facts: RoutingInputs, load: Load, ahead: Ahead) -> str:
    assert facts.realtime_usd is not None
    assert facts.batch_usd is not None
    saves = f"saves {money(facts.realtime_usd - facts.batch_usd)} of {money(facts.realtime_usd)} over the run"
    left = rough_duration(facts.deadline - facts.now)
    return f"{saves}; {_batch_time(facts, load, ahead)}, and the deadline is in {left}"


def _batch_time(facts: RoutingInputs, load: Load, ahead: Ahead) -> str:
    assert facts.batch is not None
    takes, reserve = _batch_seconds(facts, load, ahead), _reserve(facts, load, ahead)
    return (
        f"a batch takes {rough_duration(takes)} ({facts.batch.source}) plus {rough_duration(reserve)} reserved for its rescue"
    )


def _against_flex(facts: RoutingInputs, load: Load, ahead: Ahead) -> str | None:
    """Why a shard that does not go into a batch does not use the flex tier either, or None."""
    if facts.realtime_usd is None or facts.flex_usd is None:
        return "the saving of flex is unknown"
    saving = facts.realtime_usd - facts.flex_usd
    if saving < facts.min_saving_usd or saving <= 0:
        return f"flex would save {money(saving)}, less than the minimum of {money(facts.min_saving_usd)}"
    takes = _flex_seconds(facts, load, ahead)
    if facts.now + RESCUE_MARGIN * takes > facts.deadline:
        return f"flex takes {rough_duration(takes)} plus a reserve of {percent(RESCUE_MARGIN - 1, 0)}, past the deadline"
    return None


def _for_flex(facts: RoutingInputs, load: Load, ahead: Ahead) -> str:
    assert facts.flex is not None
    assert facts.realtime_usd is not None
    assert facts.flex_usd is not None
    takes = _flex_seconds(facts, load, ahead)
    return (
        f"flex saves {money(facts.realtime_usd - facts.flex_usd)} of {money(facts.realtime_usd)} over the run and takes "
        f"{rough_duration(takes)} ({facts.flex.source})"
    )


def _realtime(facts: RoutingInputs, load: Load, ahead: Ahead, reason: str) -> LaneChoice:
    assert facts.realtime is not None
    return LaneChoice(Lane.REALTIME, reason, facts.now + facts.realtime.seconds((ahead.realtime + load).tokens))


def _flex(facts: RoutingInputs, load: Load, ahead: Ahead, reason: str) -> LaneChoice:
    return LaneChoice(Lane.FLEX, reason, facts.now + _flex_seconds(facts, load, ahead))


def _flex_seconds(facts: RoutingInputs, load: Load, ahead: Ahead) -> float:
    return 0.0 if facts.flex is None else facts.flex.seconds((ahead.flex + load).tokens)


def _batch(facts: RoutingInputs, load: Load, ahead: Ahead, reason: str) -> LaneChoice:
    due = facts.now + _batch_seconds(facts, load, ahead)
    rescue_at = _rescue_at(facts, load, ahead)
    if rescue_at is not None and facts.requested == "auto":
        # If the jobs are slower, the rescue completes the shard.
        due = min(due, rescue_at + _reserve(facts, load, ahead))
    return LaneChoice(Lane.BATCH, reason, due, rescue_at)


def _rescue_at(facts: RoutingInputs, load: Load, ahead: Ahead) -> float | None:
    """When to cancel the batch: at the deadline if the lane was requested, else in time for a rescue; None: no rescue."""
    if facts.realtime is None:
        return None
    if facts.requested == "batch":
        return facts.deadline if facts.deadline > facts.now else None
    return max(facts.now, facts.deadline - _reserve(facts, load, ahead))


def _reserve(facts: RoutingInputs, load: Load, ahead: Ahead) -> float:
    """Seconds in which the realtime lane can send the whole batch load again."""
    assert facts.realtime is not None
    return CANCEL_S + RESCUE_MARGIN * facts.realtime.seconds((ahead.batch + load).tokens)


def _batch_seconds(facts: RoutingInputs, load: Load, ahead: Ahead) -> float:
    return 0.0 if facts.batch is None else facts.batch.seconds((ahead.batch + load).input_tokens)
