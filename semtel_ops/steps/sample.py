"""Sample the week: resolve duplicates, select and weight conversations, and divide them into shards."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast

import pyarrow as pa

from semtel_ops.concealed import shown_name
from semtel_ops.conversations.lake_ids import shown_id
from semtel_ops.conversations.sampling import PLACE_SQL, grade_sql, pick_sql, shard_count
from semtel_ops.conversations.weeks import Week
from semtel_ops.errors import EmptySourceError, ReconciliationError, SourceError, StoreError
from semtel_ops.humanize import count, number
from semtel_ops.runs.documents import SampleDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import ExtractedPart, ShardRef
from semtel_ops.steps.quarantine import atomic_quarantine
from semtel_ops.steps.snapshots import find_grown
from semtel_ops.store.files import exists, list_files, read_json, remove, write_json
from semtel_ops.store.parquet import read_batches
from semtel_ops.store.rooted import decode, encode
from semtel_ops.store.seal import open_verified
from semtel_ops.store.sql_engine import Connection, connect, read, records, sql, value, write_partitioned
from semtel_ops.store.tables import CONVERSATIONS

log = logging.getLogger(__name__)

# Columns that sampling needs; the text is read only for selected conversations.
_NARROW = ("conversation_id", "content_hash", "sample_key", "started_at", "language", "chars", "n_turns", "place")
_WIDE = ("conversation_id", "content_hash", "started_at", "language", "turns", "chars", "labels_json")
_PART_COUNTS = ("read", "unreadable", "outside_week", "not_sampled", "staged_rows")
_BATCH_ROWS = 1_000
_RUN_ID = b"semtel.run_id"


def sample_week(parts: Sequence[ExtractedPart]) -> list[ShardRef]:
    """Write the week's conversations, one file per shard, and sample.json; return a reference to each shard.

    Empty shards are returned too: together all shards cover the whole range of buckets. A second call writes the
    same files while the staged files exist, and returns the earlier result once they are deleted.

    Raises:
        EmptySourceError: no conversation of the week remains to sample; the message counts what was excluded.
        StoreError: staged files are missing and the week's shards belong to another run.
        ReconciliationError: rows of the parts and rows of the sample do not add up.
    """
    if not parts:
        raise SourceError("nothing to sample: the source has no files, or extract did not run")
    parts = sorted(parts, key=lambda part: part["part"])
    plan = RunPlan.load(parts[0]["run"])
    urls = [part["staged"] for part in parts]
    if not all(exists(url) for url in urls):
        return _earlier_result(plan)
    with connect() as con:
        read(con, "staged", urls, _NARROW)
        find_grown(con, urls)
        for _ in sql(con, grade_sql(plan.config.sample, grown="grown")):
            pass
        summary = _summary(con, plan, parts)
        if not summary["eligible"]:
            raise EmptySourceError(_nothing_to_sample(plan, parts, summary))
        shards = _pick(con, plan, summary)
        _write_conflicts(con, plan)
        for table in ("graded", "picked"):  # only `placed` is needed beside the text
            sql(con, f"drop table {table}")
        # The shards on disk are now inconsistent; the missing sample.json marks them as incomplete.
        remove(plan.folder.sample)
        written = _write_shards(con, plan, urls, shards)
    refs: list[ShardRef] = [{"run": plan.url, "shard": shard, "conversations": rows} for shard, rows in sorted(written.items())]
    if sum(written.values()) != summary["sampled"]:
        raise ReconciliationError(
            f"week {plan.week}: {summary['sampled']} conversations were selected, but {sum(written.values())} written"
        )
    summary["shards"] = refs
    write_json(plan.folder.sample, encode(summary, plan.lake))
    remove(plan.folder.staged_folder)
    log.info(
        "week %s: %s of %s sampled into %s; %s, %s", plan.week, number(summary["sampled"]),
        count(summary["eligible"], "eligible conversation"), count(shards, "shard"), count(summary["duplicates"], "duplicate"),
        count(summary["id_conflicts"], "id conflict"),
    )  # fmt: skip
    return refs


def _earlier_result(plan: RunPlan) -> list[ShardRef]:
    """The shards this run sampled before, if they are still its own."""
    summary: SampleDocument | None = read_json(plan.folder.sample)
    again = "clear extract as well to read the source again"
    if summary is None:
        raise StoreError(f"week {plan.week}: the staged files of run {plan.run_id} are missing; {again}")
    refs: list[ShardRef] = decode(summary["shards"], plan.lake)
    for ref in refs:
        if owner_of(plan.folder.conversations(ref["shard"])) != plan.run_id:
            raise StoreError(f"week {plan.week}: shard {ref['shard']} is missing or belongs to another run; {again}")
    log.info("week %s: already sampled, %s", plan.week, count(len(refs), "shard"))
    return refs


def owner_of(url: str) -> str | None:
    """The run that wrote a shard of the week, from the file's metadata; None if there is no such file or no owner."""
    try:
        with open_verified(url) as opened:
            owner: bytes | None = (opened.metadata.schema.to_arrow_schema().metadata or {}).get(_RUN_ID)
    except FileNotFoundError:
        return None
    return None if owner is None else owner.decode()


