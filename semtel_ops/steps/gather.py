"""Gather a run: whatever happened to its shards, every row is accounted for afterwards."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, cast

from semtel_ops.classifiers import load_classifiers
from semtel_ops.errors import DamagedFileError, ReconciliationError
from semtel_ops.humanize import count, estimate, number, tally
from semtel_ops.report.refusals import collect_refusals
from semtel_ops.runs.built_bridge import bridge_cost
from semtel_ops.runs.documents import (
    BridgeCost,
    BridgeDocument,
    BridgeForecast,
    ForecastDocument,
    RefusalCount,
    SampleDocument,
    TotalsDocument,
)
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import ShardForecast, ShardManifest, ShardRef, ShardResult
from semtel_ops.runs.resources import ledger_of
from semtel_ops.shards.carry_over import carried_rows
from semtel_ops.shards.label_row import missing_row
from semtel_ops.shards.row_buffer import RowBuffer
from semtel_ops.shards.sampled import check_sampled
from semtel_ops.steps.lane_results import record_lane_results
from semtel_ops.steps.run_state import advance, totals_fields
from semtel_ops.steps.strategy_summary import record_disagreement, strategy_summary
from semtel_ops.steps.totals import landed_totals
from semtel_ops.store.files import how_to_repair, read_document, read_json, write_json
from semtel_ops.store.ledger_tables import RunState
from semtel_ops.store.parquet import count_rows, read_rows

log = logging.getLogger(__name__)


def gather_run(run: str, shards: Sequence[ShardResult] | None) -> dict[str, Any]:
    """Add the shards up, give rows of shards that never landed the status `missing`, and write totals.json.

    Which shards there are is read from the sample, not from `shards` (the manifests of those that came through): a task
    that died left no manifest.

    Raises:
        ReconciliationError: sampled × classifiers ≠ landed.
    """
    plan = RunPlan.load(run)
    folder = plan.folder
    sample: SampleDocument = read_document(folder.sample, step="sample")
    if plan.dry_run:
        return _forecast(plan, sample, cast("list[ShardForecast]", shards or []))
    counted = _counted_before(plan, sample)
    missing = [ref["shard"] for ref in sample["shards"] if _fill_missing(plan, ref, counted)]
    expected = sample["sampled"] * len(plan.classifiers)
    landed, bridge = landed_totals(plan), bridge_cost(plan)
    totals: TotalsDocument = {
        **landed,
        "strategy": strategy_summary(plan),
        "strategy_note": plan.strategy_note,
        "sampled": sample["sampled"],
        "classifiers": list(plan.classifiers),
        "expected_rows": expected,
        "shards": len(sample["shards"]),
        "missing_shards": missing,
        "quarantined": sample["quarantined"],
        "estimated_rows": sum(cast("ShardManifest", shard).get("estimated_rows", 0) for shard in shards or []),
        "seconds": round(sum(cast("ShardManifest", shard)["seconds"] for shard in shards or []), 3),
        "simulated": any(str(endpoint["model"]).startswith("simulated") for endpoint in landed["by_endpoint"].values()),
        "bridge": bridge,
        "refusals": [cast("RefusalCount", asdict(refusal)) for refusal in collect_refusals(folder.refusals_folder)],
    }
    if bridge is not None:
        totals = _with_bridge(totals, bridge)
    write_json(folder.totals, totals)
    del totals["refusals"]  # for people, not for the next task
    if not totals["landed_rows"] == totals.pop("members") == expected:
        raise ReconciliationError(
            f"week {plan.week}: {count(sample['sampled'], 'conversation')} × {count(len(plan.classifiers), 'classifier')} = "
            f"{count(expected, 'row')}, but {number(totals['landed_rows'])} landed; clear the shards and gather again"
        )
    _record(plan)
    record_lane_results(plan)
    log.info(
        "week %s: %s sampled, %s of %s landed; %s", plan.week, count(sample["sampled"], "conversation"),
        number(totals["landed_rows"]), count(expected, "expected row"), tally(totals["by_status"]),
    )  # fmt: skip
    return {"run": run, "week": plan.week, "dry_run": False, **totals}


def _with_bridge(totals: TotalsDocument, bridge: BridgeCost) -> TotalsDocument:
    """The totals with what the bridge took; its rows are last week's, and are not counted."""
    return {
        **totals,
        "requests": totals["requests"] + bridge["requests"],
        "input_tokens": totals["input_tokens"] + bridge["input_tokens"],
        "output_tokens": totals["output_tokens"] + bridge["output_tokens"],
        "cost_usd": _sum_of_known([totals["cost_usd"], bridge["cost_usd"]]),
    }


def _counted_before(plan: RunPlan, sample: SampleDocument) -> frozenset[int]:
    """Shards whose rows an earlier gather has counted, of the same sample."""
    totals: TotalsDocument | None = read_json(plan.folder.totals, needed=False)
    if totals is None or (totals["sampled"], totals["shards"]) != (sample["sampled"], len(sample["shards"])):
        return frozenset()
    return frozenset(ref["shard"] for ref in sample["shards"]) - frozenset(totals["missing_shards"])


