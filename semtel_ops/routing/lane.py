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


def choose_lane(inputs: RoutingInputs, load: Load, ahead: Ahead, *, under_way: bool = False) -> LaneChoice:
    """The lane of a shard.

    Args:
        load: of this shard.
        ahead: load of the shards that were routed before.
        under_way: whether batch jobs of this shard are submitted but not collected.
    """
    if inputs.requested == "batch":
        return _batch(inputs, load, ahead, "requested: lane batch")
    if under_way and inputs.batch is not None:
        return _batch(inputs, load, ahead, "its batch jobs are in progress")
    if inputs.requested == "flex":
        return _flex(inputs, load, ahead, "requested: lane flex")
    if inputs.realtime is None:
        lane = _batch if inputs.batch is not None else _flex
        return lane(inputs, load, ahead, "no endpoint offers the realtime lane")
    if inputs.requested == "realtime":
        return _realtime(inputs, load, ahead, "requested: lane realtime")
    against_batch = _against_batch(inputs, load, ahead)
    if against_batch is None:
        return _batch(inputs, load, ahead, _for_batch(inputs, load, ahead))
    if inputs.flex is None:
        return _realtime(inputs, load, ahead, against_batch)
    against_flex = _against_flex(inputs, load, ahead)
    if against_flex is None:
        return _flex(inputs, load, ahead, f"{against_batch}; {_for_flex(inputs, load, ahead)}")
    return _realtime(inputs, load, ahead, f"{against_batch}; {against_flex}")


def route(inputs: RoutingInputs, loads: Sequence[Load], under_way: Sequence[bool] | None = None) -> list[LaneChoice]:
    """The lanes of all shards, in order. All batches have the earliest `rescue_at`, since there is a single rescue."""
    choices: list[LaneChoice] = []
    ahead = Ahead()
    for load, submitted in zip(loads, under_way or [False] * len(loads), strict=True):
        choice = choose_lane(inputs, load, ahead, under_way=submitted)
        choices.append(choice)
        if choice.lane is Lane.BATCH:
            ahead = replace(ahead, batch=ahead.batch + load)
        elif choice.lane is Lane.FLEX:
            ahead = replace(ahead, flex=ahead.flex + load)
        else:
            ahead = replace(ahead, realtime=ahead.realtime + load)
    stops = [choice.rescue_at for choice in choices if choice.rescue_at is not None]
    return [replace(item, rescue_at=min(stops)) if item.rescue_at is not None else item for item in choices]


def seconds_late(inputs: RoutingInputs, choices: Sequence[LaneChoice]) -> float:
    """Expected seconds between the deadline and the completion of the last shard; 0.0 if all are in time."""
    return max([0.0, *(choice.due_at - inputs.deadline for choice in choices)])


def _against_batch(inputs: RoutingInputs, load: Load, ahead: Ahead) -> str | None:
    """Why a shard does not go into a batch, or None."""
    if inputs.batch is None:
        return "no endpoint offers the batch lane"
    if inputs.realtime_usd is None or inputs.batch_usd is None:
        return "the price of an endpoint is unknown, so the saving of a batch is unknown"
    saving = inputs.realtime_usd - inputs.batch_usd
    if saving < inputs.min_saving_usd or saving <= 0:
        return f"a batch would save {money(saving)}, less than the minimum of {money(inputs.min_saving_usd)}"
    if inputs.now + _batch_seconds(inputs, load, ahead) + _reserve(inputs, load, ahead) > inputs.deadline:
        return f"{_batch_time(inputs, load, ahead)}, but the deadline is in {rough_duration(inputs.deadline - inputs.now)}"
    return None


def _for_batch(inputs: RoutingInputs, load: Load, ahead: Ahead) -> str:
    assert inputs.realtime_usd is not None
    assert inputs.batch_usd is not None
    saves = f"saves {money(inputs.realtime_usd - inputs.batch_usd)} of {money(inputs.realtime_usd)} over the run"
    left = rough_duration(inputs.deadline - inputs.now)
    return f"{saves}; {_batch_time(inputs, load, ahead)}, and the deadline is in {left}"


