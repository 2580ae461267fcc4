"""A run as the steps before publication leave it: plan, landed rows and the JSON files of the run folder."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import PipelineConfig
from semtel_ops.store.files import write_json
from semtel_ops.testing.landed import make_landed_rows, write_landed

PASSING_CHECK = {
    "id": "one_row_per_member",
    "description": "Every (conversation, classifier) has exactly one row.",
    "passed": True,
    "severity": "stop",
    "observed": "0",
    "expected": "0",
    "classifier": None,
    "notes": "",
}


def write_finished_run(
    lake: str | Path,
    *,
    week: str = "2026-W47",
    run_id: str = "manual",
    rows: Sequence[Mapping[str, Any]] | None = None,
    verdict: str | None = "passed",
    checks: Sequence[Mapping[str, Any]] = (PASSING_CHECK,),
    include: str | Path = "include",
    config: PipelineConfig | None = None,
    simulated: bool = False,
    dry_run: bool = False,
    ledger: bool = True,
) -> str:
    """Write the run and return its URL; a verdict of None leaves it unjudged."""
    landed = list(make_landed_rows(week=week, run_id=run_id) if rows is None else rows)
    plan = RunPlan(
        week=week,
        run_id=run_id,
        lake=str(lake),
        config=config or PipelineConfig(),
        classifiers=tuple(dict.fromkeys(row["classifier"] for row in landed)),
        endpoints="endpoints.yaml",
        include=str(include),
        dry_run=dry_run,
        ledger=ledger,
    )
    write_landed(plan.paths, landed)
    folder = plan.paths.run(week, run_id)
    write_json(folder.totals, _totals(plan, landed, simulated))
    write_json(folder.sample, _sample(landed))
    if verdict is not None:
        write_json(folder.quality, {"verdict": verdict, "checks": [dict(check) for check in checks]})
    return plan.save()


def _totals(plan: RunPlan, rows: Sequence[Mapping[str, Any]], simulated: bool) -> dict[str, Any]:
    sampled = len({row["conversation_id"] for row in rows})
    costs = [row["cost_usd"] for row in rows]
    return {
        "sampled": sampled,
        "classifiers": list(plan.classifiers),
        "expected_rows": sampled * len(plan.classifiers),
        "landed_rows": len(rows),
        "by_status": dict(Counter(row["status"] for row in rows)),
        "by_lane": dict(Counter(row["lane"] for row in rows)),
        "by_endpoint": {},
        "requests": sum(not row["reused"] for row in rows),
        "reused": sum(row["reused"] for row in rows),
        "cost_usd": None if None in costs else sum(costs),
        "input_tokens": sum(row["input_tokens"] for row in rows),
        "output_tokens": sum(row["output_tokens"] for row in rows),
        "seconds": 0.004 * len(rows),
        "quarantined": 0,
        "simulated": simulated,
        "shards": len({row["shard"] for row in rows}),
        "missing_shards": [],
    }


def _sample(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    weights = {row["conversation_id"]: row["sample_weight"] for row in rows}
    return {
        "population": round(sum(weights.values())),
        "duplicates_same_id": 0,
        "id_conflicts": 0,
        "duplicate_content": 0,
        "sampled": len(weights),
        "scrubbed": {},
        "shards": [
            {"shard": shard, "conversations": len({row["conversation_id"] for row in rows if row["shard"] == shard})}
            for shard in sorted({row["shard"] for row in rows})
        ],
    }
