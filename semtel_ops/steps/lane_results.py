"""Results of a run's lanes, for the report and for the next run's lane choice."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from semtel_ops.endpoints import Lane
from semtel_ops.endpoints.catalog import EndpointConfig, EndpointsFile
from semtel_ops.endpoints.model import Price
from semtel_ops.runs.documents import LaneResults, LanesDocument, LaneSums, RescueSums
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import has_ledger, ledger_of
from semtel_ops.settings import load_yaml
from semtel_ops.store import sql_engine
from semtel_ops.store.files import list_files, read_json, write_json
from semtel_ops.store.lane_ledger import LaneLedger, LaneRecord, LaneRow

_CHEAPER = frozenset({Lane.BATCH, Lane.FLEX})
_COLUMNS = ["shard", "lane", "endpoint", "reused", "calls", "cost_usd", "input_tokens", "output_tokens", "classified_at"]
_SUMS = """
  select lane, endpoint, list_contains($batched, shard) as batched, list_contains($flexed, shard) as flexed,
         list_contains($rescued, shard) as rescued, count(*) as rows,
         count(*) filter (where not reused) as asked,
         coalesce(round(sum(calls) filter (where not reused)), 0)::bigint as requests,
         coalesce(sum(input_tokens + output_tokens) filter (where not reused), 0)::bigint as tokens,
         sum(cost_usd) filter (where not reused) as cost_usd,
         count(*) filter (where not reused and cost_usd is null) as unpriced,
         epoch(min(classified_at) filter (where not reused)) as first_at,
         epoch(max(classified_at) filter (where not reused)) as last_at
  from landed where lane is not null group by all order by lane, endpoint
"""


def record_lane_results(plan: RunPlan) -> LaneResults:
    """Add up what each lane did, complete lanes.json with `results`, and note the paces in the ledger.

    `rescued` is what realtime did in shards whose batches were late or left rows unanswered: `rows`, their `cost_usd`, and when
    and why. `saved_usd` is against the realtime price. Money is None where a price is unknown. Done twice, it gives the same.
    """
    url = plan.folder.lanes
    document: LanesDocument | None = read_json(url)
    choices = _choices(plan) if document else []
    rescues = [row for row in choices if row.rescued_at is not None]
    sums = _sums(plan, _shards(document, Lane.BATCH), _shards(document, Lane.FLEX), [row.shard for row in rescues])
    offered = load_yaml(plan.endpoints, EndpointsFile).endpoints
    endpoints = {config.name: config for config in offered if plan.uses(config)}
    lanes = {lane: _lane([row for row in sums if row["lane"] == lane], endpoints) for lane in sorted({r["lane"] for r in sums})}
    results: LaneResults = {
        "lanes": lanes,
        "rescued": _rescued([row for row in sums if row["lane"] == Lane.REALTIME and row["rescued"]], rescues),
        "saved_usd": _saved([row for row in sums if row["lane"] in _CHEAPER], endpoints),
    }
    if document:
        document["results"] = results
        write_json(url, document)
    records = [record for lane in lanes if (record := _record(plan, lane, sums, endpoints)) is not None]
    if has_ledger(plan) and records:
        with ledger_of(plan) as ledger:
            LaneLedger(ledger).save_records(records)
    return results


def _choices(plan: RunPlan) -> list[LaneRow]:
    if not has_ledger(plan):
        return []
    with ledger_of(plan) as ledger:
        return LaneLedger(ledger).choices(plan.week, plan.run_id)


def _shards(document: LanesDocument | None, lane: Lane) -> list[int]:
    """The shards that were sent to a lane."""
    return [
        shard for choice in (document["choices"] if document else ()) if choice["lane"] == lane for shard in choice["shards"]
    ]


def _rescued(rows: Sequence[dict[str, Any]], rescues: Sequence[LaneRow]) -> RescueSums:
    began = min((row.rescued_at for row in rescues if row.rescued_at is not None), default=None)
    stopped = min((row.stopped_at for row in rescues if row.stopped_at is not None), default=None)
    return {
        "rows": sum(row["rows"] for row in rows),
        "shards": len(rescues),
        "requests": sum(row["requests"] for row in rows),
        "cost_usd": _cost(rows),
        "at": None if began is None else began.timestamp(),
        "stopped_at": None if stopped is None else stopped.timestamp(),
        "reasons": sorted({row.rescue_reason for row in rescues if row.rescue_reason}),
    }


def _sums(plan: RunPlan, batched: list[int], flexed: list[int], rescued: list[int]) -> list[dict[str, Any]]:
    urls = list_files(plan.folder.landed_folder, ".parquet")
    if not urls:
        return []
    with sql_engine.connect() as con:
        sql_engine.read(con, "landed", urls, _COLUMNS)
        return list(sql_engine.records(con, _SUMS, batched=batched, flexed=flexed, rescued=rescued))


def _lane(rows: Sequence[dict[str, Any]], endpoints: Mapping[str, EndpointConfig]) -> LaneSums:
    return {
        "rows": sum(row["rows"] for row in rows),
        "requests": sum(row["requests"] for row in rows),
        "tokens": sum(row["tokens"] for row in rows),
        "cost_usd": _cost(rows),
        "endpoints": sorted({row["endpoint"] for row in rows if row["endpoint"] in endpoints}),
    }


def _record(
    plan: RunPlan, lane: str, sums: Sequence[dict[str, Any]], endpoints: Mapping[str, EndpointConfig]
) -> LaneRecord | None:
    """What a lane did; of realtime only in shards that were its own.

    A rescue begins hours after the rest, and what flex has no room for comes now and then: neither tells a pace.
    """
    own = [row for row in sums if row["lane"] == lane and row["asked"]]
    rows = [row for row in own if lane != Lane.REALTIME or not (row["batched"] or row["flexed"])]
    if not rows:
        return None
    return LaneRecord(
        week=plan.week,
        run_id=plan.run_id,
        lane=lane,
        endpoints=",".join(sorted(name for name, config in endpoints.items() if lane in config.lanes)),
        rows=sum(row["asked"] for row in rows),
        requests=sum(row["requests"] for row in rows),
        tokens=sum(row["tokens"] for row in rows),
        seconds=round(max(row["last_at"] for row in rows) - min(row["first_at"] for row in rows), 3),
        cost_usd=_cost(rows),
        saved_usd=_saved(rows, endpoints) if lane in _CHEAPER else 0.0,
        measured_at=datetime.now(UTC),
    )


def _cost(rows: Sequence[dict[str, Any]]) -> float | None:
    return None if any(row["unpriced"] for row in rows) else float(sum(row["cost_usd"] or 0.0 for row in rows))


def _saved(rows: Sequence[dict[str, Any]], endpoints: Mapping[str, EndpointConfig]) -> float | None:
    """What rows of the cheaper lanes would have cost more in realtime."""
    if any(row["unpriced"] for row in rows):
        return None
    return float(sum((row["cost_usd"] or 0.0) * (1.0 / _share_of(row, endpoints) - 1.0) for row in rows))


def _share_of(row: Mapping[str, Any], endpoints: Mapping[str, EndpointConfig]) -> float:
    """Price of the row's lane at its endpoint, as a fraction of the realtime price."""
    config = endpoints.get(row["endpoint"])
    price = Price(0.0, 0.0) if config is None or config.price is None else Price(**config.price.model_dump())
    return price.share(Lane(row["lane"]))
