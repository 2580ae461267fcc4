"""Publish a run: its label rows become the week's, in the lake and in SQL, with the week's shares."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, insert

from semtel_ops.errors import ConfigError, QualityGateError, ReconciliationError, StoreError
from semtel_ops.humanize import count, number
from semtel_ops.report.classifier_info import load_classifier_info
from semtel_ops.report.shares import (
    COLUMNS,
    ROWS,
    SLICES,
    LabelShare,
    SliceShare,
    classifier_versions,
    label_shares,
    slice_shares,
)
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import ledger_of_environment
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store import sql_engine
from semtel_ops.store.files import list_files, read_json
from semtel_ops.store.label_rows import replace_week
from semtel_ops.store.ledger import mark_published
from semtel_ops.store.parquet import count_rows
from semtel_ops.store.publication import StagedWeek

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Shares:
    labels: list[LabelShare]
    slices: list[SliceShare]
    hidden: int
    versions: dict[str, str]


def publish_run(run: str) -> dict[str, Any]:
    """Make a run's rows the week's published ones, in place of any other run's. Twice is once.

    Files are copied first; then one SQL transaction replaces the week's rows and shares, exchanges the files and commits,
    so that the lake and SQL change together or, in a crash, are one rerun apart.

    Raises:
        QualityGateError: the gate stopped the run.
        ConfigError: the run is a dry run.
        ReconciliationError: the landed files do not hold as many rows as were counted.
    """
    plan = RunPlan.load(run)
    verdict = _allowed(plan)
    urls = list_files(plan.folder.landed_folder, ".parquet")
    rows = _reconciled(plan, urls)
    shares = _shares(plan, urls)
    staged = StagedWeek(plan.paths, plan.week, plan.run_id, urls)
    try:
        folder, supersedes, sql_rows = _replace(plan, staged, urls, shares, verdict)
    finally:
        staged.discard()
    log.info("week %s: run %s published, %s in %s", plan.week, plan.run_id, count(rows, "row"), count(len(urls), "file"))
    return {
        "run": run,
        "week": plan.week,
        "published": folder,
        "rows": rows,
        "files": len(urls),
        "sql_rows": sql_rows,
        "shares": len(shares.labels),
        "slices": len(shares.slices),
        "slices_hidden": shares.hidden,
        "supersedes": supersedes,
    }


def _allowed(plan: RunPlan) -> str:
    """The gate's verdict, where it lets the run through."""
    if plan.dry_run:
        raise ConfigError("dry_run", True, f"run {plan.run_id} asked nothing, so it has nothing to publish; start one without")
    quality = read_json(plan.folder.quality)
    if quality is None:
        raise StoreError(f"run {plan.run_id} of week {plan.week} was not validated; run `validate` before `publish`")
    verdict = str(quality["verdict"])
    if verdict not in {"passed", "warn"}:
        failed = [check["id"] for check in quality["checks"] if not check["passed"] and check["severity"] == "stop"]
        raise QualityGateError(
            f"run {plan.run_id} of week {plan.week} is not published: the quality gate stopped it "
            f"({', '.join(dict.fromkeys(failed)) or verdict}); see its report, mend the cause and reprocess the week"
        )
    return verdict


def _reconciled(plan: RunPlan, urls: Sequence[str]) -> int:
    rows = sum(count_rows(url) for url in urls)
    totals = read_json(plan.folder.totals)
    if totals is None:
        raise StoreError(f"run {plan.run_id} of week {plan.week} was not gathered; run `gather` before `publish`")
    if rows != totals["landed_rows"]:
        raise ReconciliationError(
            f"run {plan.run_id} of week {plan.week}: {count(len(urls), 'landed file')} hold {count(rows, 'row')}, "
            f"{number(totals['landed_rows'])} were counted; nothing was published; gather and validate the run again"
        )
    return rows


def _shares(plan: RunPlan, urls: Sequence[str]) -> _Shares:
    if not urls:
        return _Shares([], [], 0, {})
    with sql_engine.connect() as con:
        sql_engine.read(con, ROWS, urls, COLUMNS)
        labels = label_shares(con, load_classifier_info(plan.prompts, plan.classifiers))
        pairs = [pair for pair in SLICES if set(pair) <= set(plan.classifiers)]
        sliced = [slice_shares(con, *pair, floor=plan.config.publish.min_slice) for pair in pairs]
        slices = [one for shares, _hidden in sliced for one in shares]
        return _Shares(labels, slices, sum(hidden for _shares, hidden in sliced), classifier_versions(con))


def _replace(
    plan: RunPlan, staged: StagedWeek, urls: Sequence[str], shares: _Shares, verdict: str
) -> tuple[str, str | None, int]:
    """Exchange SQL and files; return the files' folder, the run replaced, and the rows in SQL."""
    if not plan.ledger:
        return staged.show(), None, 0
    with ledger_of_environment() as ledger, ledger.write() as connection:
        # Also without rows in SQL: what an earlier run put there is not this week's any more.
        sql_rows = replace_week(connection, plan.week, urls if plan.config.publish.rows_to_sql else ())
        _replace_rows(connection, tables.weekly_share, plan, [_label_row(plan, one, shares) for one in shares.labels])
        _replace_rows(connection, tables.weekly_slice, plan, [_slice_row(plan, one) for one in shares.slices])
        supersedes = mark_published(connection, plan.week, plan.run_id, verdict=verdict)
        # Last before the commit: whatever failed until here has changed nothing. The ledger's lock keeps others out.
        return staged.show(), supersedes, sql_rows


def _replace_rows(connection: Connection, table: Table, plan: RunPlan, rows: list[dict[str, Any]]) -> None:
    connection.execute(delete(table).where(table.c.week == plan.week))
    if rows:
        connection.execute(insert(table), rows)


def _label_row(plan: RunPlan, one: LabelShare, shares: _Shares) -> dict[str, Any]:
    own = {"classifier": one.classifier, "level": one.level, "label": one.label}
    return {**own, "classifier_version": shares.versions.get(one.classifier), **_numbers(plan, one)}


def _slice_row(plan: RunPlan, one: SliceShare) -> dict[str, Any]:
    own = ("classifier", "by_classifier", "by_label", "label")
    return {**{name: getattr(one, name) for name in own}, **_numbers(plan, one)}


def _numbers(plan: RunPlan, one: LabelShare | SliceShare) -> dict[str, Any]:
    share = asdict(one.share)
    share["total_n"] = share.pop("n")
    return {"week": plan.week, "run_id": plan.run_id, "n": one.n, "weight": one.weight, **share}
