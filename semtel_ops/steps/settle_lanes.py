"""What the lanes of a run came to: for the report, and for the next run's choice."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from semtel_ops.endpoints import Lane
from semtel_ops.endpoints.catalog import EndpointConfig, EndpointsFile
from semtel_ops.settings import load_yaml
from semtel_ops.steps.means import ledger_of
from semtel_ops.steps.run import RunPlan
from semtel_ops.store import compute
from semtel_ops.store.files import list_files, read_json, write_json
from semtel_ops.store.lane_ledger import LaneLedger, LaneRecord

_COLUMNS = ["shard", "lane", "endpoint", "reused", "calls", "cost_usd", "input_tokens", "output_tokens", "classified_at"]
_SUMS = """
  select lane, endpoint, list_contains($batched, shard) as batched, count(*) as rows,
         count(*) filter (where not reused) as asked,
         count(distinct shard) as shards,
         coalesce(round(sum(calls) filter (where not reused)), 0)::bigint as requests,
         coalesce(sum(input_tokens + output_tokens) filter (where not reused), 0)::bigint as tokens,
         sum(cost_usd) filter (where not reused) as cost_usd,
         count(*) filter (where not reused and cost_usd is null) as unpriced,
         epoch(min(classified_at) filter (where not reused)) as first_at,
         epoch(max(classified_at) filter (where not reused)) as last_at
  from landed where lane is not null group by all order by lane, endpoint
"""


def settle_lanes(plan: RunPlan) -> dict[str, Any]:
    """Add up what each lane did, complete lanes.json with `came_to`, and note the paces in the ledger.

    `rescued` counts rows that realtime answered in shards of the batch lane; `saved_usd` is against the realtime price, and
    None where a price is unknown. Done twice, it gives the same.
    """
    url = plan.paths.lanes(plan.week, plan.run_id)
    told: dict[str, Any] = read_json(url) or {}
    batched = [shard for choice in told.get("choices", ()) if choice["lane"] == Lane.BATCH for shard in choice["shards"]]
    sums = _sums(plan, batched)
    endpoints = {config.name: config for config in load_yaml(plan.endpoints, EndpointsFile).endpoints}
    lanes = {lane: _lane([row for row in sums if row["lane"] == lane], endpoints) for lane in sorted({r["lane"] for r in sums})}
    rescued = [row for row in sums if row["lane"] == Lane.REALTIME and row["batched"]]
    came_to = {
        "lanes": lanes,
        "rescued": {"rows": sum(row["rows"] for row in rescued), "shards": max((row["shards"] for row in rescued), default=0)},
        "saved_usd": _saved([row for row in sums if row["lane"] == Lane.BATCH], endpoints),
    }
    if told:
        write_json(url, {**told, "came_to": came_to})
    records = [record for lane in lanes if (record := _record(plan, lane, sums, endpoints)) is not None]
    if plan.ledger and records:
        with ledger_of(plan) as ledger:
            LaneLedger(ledger).save_records(records)
    return came_to


def _sums(plan: RunPlan, batched: Sequence[int]) -> list[dict[str, Any]]:
    urls = list_files(plan.paths.landed_folder(plan.week, plan.run_id), ".parquet")
    if not urls:
        return []
    with compute.connect() as con:
        compute.read(con, "landed", urls, _COLUMNS)
        return [row for batch in compute.sql(con, _SUMS, batched=list(batched)) for row in batch.to_pylist()]


def _lane(rows: Sequence[dict[str, Any]], endpoints: Mapping[str, EndpointConfig]) -> dict[str, Any]:
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
    """What a lane did; of realtime only shards that were its own, since a rescue begins hours after the rest."""
    rows = [row for row in sums if row["lane"] == lane and row["asked"] and (lane != Lane.REALTIME or not row["batched"])]
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
        saved_usd=_saved(rows, endpoints) if lane == Lane.BATCH else 0.0,
        measured_at=datetime.now(UTC),
    )


def _cost(rows: Sequence[dict[str, Any]]) -> float | None:
    return None if any(row["unpriced"] for row in rows) else float(sum(row["cost_usd"] or 0.0 for row in rows))


def _saved(rows: Sequence[dict[str, Any]], endpoints: Mapping[str, EndpointConfig]) -> float | None:
    """What rows of the batch lane would have cost more in realtime."""
    if any(row["unpriced"] for row in rows):
        return None
    return float(sum((row["cost_usd"] or 0.0) * (1.0 / _discount(endpoints.get(row["endpoint"])) - 1.0) for row in rows))


def _discount(config: EndpointConfig | None) -> float:
    return config.price.batch_discount if config is not None and config.price is not None else 0.5
