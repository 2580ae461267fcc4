"""The view of the quarantine: records that could not be read, and rows without a label.

Contains reasons and places, never text: `semtel_ops.page.conversation` is the only module of this package that reads text.
"""

from collections import Counter
from typing import Any

from semtel_ops.conversations.lake_ids import shown_id
from semtel_ops.page.context import NotThereError, PageContext
from semtel_ops.report.quarantine import QuarantineEntry, read_entries
from semtel_ops.store import sql_engine
from semtel_ops.store.files import list_files

PAGE_ROWS = 25


def quarantine_view(
    source: PageContext, week: str, run_id: str, *, reason: str | None = None, offset: int = 0
) -> dict[str, Any]:
    """A run's quarantine: counts by reason, and a page of entries, optionally of one reason.

    Raises:
        NotThereError: there is no such run, or no entry has that reason.
    """
    source.run(week, run_id)
    counts: Counter[str] = Counter()
    shown: list[QuarantineEntry] = []
    matching = 0
    for entry in read_entries(source.lake.run(week, run_id).quarantine_folder):
        counts[entry.reason] += entry.entries
        if reason in (None, entry.reason):
            if offset <= matching < offset + PAGE_ROWS:
                shown.append(entry)
            matching += 1
    if reason is not None and reason not in counts:
        raise NotThereError("no quarantine entry of that run has that reason")
    return {
        "week": week,
        "run_id": run_id,
        "reasons": [{"reason": known_reason, "count": n} for known_reason, n in counts.most_common()],
        "total": counts.total(),
        "matching": matching,
        "offset": offset,
        "page_rows": PAGE_ROWS,
        "entries": [entry._asdict() for entry in shown],
    }


def unlabelled_view(
    source: PageContext, week: str, run_id: str, *, offset: int = 0, may_read_text: bool = False
) -> dict[str, Any]:
    """Rows of a run that did not succeed: counts by classifier and status, and a page of them.

    Ids are as in the lake for those who may read text, which they ask for by id; others see `shown_id`.

    Raises:
        NotThereError: there is no such run.
    """
    source.run(week, run_id)
    urls = list_files(source.lake.run(week, run_id).landed_folder, ".parquet")
    empty: dict[str, Any] = {"counts": [], "total": 0, "offset": offset, "page_rows": PAGE_ROWS, "rows": []}
    if not urls:
        return empty
    with sql_engine.connect() as con:
        sql_engine.read(con, "landed", urls, _COLUMNS)
        counts = list(sql_engine.records(con, _COUNTS))
        rows = list(sql_engine.records(con, _ROWS, many=PAGE_ROWS, skip=offset))
    if not may_read_text:
        rows = [{**row, "conversation_id": shown_id(row["conversation_id"])} for row in rows]
    return {**empty, "counts": counts, "total": sum(row["n"] for row in counts), "rows": rows}


_COLUMNS = ("conversation_id", "shard", "classifier", "status", "error", "lane", "endpoint", "attempts")
_COUNTS = """
select classifier, status, count(*) as n from landed where status <> 'success'
group by classifier, status order by n desc, classifier, status
"""
_ROWS = """
select conversation_id, shard, classifier, status, error, lane, endpoint, attempts from landed where status <> 'success'
order by shard, conversation_id, classifier limit $many offset $skip
"""
