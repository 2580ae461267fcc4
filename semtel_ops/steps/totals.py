"""Totals of a run's landed rows, computed in SQL from the rows themselves rather than from counters passed between tasks."""

from typing import Any, cast

from semtel_ops.classifiers import MatchedBy
from semtel_ops.errors import DamagedFileError
from semtel_ops.humanize import count, number
from semtel_ops.runs.documents import CleaningCounts, LandedTotals, SampleDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.erased_runs import erased_from
from semtel_ops.store import sql_engine
from semtel_ops.store.files import how_to_repair, list_files, read_json
from semtel_ops.store.parquet import claimed_rows

_COLUMNS = [
    "conversation_id", "classifier", "status", "lane", "endpoint", "model", "matched_by", "reused", "calls", "cost_usd",
    "input_tokens", "output_tokens", "strategy", "carried_from",
]  # fmt: skip

_PAID = "not reused"
_SUMS = f"""
  count(*) as rows,
  count(distinct conversation_id || chr(31) || classifier) as members,
  coalesce(round(sum(calls) filter (where {_PAID})), 0) as requests,
  count(*) filter (where reused) as reused,
  count(carried_from) as carried,
  sum(cost_usd) filter (where {_PAID}) as cost_usd,
  count(*) filter (where cost_usd is null and {_PAID}) as unpriced,
  coalesce(sum(input_tokens) filter (where {_PAID}), 0) as input_tokens,
  coalesce(sum(output_tokens) filter (where {_PAID}), 0) as output_tokens
"""

_BY_STATUS = "select status, count(*) as rows from landed group by 1 order by 1"
_BY_LANE = "select lane, count(*) as rows from landed where lane is not null group by 1 order by 1"
_BY_ENDPOINT = f"""
  select endpoint, any_value(model) as model, {_SUMS} from landed where endpoint is not null group by 1 order by 1
"""  # noqa: S608 - constants of this module
_CLEANING = f"""
  select classifier, model, strategy, count(*) as rows,
    {", ".join(f"count(*) filter (where matched_by = '{how.value}') as {how.value}" for how in MatchedBy)},
    count(*) filter (where status = 'invalid_output') as given_up
  from landed where model is not null group by all order by all
"""  # noqa: S608 — constants of this module


def landed_totals(plan: RunPlan) -> LandedTotals:
    """Counts and cost over all landed rows of a run; rows paid for by another run cost this run nothing.

    `cost_usd` is None when any row's price is unknown. `cleaning`: how replies became labels, by classifier, model and
    strategy; the rest of `rows` were refused or failed.
    """
    urls = list_files(plan.folder.landed_folder, ".parquet")
    if not urls:
        return {"landed_rows": 0, "members": 0, "requests": 0, "reused": 0, "carried": 0, "cost_usd": 0.0, "input_tokens": 0,
                "output_tokens": 0, "by_status": {}, "by_lane": {}, "by_endpoint": {}, "cleaning": []}  # fmt: skip
    with sql_engine.connect() as con:
        sql_engine.read(con, "landed", urls, _COLUMNS)
        (total,) = sql_engine.records(con, f"select {_SUMS} from landed")  # noqa: S608 — constants of this module
        by_status = list(sql_engine.records(con, _BY_STATUS))
        by_lane = list(sql_engine.records(con, _BY_LANE))
        by_endpoint = list(sql_engine.records(con, _BY_ENDPOINT))
        cleaning = list(sql_engine.records(con, _CLEANING))
    return {
        "landed_rows": total["rows"],
        "members": total["members"],
        "requests": int(total["requests"]),
        "reused": total["reused"],
        "carried": total["carried"],
        "cost_usd": _cost(total),
        "input_tokens": int(total["input_tokens"]),
        "output_tokens": int(total["output_tokens"]),
        "by_status": {row["status"]: row["rows"] for row in by_status},
        "by_lane": {row["lane"]: row["rows"] for row in by_lane},
        "by_endpoint": {
            row["endpoint"]: {
                "model": row["model"],
                "rows": row["rows"],
                "cost_usd": _cost(row),
                "input_tokens": int(row["input_tokens"]),
                "output_tokens": int(row["output_tokens"]),
            }
            for row in by_endpoint
        },
        "cleaning": cast("list[CleaningCounts]", cleaning),
    }


def check_counted(plan: RunPlan) -> None:
    """Check that the rows of a published run are as many as were counted, unless conversations were forgotten since.

    Raises:
        DamagedFileError: a file has other rows, as an older copy has, or is missing.
    """
    sample: SampleDocument | None = read_json(plan.folder.sample)
    if sample is None or erased_from(plan):
        return
    for ref in sample["shards"]:
        url = plan.folder.landed(ref["shard"])
        rows, expected = claimed_rows(url) or 0, ref["conversations"] * len(plan.classifiers)
        if rows != expected:
            raise DamagedFileError(
                f"{url}: has {count(rows, 'row')}, but {number(expected)} were published: it was removed, or is an older copy; "
                f"{how_to_repair(url)}"
            )


def asked_from_nothing(plan: RunPlan) -> dict[str, Any]:
    """Requests, tokens and cost of a run's rows as if no reply had been stored before; `cost_usd` as in `landed_totals`."""
    urls = list_files(plan.folder.landed_folder, ".parquet")
    with sql_engine.connect() as con:
        sql_engine.read(con, "landed", urls, _COLUMNS)
        (total,) = sql_engine.records(con, f"select {_SUMS.replace(_PAID, 'true')} from landed")  # noqa: S608 — constants of this module
    return {
        "requests": int(total["requests"]),
        "input_tokens": int(total["input_tokens"]),
        "output_tokens": int(total["output_tokens"]),
        "cost_usd": _cost(total),
    }


def _cost(row: dict[str, Any]) -> float | None:
    return None if row["unpriced"] else float(row["cost_usd"] or 0.0)
