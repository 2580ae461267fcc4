"""lanes.json: the lane of each shard, and the results of each lane."""

from typing import NotRequired, TypedDict


class PaceDocument(TypedDict):
    """Expected throughput of a lane that answers at once.

    Attributes:
        tokens_per_minute: tokens of prompts and replies a minute.
        source: origin of the number, in words.
        cost_usd: the whole run in this lane; None if a price is unknown.
    """

    tokens_per_minute: int
    source: str
    cost_usd: float | None


class BatchPaceDocument(TypedDict):
    """Expected turnaround of batch jobs.

    Attributes:
        turnaround_s: time from submission to the results.
        source: origin of the number, in words.
        cost_usd: the whole run in batches; None if a price is unknown.
        held_tokens: tokens enqueued by jobs in progress.
        queue_tokens: tokens that the queues accept; None if a limit is unknown.
    """

    turnaround_s: int
    source: str
    cost_usd: float | None
    held_tokens: int
    queue_tokens: int | None


class LaneGroup(TypedDict):
    """Shards with the same lane for the same reason.

    Attributes:
        lane: realtime, batch or flex.
        reason: a sentence.
        shards: their numbers.
    """

    lane: str
    reason: str
    shards: list[int]


class LaneSums(TypedDict):
    """Results of a lane in a run.

    Attributes:
        rows: rows with its labels or errors, reused rows included.
        requests: requests paid for by this run.
        tokens: tokens of prompts and replies paid for by this run.
        cost_usd: what this run paid; None if a price is unknown.
        endpoints: names of the endpoints used.
    """

    rows: int
    requests: int
    tokens: int
    cost_usd: float | None
    endpoints: list[str]


class RescueSums(TypedDict):
    """Results of the realtime lane in shards whose batch jobs were late or left rows unanswered.

    Attributes:
        rows: rows with its labels or errors.
        shards: shards that were rescued.
        requests: requests for these rows.
        cost_usd: their cost; None if a price is unknown.
        at: start of the first rescue; None without a rescue.
        stopped_at: time at which the first late batch jobs were cancelled; None if none were.
        reasons: sentences.
    """

    rows: int
    shards: int
    requests: int
    cost_usd: float | None
    at: float | None
    stopped_at: float | None
    reasons: list[str]


class LaneResults(TypedDict):
    """Results of the lanes of a run.

    Attributes:
        lanes: lane → its results.
        rescued: results of the realtime lane for late batch jobs.
        saved_usd: savings of batch and flex over realtime; None if a price is unknown.
    """

    lanes: dict[str, LaneSums]
    rescued: RescueSums
    saved_usd: float | None


class LanesDocument(TypedDict):
    """lanes.json: the lane of each shard and the reason, written by `route`; `gather` adds `results`.

    Attributes:
        asked: the requested lane: auto, realtime, batch or flex.
        decided_at: time of the decision.
        deadline: time by which all rows must have landed.
        due_at: time at which they are expected to have landed.
        rescue_at: time at which batch jobs without progress are cancelled; None without batch jobs or without a deadline.
        requests: estimated requests of the run.
        input_tokens, output_tokens: their estimated tokens.
        realtime: None if no endpoint offers it.
        batch: None if no endpoint offers it.
        flex: None if no endpoint offers it.
        choices: shards by lane and reason.
        results: results of the lanes.
    """

    asked: str
    decided_at: float
    deadline: float
    due_at: float
    rescue_at: float | None
    requests: int
    input_tokens: int
    output_tokens: int
    realtime: PaceDocument | None
    batch: BatchPaceDocument | None
    flex: PaceDocument | None
    choices: list[LaneGroup]
    results: NotRequired[LaneResults]