def _fill_missing(plan: RunPlan, ref: ShardRef, counted: Collection[int]) -> bool:
    """Whether the shard never landed; if so, its rows are written with the status `missing`, carried-over rows unchanged.

    A shard whose rows all have the status `missing` was filled in by an earlier gather: it is still missing.

    Raises:
        DamagedFileError: the rows have landed before, and are no longer there; or the sample is another one.
    """
    url = plan.folder.landed(ref["shard"])
    expected = ref["conversations"] * len(plan.classifiers)
    found = count_rows(url)
    if found != expected:
        check_sampled(plan, ref)
        if ref["shard"] in counted:
            raise DamagedFileError(
                f"{url}: has {count(found, 'row')}, but {number(expected)} had landed: it was removed, or is an older copy; "
                f"{how_to_repair(url)}. If the shard will not land, remove totals.json: its rows get the status missing"
            )
    else:
        asked = [row["status"] for row in read_rows(url, ["status", "carried_from"]) if row["carried_from"] is None]
        return bool(asked) and all(status == "missing" for status in asked)
    specs = load_classifiers(plan.prompts, plan.classifiers)
    conversations = plan.folder.conversations(ref["shard"])
    rows = RowBuffer()
    for batch in carried_rows(plan, ref["shard"]):
        rows.add_carried(batch)
    carried = len(rows)
    for row in read_rows(conversations, ["conversation_id", "sample_weight"], 5_000):
        for spec in specs:
            if (row["conversation_id"], spec.id) not in rows:
                rows.add(missing_row(row, spec.id, spec.version, week=plan.week, run_id=plan.run_id, shard=ref["shard"]))
    rows.write(url)
    log.warning("shard %d did not land: %s got the status missing", ref["shard"], count(expected - carried, "row"))
    return True


def _forecast(plan: RunPlan, sample: SampleDocument, shards: Sequence[ShardForecast]) -> dict[str, Any]:
    costs = [shard["cost_usd"] for shard in shards]
    in_batches = [shard["batch_cost_usd"] for shard in shards]
    forecast: ForecastDocument = {
        "sampled": sample["sampled"],
        "requests": sum(shard["requests"] for shard in shards),
        "reused": sum(shard["reused"] for shard in shards),
        "input_tokens": sum(shard["input_tokens"] for shard in shards),
        "output_tokens": sum(shard["output_tokens"] for shard in shards),
        "cost_usd": _sum_of_known(costs),
        "batch_cost_usd": _sum_of_known(in_batches),
        "strategy_note": plan.strategy_note,
    }
    thoughts = sum(shard.get("thought_tokens", 0) for shard in shards)
    if thoughts:
        forecast["thought_tokens"] = thoughts
        log.info(
            "%s of the output tokens are assumed for thoughts; the rows of a first run show what they need", number(thoughts)
        )
    built: BridgeDocument | None = None if plan.bridge is None else read_json(plan.folder.bridge)
    if built is not None and built["forecast"] is not None:
        forecast = _with_forecast(forecast, built["forecast"])
    write_json(plan.folder.forecast, forecast)
    if plan.ledger:
        with ledger_of(plan) as ledger:
            advance(ledger, plan, state=RunState.DRY_RUN, sampled=sample["sampled"], finished_at=datetime.now(UTC))
    log.info(
        "dry run of week %s: %s, %s (%s already paid for), %s input and %s output tokens, %s; no request was sent", plan.week,
        count(sample["sampled"], "conversation"), count(forecast["requests"], "request"), count(forecast["reused"], "row"),
        number(forecast["input_tokens"]), number(forecast["output_tokens"]), estimate(forecast["cost_usd"]),
    )  # fmt: skip
    return {"run": plan.url, "week": plan.week, "dry_run": True, **forecast}


def _with_forecast(forecast: ForecastDocument, bridge: BridgeForecast) -> ForecastDocument:
    """The forecast of the run with that of its bridge, which is asked in the run's own lane."""
    in_batches = forecast["batch_cost_usd"]
    return {
        **forecast,
        "requests": forecast["requests"] + bridge["requests"],
        "reused": forecast["reused"] + bridge["reused"],
        "input_tokens": forecast["input_tokens"] + bridge["input_tokens"],
        "output_tokens": forecast["output_tokens"] + bridge["output_tokens"],
        "cost_usd": _sum_of_known([forecast["cost_usd"], bridge["cost_usd"]]),
        "batch_cost_usd": None if in_batches is None else _sum_of_known([in_batches, bridge["cost_usd"]]),
        "bridge": bridge,
    }


def _sum_of_known(costs: Sequence[float | None]) -> float | None:
    """None where any is unknown: an unknown price is not a price of nothing."""
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None


def _record(plan: RunPlan) -> None:
    if not plan.ledger:
        return
    with ledger_of(plan) as ledger:
        record_disagreement(plan, ledger)
        fields = totals_fields(plan)
        fields["state"] = RunState.RUNNING
        advance(ledger, plan, **fields)
