"""Choose the lane of every shard, with the reason, before any request is sent.

The deadline is the request's, else `routing.deadline_hours` from the first choice of the run on, else 48 hours. Chosen again
(a cleared task) the run keeps its deadline while that is ahead, and shards whose jobs are under way keep their lane.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple, cast

from semtel_ops.batch.queue import LEARNED_FOR_S, queue_of
from semtel_ops.clock import Clock, SystemClock
from semtel_ops.endpoints import Endpoint, Lane
from semtel_ops.endpoints.catalog import ResolveConnection
from semtel_ops.errors import ConfigError
from semtel_ops.humanize import count, number, rough_duration
from semtel_ops.routing import (
    BatchPace,
    LaneChoice,
    Load,
    RealtimePace,
    RoutingInputs,
    batch_pace,
    cost_usd,
    flex_pace,
    load_of,
    realtime_pace,
    route,
)
from semtel_ops.routing.estimate import CHARS_A_TOKEN
from semtel_ops.routing.lane import seconds_late
from semtel_ops.runs.documents import LanesDocument, PaceDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import RoutedShard, ShardRef, by_run
from semtel_ops.runs.resources import classifiers_of, endpoints_of, has_ledger, ledger_of
from semtel_ops.store import sql_engine
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger
from semtel_ops.store.files import read_json, write_json
from semtel_ops.store.lane_ledger import LaneLedger, LaneRecord, LaneRow

log = logging.getLogger(__name__)

_AIMED_AT_HOURS = 48.0


class Deadline(NamedTuple):
    """Time by which all rows must be written.

    Attributes:
        refuses: whether a run that cannot meet the deadline is refused: only on its first lane choice, if a deadline was set.
    """

    at: float
    refuses: bool


def route_shards(
    shards: Sequence[ShardRef], *, resolve_connection: ResolveConnection | None = None, clock: Clock | None = None
) -> list[RoutedShard]:
    """Give every shard of each run its lane: the references with `lane`, and for a batch `rescue_at` and `land_by`.

    Both times are seconds since 1970, or None: when jobs that finish nothing are stopped, and the deadline by which they are
    judged while they run.

    Writes lanes.json and the ledger. A dry run notes what it would choose and routes everything to the realtime tasks, which
    forecast it at the price of that lane (`forecast_lane`).

    Raises:
        ConfigError: no lane can meet a requested deadline, or no endpoint offers the requested lane.
    """
    now = (clock or SystemClock()).now()
    return [
        routed for run, own in by_run(shards).items() for routed in _route_run(RunPlan.load(run), own, resolve_connection, now)
    ]


def _route_run(
    plan: RunPlan, shards: Sequence[ShardRef], resolve_connection: ResolveConnection | None, now: float
) -> list[RoutedShard]:
    endpoints = endpoints_of(plan, resolve_connection)
    _check_offered(plan, endpoints)
    loads, past, deadline = _loads(plan, shards, endpoints), _past(plan, endpoints, now), deadline_of(plan, now)
    inputs = _facts(plan, endpoints, loads, past, deadline, now)
    choices = route(inputs, loads, [shard["shard"] in past.under_way for shard in shards])
    _refuse_the_impossible(plan, inputs, choices, deadline)
    _log_choices(inputs, choices)
    write_json(plan.folder.lanes, _lanes_json(inputs, deadline, shards, choices))
    if not plan.dry_run:
        with ledger_of(plan) as ledger:
            LaneLedger(ledger).save_choices(_rows(plan, shards, loads, choices, now))
    return [_routed(inputs, shard, choice, dry_run=plan.dry_run) for shard, choice in zip(shards, choices, strict=True)]


def of_lane(routed: Sequence[RoutedShard], lane: str) -> list[RoutedShard]:
    """The shards of one lane; flex shards count as realtime, since both lanes use direct calls."""
    lanes = {Lane.REALTIME, Lane.FLEX} if lane == Lane.REALTIME else {lane}
    return [shard for shard in routed if shard["lane"] in lanes]


def deadline_of(plan: RunPlan, now: float) -> Deadline:
    """The run's deadline; see the module's docstring."""
    before = read_json(plan.folder.lanes)
    first = before is None
    if plan.deadline is not None:
        return Deadline(plan.deadline.timestamp(), first)
    if before is not None and before["deadline"] > now:
        return Deadline(before["deadline"], refuses=False)
    asked = plan.config.routing.deadline_hours
    return Deadline(now + (asked or _AIMED_AT_HOURS) * 3_600, first and asked is not None)


class _Past(NamedTuple):
    """Ledger records that affect the choice."""

    records: list[LaneRecord]
    jobs: list[BatchJob]
    under_way: set[int]
    held_tokens: int
    queue_tokens: int | None


def _past(plan: RunPlan, endpoints: Sequence[Endpoint], now: float) -> _Past:
    offering = [endpoint for endpoint in endpoints if Lane.BATCH in endpoint.lanes]
    if not has_ledger(plan):
        return _Past([], [], set(), 0, None)
    with ledger_of(plan) as ledger:
        batch = BatchLedger(ledger, "reader")
        queues = {queue_of(endpoint) for endpoint in offering}
        enqueued = sum(batch.held_tokens(queue, now=now, but="") for queue in queues)
        since = now - LEARNED_FOR_S
        limits = [e.limits.enqueued_tokens or batch.learned_limit(queue_of(e), since=since) for e in offering]
        known = [limit for limit in limits if limit is not None]
        mine = batch.of_run(plan.week, plan.run_id)
        return _Past(
            LaneLedger(ledger).records(),
            batch.latest_ended(queues),
            {job.shard for job in mine if job.open and job.provider_id},
            enqueued,
            sum(known) if known and len(known) == len(limits) else None,
        )


def _facts(
    plan: RunPlan, endpoints: Sequence[Endpoint], loads: Sequence[Load], past: _Past, deadline: Deadline, now: float
) -> RoutingInputs:
    config = plan.config.routing
    load = sum(loads, Load())
    offers_batch = any(Lane.BATCH in endpoint.lanes for endpoint in endpoints)
    batch = batch_pace(past.jobs, held_tokens=past.held_tokens, queue_tokens=past.queue_tokens, config=config)
    realtime = realtime_pace(past.records, endpoints, config)
    return RoutingInputs(
        now=now,
        deadline=deadline.at,
        load=load,
        requested=plan.config.lane,
        realtime=realtime,
        flex=flex_pace(past.records, endpoints, config, realtime),
        batch=batch if offers_batch else None,
        realtime_usd=cost_usd(load, endpoints, Lane.REALTIME),
        batch_usd=cost_usd(load, endpoints, Lane.BATCH),
        flex_usd=cost_usd(load, endpoints, Lane.FLEX),
        min_saving_usd=config.min_saving_usd,
    )


def _loads(plan: RunPlan, shards: Sequence[ShardRef], endpoints: Sequence[Endpoint]) -> list[Load]:
    """Estimated requests and tokens of each shard, from the lengths of its conversations and the token limit."""
    specs = classifiers_of(plan)
    urls = [plan.folder.conversations(shard["shard"]) for shard in shards]
    text = """
      select part_file, sum(least(chars // $chars_a_token, $most))::bigint as tokens from conversations group by 1
    """
    with sql_engine.connect() as con:
        sql_engine.read(con, "conversations", urls, ["chars"])
        rows = sql_engine.records(con, text, chars_a_token=CHARS_A_TOKEN, most=plan.config.tokens.max_per_conversation)
        tokens = {row["part_file"]: row["tokens"] for row in rows}
    strategy = plan.config.strategy
    loads = [load_of(shard["conversations"], tokens.get(at, 0), specs, strategy, endpoints) for at, shard in enumerate(shards)]
    if plan.reprocess is None:
        return loads
    expected = [max(1, shard["conversations"] * len(specs)) for shard in shards]
    return [load.part(shard["asked_rows"] / all_) for load, shard, all_ in zip(loads, shards, expected, strict=True)]


def _check_offered(plan: RunPlan, endpoints: Sequence[Endpoint]) -> None:
    asked = plan.config.lane
    offered = sorted({lane.value for endpoint in endpoints for lane in endpoint.lanes})
    if asked != "auto" and asked not in offered:
        raise ConfigError("lane", asked, f"is not offered by any endpoint in {plan.endpoints}; available: {', '.join(offered)}")


def _refuse_the_impossible(plan: RunPlan, inputs: RoutingInputs, choices: Sequence[LaneChoice], deadline: Deadline) -> None:
    late = seconds_late(inputs, choices)
    if not late:
        return
    needed = inputs.deadline - inputs.now + late
    pace: RealtimePace | BatchPace | None = inputs.realtime or inputs.flex or inputs.batch
    needs = f"{count(inputs.load.tokens, 'token')} need about {rough_duration(needed)} ({pace.source if pace else 'no lane'})"
    if not deadline.refuses or inputs.requested != "auto":
        log.warning("week %s: expected to miss its deadline by about %s: %s", plan.week, rough_duration(late), needs)
        return
    raise ConfigError(
        "deadline",
        _iso(inputs.deadline),
        f"cannot be met: {needs}, and {rough_duration(inputs.deadline - inputs.now)} are left; nothing was asked yet. "
        f"Give {_iso(inputs.now + needed * 1.1)} or later, a smaller sample or more endpoints, or force a lane",
    )


def _log_choices(inputs: RoutingInputs, choices: Sequence[LaneChoice]) -> None:
    """Log one line per lane and reason."""
    counted = Counter((choice.lane.value, choice.reason) for choice in choices)
    for (lane, reason), shards in counted.items():
        log.info("%s routed to the %s lane: %s", count(shards, "shard"), lane, reason)
    pace = inputs.realtime
    if pace is not None:
        log.info("realtime pace: %s tokens per minute (%s)", number(pace.tokens_per_s * 60), pace.source)


def _lanes_json(
    inputs: RoutingInputs, deadline: Deadline, shards: Sequence[ShardRef], choices: Sequence[LaneChoice]
) -> LanesDocument:
    """lanes.json, as far as it is known now."""
    placed = sorted(zip(choices, shards, strict=True), key=lambda pair: (pair[0].lane, pair[0].reason))
    groups = [
        (key, [shard["shard"] for _, shard in group]) for key, group in groupby(placed, lambda p: (p[0].lane, p[0].reason))
    ]
    return {
        "asked": inputs.requested,
        "decided_at": inputs.now,
        "deadline": deadline.at,
        "due_at": max(choice.due_at for choice in choices),
        "rescue_at": next((choice.rescue_at for choice in choices if choice.rescue_at is not None), None),
        "requests": inputs.load.requests,
        "input_tokens": inputs.load.input_tokens,
        "output_tokens": inputs.load.output_tokens,
        "realtime": _pace_json(inputs.realtime, inputs.realtime_usd),
        "batch": None
        if inputs.batch is None
        else {
            "turnaround_s": round(inputs.batch.turnaround_s),
            "source": inputs.batch.source,
            "cost_usd": inputs.batch_usd,
            "held_tokens": inputs.batch.held_tokens,
            "queue_tokens": inputs.batch.queue_tokens,
        },
        "flex": _pace_json(inputs.flex, inputs.flex_usd),
        "choices": [{"lane": lane.value, "reason": reason, "shards": numbers} for (lane, reason), numbers in groups],
    }


def _pace_json(pace: RealtimePace | None, usd: float | None) -> PaceDocument | None:
    if pace is None:
        return None
    return {"tokens_per_minute": round(pace.tokens_per_s * 60), "source": pace.source, "cost_usd": usd}


def _rows(
    plan: RunPlan, shards: Sequence[ShardRef], loads: Sequence[Load], choices: Sequence[LaneChoice], now: float
) -> list[LaneRow]:
    return [
        LaneRow(
            week=plan.week,
            run_id=plan.run_id,
            shard=shard["shard"],
            lane=choice.lane.value,
            reason=choice.reason,
            decided_at=_time(now),
            due_at=_time(choice.due_at),
            rescue_at=None if choice.rescue_at is None else _time(choice.rescue_at),
            requests=load.requests,
            input_tokens=load.input_tokens,
            output_tokens=load.output_tokens,
        )
        for shard, load, choice in zip(shards, loads, choices, strict=True)
    ]


def _routed(inputs: RoutingInputs, shard: ShardRef, choice: LaneChoice, *, dry_run: bool) -> RoutedShard:
    if dry_run:
        added: dict[str, Any] = {"lane": Lane.REALTIME.value, "forecast_lane": choice.lane.value}
    elif choice.lane is not Lane.BATCH:
        added = {"lane": choice.lane.value}
    else:
        land_by = inputs.deadline if inputs.requested == "auto" and choice.rescue_at is not None else None
        added = {"lane": Lane.BATCH.value, "rescue_at": choice.rescue_at, "land_by": land_by}
    return cast("RoutedShard", {**shard, **added})


def in_lane(shards: Sequence[ShardRef], lane: Lane | str) -> list[RoutedShard]:
    """The shards as if `route_shards` had sent them all to a lane that was asked for, with no deadline."""
    return [cast("RoutedShard", {**shard, "lane": str(lane)}) for shard in shards]


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _iso(seconds: float) -> str:
    return _time(seconds).isoformat(timespec="minutes")