def _batch_time(inputs: RoutingInputs, load: Load, ahead: Ahead) -> str:
    assert inputs.batch is not None
    takes, reserve = _batch_seconds(inputs, load, ahead), _reserve(inputs, load, ahead)
    return (
        f"a batch takes {rough_duration(takes)} ({inputs.batch.source}) plus {rough_duration(reserve)} reserved for its rescue"
    )


def _against_flex(inputs: RoutingInputs, load: Load, ahead: Ahead) -> str | None:
    """Why a shard that does not go into a batch does not use the flex tier either, or None."""
    if inputs.realtime_usd is None or inputs.flex_usd is None:
        return "the saving of flex is unknown"
    saving = inputs.realtime_usd - inputs.flex_usd
    if saving < inputs.min_saving_usd or saving <= 0:
        return f"flex would save {money(saving)}, less than the minimum of {money(inputs.min_saving_usd)}"
    takes = _flex_seconds(inputs, load, ahead)
    if inputs.now + RESCUE_MARGIN * takes > inputs.deadline:
        return f"flex takes {rough_duration(takes)} plus a reserve of {percent(RESCUE_MARGIN - 1, 0)}, past the deadline"
    return None


def _for_flex(inputs: RoutingInputs, load: Load, ahead: Ahead) -> str:
    assert inputs.flex is not None
    assert inputs.realtime_usd is not None
    assert inputs.flex_usd is not None
    takes = _flex_seconds(inputs, load, ahead)
    return (
        f"flex saves {money(inputs.realtime_usd - inputs.flex_usd)} of {money(inputs.realtime_usd)} over the run and takes "
        f"{rough_duration(takes)} ({inputs.flex.source})"
    )


def _realtime(inputs: RoutingInputs, load: Load, ahead: Ahead, reason: str) -> LaneChoice:
    assert inputs.realtime is not None
    return LaneChoice(Lane.REALTIME, reason, inputs.now + inputs.realtime.seconds((ahead.realtime + load).tokens))


def _flex(inputs: RoutingInputs, load: Load, ahead: Ahead, reason: str) -> LaneChoice:
    return LaneChoice(Lane.FLEX, reason, inputs.now + _flex_seconds(inputs, load, ahead))


def _flex_seconds(inputs: RoutingInputs, load: Load, ahead: Ahead) -> float:
    return 0.0 if inputs.flex is None else inputs.flex.seconds((ahead.flex + load).tokens)


def _batch(inputs: RoutingInputs, load: Load, ahead: Ahead, reason: str) -> LaneChoice:
    due = inputs.now + _batch_seconds(inputs, load, ahead)
    rescue_at = _rescue_at(inputs, load, ahead)
    if rescue_at is not None and inputs.requested == "auto":
        # If the jobs are slower, the rescue completes the shard.
        due = min(due, rescue_at + _reserve(inputs, load, ahead))
    return LaneChoice(Lane.BATCH, reason, due, rescue_at)


def _rescue_at(inputs: RoutingInputs, load: Load, ahead: Ahead) -> float | None:
    """When to cancel the batch: at the deadline if the lane was requested, else in time for a rescue; None: no rescue."""
    if inputs.realtime is None:
        return None
    if inputs.requested == "batch":
        return inputs.deadline if inputs.deadline > inputs.now else None
    return max(inputs.now, inputs.deadline - _reserve(inputs, load, ahead))


def _reserve(inputs: RoutingInputs, load: Load, ahead: Ahead) -> float:
    """Seconds in which the realtime lane can send the whole batch load again."""
    assert inputs.realtime is not None
    return CANCEL_S + RESCUE_MARGIN * inputs.realtime.seconds((ahead.batch + load).tokens)


def _batch_seconds(inputs: RoutingInputs, load: Load, ahead: Ahead) -> float:
    return 0.0 if inputs.batch is None else inputs.batch.seconds((ahead.batch + load).input_tokens)
