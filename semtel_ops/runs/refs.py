"""Types of the small JSON objects passed between tasks; they name files and never contain conversation text.

A part is a piece of the source, a shard a piece of the sample. Each step takes the reference
returned by the step before it and adds to it, so a later task needs no other argument.
"""

from collections.abc import Iterable
from typing import Any, NotRequired, TypedDict, TypeVar


class PartRef(TypedDict):
    """A part of the source, from `plan` to `extract`.

    Attributes:
        run: URL of run.json.
        part: its number, from 0.
        files: the files it reads, in order; absent for a part that reads SQL.
        sql: True for a part that reads `source.sql`.
    """

    run: str
    part: int
    files: NotRequired[list[str]]
    sql: NotRequired[bool]


class ExtractedPart(TypedDict):
    """A staged part, from `extract` to `sample`: read = unreadable + outside_week + forgotten + not_sampled + staged_rows.

    Attributes:
        run: URL of run.json.
        part: its number, from 0.
        staged: URL of its Parquet file, schema `STAGED`.
        read: records in the part.
        unreadable: unreadable records, all in the quarantine.
        outside_week: records dated outside the week.
        forgotten: records of conversations that `semtel forget` has erased; absent where an earlier release extracted.
        not_sampled: records excluded by `sample.rate`.
        staged_rows: records in the Parquet file.
        repaired: records that were read although something was wrong in them, such as their encoding; all in repairs/.
        scrubbed: kind of personal data → replacements.
        left_out: `language` or `labels` → values that the lake may not have.
        first_started_at, last_started_at: earliest and latest time of the records read, ISO 8601; None if no record has a time.
        seconds: duration of the step.
    """

    run: str
    part: int
    staged: str
    read: int
    unreadable: int
    outside_week: int
    forgotten: NotRequired[int]
    not_sampled: int
    staged_rows: int
    repaired: NotRequired[int]
    scrubbed: dict[str, int]
    left_out: NotRequired[dict[str, int]]
    first_started_at: str | None
    last_started_at: str | None
    seconds: float


class ShardRef(TypedDict):
    """A shard of a run's sample.

    Attributes:
        run: URL of run.json.
        shard: its number, from 0.
        conversations: conversations in it.
        asked_rows: for a reprocess, rows of the shard to label again.
        prepared: URL of the prepared text; `prepare` adds this key and the following ones.
        truncated: truncated conversations.
        truncated_tokens: tokens removed from them.
        compression_ratio: mean of characters after compression / before.
        compress_s: time spent compressing.
        seconds: duration of the step.
    """

    run: str
    shard: int
    conversations: int
    asked_rows: NotRequired[int]
    prepared: NotRequired[str]
    truncated: NotRequired[int]
    truncated_tokens: NotRequired[int]
    compression_ratio: NotRequired[float]
    compress_s: NotRequired[float]
    seconds: NotRequired[float]


class RoutedShard(ShardRef):
    """A shard with its lane, from `route` on. Times are seconds since 1970.

    Attributes:
        lane: realtime, batch or flex.
        forecast_lane: in a dry run, the lane it would take.
        rescue_at: time at which jobs without any finished request are cancelled; None: never.
        land_by: deadline against which jobs in progress are checked; None: they are not checked.
        rescue: reason why the realtime lane completes the shard after its batch.
    """

    lane: str
    forecast_lane: NotRequired[str]
    rescue_at: NotRequired[float | None]
    land_by: NotRequired[float | None]
    rescue: NotRequired[str]


class BatchState(RoutedShard):
    """A shard with batch jobs in progress: everything a trigger needs to poll them, in absolute times.

    Attributes:
        done: always False; a manifest with `done` takes its place.
        deadline: time at which its jobs are cancelled; None: never.
        stopped: whether `deadline` is final.
        policy: fields of `PollPolicy`.
        watches: `Watch.to_json` of each submitted job.
        waiting: jobs that are not submitted yet.
        wake_at: time of the next attempt to submit them; None without any.
    """

    done: bool
    deadline: float | None
    stopped: bool
    policy: dict[str, float]
    watches: list[dict[str, Any]]
    waiting: int
    wake_at: float | None


class ShardManifest(TypedDict):
    """A landed shard.

    Attributes:
        run: URL of run.json.
        shard: its number, from 0.
        conversations: conversations in it.
        lane: lane in which it landed.
        landed: URL of its rows, schema `LABELS`.
        rows: label rows.
        by_status: status → rows.
        requests: requests of this attempt.
        reused: rows answered by replies of other runs.
        cost_usd: of this attempt; None if a price is unknown.
        paid_usd: cost of all attempts of this run.
        input_tokens, output_tokens: of this attempt.
        seconds: duration of this attempt.
        estimated_rows: rows whose tokens and cost are our estimate, since an endpoint did not count them; absent for none.
        done, jobs: in the batch lane: True, and the number of its jobs.
        rescue: reason why the realtime lane completed the shard after its batch.
    """

    run: str
    shard: int
    conversations: int
    lane: str
    landed: str
    rows: int
    by_status: dict[str, int]
    requests: int
    reused: int
    cost_usd: float | None
    paid_usd: float
    input_tokens: int
    output_tokens: int
    seconds: float
    estimated_rows: NotRequired[int]
    done: NotRequired[bool]
    jobs: NotRequired[int]
    rescue: NotRequired[str]


class ShardForecast(TypedDict):
    """A dry run's forecast of a shard.

    Attributes:
        run: URL of run.json.
        shard: its number, from 0.
        conversations: conversations in it.
        requests: requests that would be sent.
        reused: rows whose answers are already stored.
        input_tokens, output_tokens: estimated tokens of these requests.
        cost_usd: in the expected lane; None if a price is unknown.
        thought_tokens: those of `output_tokens` that are assumed for thoughts; absent where no effort is asked for.
        batch_cost_usd: in batches; None if a price is unknown or no endpoint offers the lane.
    """

    run: str
    shard: int
    conversations: int
    requests: int
    reused: int
    input_tokens: int
    output_tokens: int
    thought_tokens: NotRequired[int]
    cost_usd: float | None
    batch_cost_usd: float | None


class CellRef(TypedDict):
    """Reference to a cell of an experiment.

    Attributes:
        experiment: URL of plan.json.
        cell: its index in the plan, from 0.
        name: its id.
    """

    experiment: str
    cell: int
    name: str


ShardResult = ShardManifest | ShardForecast
"""The result of a shard's tasks: its manifest, or in a dry run its forecast."""

_Shard = TypeVar("_Shard", bound=ShardRef)


def by_run(shards: Iterable[_Shard]) -> dict[str, list[_Shard]]:
    """Shards by the URL of their run, in order: a reprocess of several weeks has a run for each week."""
    runs: dict[str, list[_Shard]] = {}
    for shard in shards:
        runs.setdefault(shard["run"], []).append(shard)
    return runs