def _summary(con: Connection, plan: RunPlan, parts: Sequence[ExtractedPart]) -> SampleDocument:
    """Counts from reading to sampling: every record of the source is either sampled or in exactly one of the other counts."""
    counts = {name: sum(cast("dict[str, int]", part)[name] for part in parts) for name in _PART_COUNTS}
    counted = records(con, "select verdict, count(*) as n from graded group by verdict")
    verdicts = Counter({row["verdict"]: row["n"] for row in counted})
    if verdicts.total() != counts["staged_rows"]:
        raise ReconciliationError(
            f"week {plan.week}: extract counted {counts['staged_rows']} staged rows, but the files contain {verdicts.total()}; "
            "clear extract and run it again"
        )
    eligible = verdicts["kept"]
    conflicts = verdicts["duplicate_id_conflict"]
    scrubbed: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for part in parts:
        scrubbed.update(part["scrubbed"])
        left_out.update(part.get("left_out", {}))
    sample = plan.config.sample
    forgotten = sum(part.get("forgotten", 0) for part in parts)
    summary: SampleDocument = {
        "read": counts["read"],
        "unreadable": counts["unreadable"],
        "outside_week": counts["outside_week"],
        "not_sampled": counts["not_sampled"],
        "staged_rows": counts["staged_rows"],
        "id_conflicts": conflicts,
        "quarantined": counts["unreadable"] + conflicts,
        "duplicates_same_id": verdicts["duplicate_same_id"],
        "duplicate_content": verdicts["duplicate_content"],
        "duplicates": verdicts["duplicate_same_id"] + verdicts["duplicate_content"],
        "eligible": eligible,
        # The sum of weights: an estimate if a rate below 1 was applied.
        "population": round(eligible / sample.rate),
        "sampled": eligible if sample.count is None else min(eligible, sample.count),
        "repaired": sum(part.get("repaired", 0) for part in parts),
        "scrubbed": dict(scrubbed),
        "left_out": dict(left_out),
    }
    if forgotten:
        summary["forgotten"] = forgotten
    return summary


def _pick(con: Connection, plan: RunPlan, summary: SampleDocument) -> int:
    """Make `picked` and `placed`; return the number of shards."""
    for _ in sql(con, pick_sql(plan.config.sample), population=summary["eligible"] / plan.config.sample.rate):
        pass
    shards = shard_count(summary["sampled"], plan.config.shards)
    for _ in sql(con, PLACE_SQL, shards=shards):
        pass
    picked = value(con, "select count(*) from placed")
    if picked != summary["sampled"]:
        raise ReconciliationError(f"week {plan.week}: {summary['sampled']} conversations to sample, but {picked} were selected")
    return shards


def _write_conflicts(con: Connection, plan: RunPlan) -> None:
    """Quarantine ids used by several conversations: one entry per row."""
    text = """
      select place, conversation_id from graded where verdict = 'duplicate_id_conflict'
      order by conversation_id, part_file, part_row
    """
    with atomic_quarantine(plan.folder.quarantine("sample")) as add:
        for row in records(con, text):
            detail = f"id {shown_id(row['conversation_id'])} is used by different conversations; none of them is sampled"
            add(row["place"], "duplicate_id_conflict", detail)


