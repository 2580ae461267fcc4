"""A run's shards: the lane of each with its reason, the rows that landed, and the duration."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select

from semtel_ops.page.context import PageContext
from semtel_ops.store import sql_engine
from semtel_ops.store.files import list_files
from semtel_ops.store.lane_ledger import LaneLedger, LaneRow
from semtel_ops.store.ledger_tables import batch_job, shard_pace


def shards_of(source: PageContext, week: str, run_id: str, finished_at: datetime | None) -> list[dict[str, Any]]:
    """Every shard that has a lane, a recorded duration or landed rows, by number; unknown values are None.

    `seconds` is the time from the first request to the last; in the batch lane, from the first job to the end of the last.
    """
    choices = {row.shard: row for row in LaneLedger(source.ledger).choices(week, run_id)}
    seconds = _seconds(source, week, run_id)
    urls = tuple(list_files(source.lake.run(week, run_id).landed_folder, ".parquet"))
    sums = _landed if finished_at is None else _landed_cached
    landed = sums(urls, finished_at) if urls else {}
    numbers = sorted({*choices, *seconds, *landed})
    absent = "in progress" if finished_at is None else "missing"
    return [_shard(number, choices.get(number), landed.get(number), seconds.get(number), absent) for number in numbers]


def _seconds(source: PageContext, week: str, run_id: str) -> dict[int, float]:
    seconds: dict[int, float] = {}
    jobs = select(batch_job.c.shard, func.min(batch_job.c.created_at), func.max(batch_job.c.finished_at))
    jobs = jobs.where(batch_job.c.week == week, batch_job.c.run_id == run_id).group_by(batch_job.c.shard)
    with source.ledger.read() as connection:
        for shard, began, ended in connection.execute(jobs):
            if ended is not None:
                seconds[shard] = max(0.0, ended.timestamp() - began)
        own_shards = (shard_pace.c.week == week, shard_pace.c.run_id == run_id)
        query = select(shard_pace.c.shard, shard_pace.c.ended_at - shard_pace.c.began_at).where(*own_shards)
        seconds |= {shard: max(0.0, took) for shard, took in connection.execute(query) if shard not in seconds}
    return seconds


def _landed(urls: tuple[str, ...], _finished_at: datetime | None) -> dict[int, dict[str, Any]]:
    with sql_engine.connect() as con:
        sql_engine.read(con, "landed", urls, _COLUMNS)
        return {row["shard"]: row for row in sql_engine.records(con, _SUMS)}


_landed_cached = lru_cache(maxsize=16)(_landed)
"""For finished runs, whose rows do not change."""


def _shard(
    number: int, choice: LaneRow | None, landed: dict[str, Any] | None, seconds: float | None, absent: str
) -> dict[str, Any]:
    known = landed or dict.fromkeys(("conversations", "rows", "reused", "requests", "cost_usd", "seconds"))
    return {
        **known,
        "shard": number,
        "state": "landed" if landed else absent,
        "seconds": known["seconds"] if seconds is None else seconds,
        "lane": choice.lane if choice else None,
        "reason": choice.reason if choice else None,
        "rescued": (choice.rescue_reason or "it was late") if choice and choice.rescued_at else None,
    }


_COLUMNS = ("conversation_id", "shard", "reused", "calls", "cost_usd", "classified_at")
_SUMS = """
select shard, count(distinct conversation_id) as conversations, count(*) as rows, count(*) filter (where reused) as reused,
       cast(coalesce(round(sum(calls) filter (where not reused)), 0) as bigint) as requests,
       sum(cost_usd) filter (where not reused) as cost_usd,
       epoch(max(classified_at) - min(classified_at)) as seconds
from landed group by shard
"""