def _write_shards(con: Connection, plan: RunPlan, urls: Sequence[str], shards: int) -> dict[int, int]:
    """Write all shards and remove surplus shards of an earlier sample; return the rows of each shard."""
    schema = CONVERSATIONS.with_metadata({_RUN_ID: plan.run_id.encode()})
    written = write_partitioned(
        _picked_batches(con, plan, urls, schema),
        "shard",
        plan.folder.conversations,
        schema,
        range(shards),
    )
    current = {plan.folder.conversations(shard).rsplit("/", 1)[-1] for shard in written}
    for url in list_files(plan.folder.conversations_folder, ".parquet"):
        if url.rsplit("/", 1)[-1] not in current:
            remove(url)
    return written


def _picked_batches(con: Connection, plan: RunPlan, urls: Sequence[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The selected rows with their text, in staging order."""
    text = "select part_row, shard, sample_weight, stratum from placed where part_file = $part order by part_row"
    for part, url in enumerate(urls):
        placed = pa.Table.from_batches(sql(con, text, part=part), schema=_PLACED)
        rows = placed.column("part_row").to_numpy()
        offset = 0
        for batch in read_batches(url, _WIDE, _BATCH_ROWS):
            first, last = rows.searchsorted((offset, offset + batch.num_rows)).tolist()
            if first < last:
                here = batch if last - first == batch.num_rows else batch.take(pa.array(rows[first:last] - offset))
                yield _joined(plan.week, here, placed.slice(first, last - first), schema)
            offset += batch.num_rows


_PLACED = pa.schema(
    [("part_row", pa.int64()), ("shard", pa.int32()), ("sample_weight", pa.float64()), ("stratum", pa.string())]
)


def _joined(week: str, wide: pa.RecordBatch, placed: pa.Table, schema: pa.Schema) -> pa.RecordBatch:
    columns: dict[str, Any] = {name: wide.column(name) for name in _WIDE}
    columns |= {name: placed.column(name).combine_chunks() for name in ("shard", "sample_weight", "stratum")}
    columns["week"] = pa.repeat(pa.scalar(week), wide.num_rows)
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _nothing_to_sample(plan: RunPlan, parts: Sequence[ExtractedPart], summary: SampleDocument) -> str:
    """What a person needs to see why the week is empty, and what to do."""
    source = plan.config.source
    where = ", ".join(map(shown_name, source.paths)) if source.sql is None else source.sql.table or "the query of source.sql"
    message = f"week {plan.week}: no conversation to label in {where}; {count(summary['read'], 'record')} read"
    for left_out, why in (
        (summary["outside_week"], "outside the week"),
        (summary["unreadable"], "unreadable"),
        (summary["id_conflicts"], "with an id that different conversations share"),
        (summary.get("forgotten", 0), "forgotten"),
        (summary["not_sampled"], f"not sampled at a rate of {plan.config.sample.rate:g}"),
    ):
        if left_out:
            message += f", {number(left_out)} {why}"
    return f"{message}.{_advice(plan, parts, summary)}"


def _advice(plan: RunPlan, parts: Sequence[ExtractedPart], summary: SampleDocument) -> str:
    if summary["quarantined"] >= max(summary["outside_week"], summary["not_sampled"], 1):
        return f" See {plan.folder.quarantine_folder}"
    if summary["not_sampled"] > summary["outside_week"]:
        return " Raise sample.rate"
    if not summary["outside_week"]:
        return " The source is empty"
    first = min(filter(None, (part["first_started_at"] for part in parts)), key=datetime.fromisoformat)
    last = max(filter(None, (part["last_started_at"] for part in parts)), key=datetime.fromisoformat)
    weeks = [Week.containing(datetime.fromisoformat(moment)) for moment in (first, last)]
    return (
        f" Their dates run from {first[:10]} ({weeks[0]}) to {last[:10]} ({weeks[1]}):"
        " run one of those weeks, or set dates to ignore to accept records of any date"
    )
