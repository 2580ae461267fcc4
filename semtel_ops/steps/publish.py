"""Publish a run: its label rows and label shares become the week's, in the lake and in SQL."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Table, delete, insert

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.errors import ConfigError, QualityGateError, ReconciliationError, StoreError
from semtel_ops.evaluation.gold_pairs import Corrected, Refused
from semtel_ops.humanize import count, number
from semtel_ops.report.classifier_info import ClassifierInfo, load_classifier_info
from semtel_ops.report.row_labellers import LabellerRows, labeller_rows, main_labellers
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
from semtel_ops.runs.resources import ledger_of
from semtel_ops.steps.corrected_shares import GoldPairs, ShareKey, correct, corrected_columns
from semtel_ops.steps.erased_runs import erased_from, keeps_publication, now_in_utc
from semtel_ops.steps.gold_published import PublishedRows, record_answers
from semtel_ops.steps.published_bridges import published_bridges
from semtel_ops.steps.published_labellers import published_labellers
from semtel_ops.steps.run_state import totals_fields
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store import sql_engine
from semtel_ops.store.bridge_ledger import replace_bridges
from semtel_ops.store.files import list_files, read_json
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.label_rows import replace_week
from semtel_ops.store.labeller_ledger import replace_labellers
from semtel_ops.store.ledger import Ledger, mark_published, save_quality
from semtel_ops.store.ledger_outage import replayed
from semtel_ops.store.parquet import count_rows
from semtel_ops.store.published_state import settle_publications
from semtel_ops.store.staged_week import StagedWeek
from semtel_ops.store.tables import NEWER_LABELS

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Shares:
    labels: list[LabelShare]
    slices: list[SliceShare]
    hidden: int
    versions: dict[str, str]
    labellers: list[LabellerRows]
    classifiers: Sequence[ClassifierInfo] = ()
    corrected: Mapping[ShareKey, Corrected | Refused] = field(default_factory=dict)

    @cached_property
    def labeller_of(self) -> Mapping[str, str]:
        return main_labellers(self.labellers)


def publish_run(run: str, *, clock: Clock | None = None) -> dict[str, Any]:
    """Publish a run's rows as the week's, replacing those of any other run. Idempotent.

    Files are copied first; then one SQL transaction replaces the week's rows and shares, and the files are shown. A run that is
    published again stays published until then. After a crash, whoever opens the ledger or the lake next completes or discards
    the publication (`store.publication`).

    Raises:
        QualityGateError: the run failed the quality gate.
        ConfigError: the run is a dry run.
        ReconciliationError: the number of rows in the files differs from the count.

    A published run from whose sample conversations were erased stays as it was published.
    """
    plan = RunPlan.load(run)
    verdict = _allowed(plan)
    if keeps_publication(plan):
        return _kept(plan)
    urls = list_files(plan.folder.landed_folder, ".parquet")
    rows = _reconciled(plan, urls)
    shares = _shares(plan, urls)
    clock = clock or SystemClock()
    if plan.ledger:
        with ledger_of(plan) as ledger:
            if urls:
                record_answers(PublishedRows(plan.week, plan.run_id, urls), ledger, now_in_utc(clock.now()))
            shares = replace(shares, corrected=_corrected(plan, ledger, shares))
            supersedes, sql_rows = _replace(plan, ledger, urls, shares, verdict, clock)
    else:
        _replace_files(plan, urls, clock)
        supersedes, sql_rows = None, 0
    log.info("week %s: run %s published, %s in %s", plan.week, plan.run_id, count(rows, "row"), count(len(urls), "file"))
    return {
        "run": run,
        "week": plan.week,
        "published": plan.folder.labels_folder,
        "rows": rows,
        "files": len(urls),
        "sql_rows": sql_rows,
        "shares": len(shares.labels),
        "slices": len(shares.slices),
        "slices_hidden": shares.hidden,
        "supersedes": supersedes,
    }


def _kept(plan: RunPlan) -> dict[str, Any]:
    log.warning(
        "week %s: run %s is published, and conversations were forgotten since; its shares stay as they were published. "
        "Reprocess the week to publish the shares of the conversations that are left", plan.week, plan.run_id,
    )  # fmt: skip
    urls = list_files(plan.folder.labels_folder, ".parquet")
    rows = sum(count_rows(url) for url in urls)
    return {
        "run": plan.url, "week": plan.week, "published": plan.folder.labels_folder, "rows": rows, "files": len(urls),
        "sql_rows": 0, "shares": 0, "slices": 0, "slices_hidden": 0, "supersedes": None, "kept": True,
    }  # fmt: skip


def _allowed(plan: RunPlan) -> str:
    """The gate's verdict; raises unless the run may be published."""
    if plan.dry_run:
        raise ConfigError(
            "dry_run", True, f"run {plan.run_id} sent no requests, so it has nothing to publish; start a run without dry_run"
        )
    quality = read_json(plan.folder.quality)
    if quality is None:
        raise StoreError(f"run {plan.run_id} of week {plan.week} was not validated; run `validate` before `publish`")
    verdict = str(quality["verdict"])
    if verdict not in {"passed", "warn"}:
        failed = [check["id"] for check in quality["checks"] if not check["passed"] and check["severity"] == "stop"]
        raise QualityGateError(
            f"run {plan.run_id} of week {plan.week} is not published: the quality gate stopped it "
            f"({', '.join(dict.fromkeys(failed)) or verdict}); see its report, fix the cause and reprocess the week"
        )
    return verdict


def _reconciled(plan: RunPlan, urls: Sequence[str]) -> int:
    rows = sum(count_rows(url) for url in urls)
    totals = read_json(plan.folder.totals)
    if totals is None:
        raise StoreError(f"run {plan.run_id} of week {plan.week} was not gathered; run `gather` before `publish`")
    if rows < totals["landed_rows"] and erased_from(plan):
        raise ReconciliationError(
            f"run {plan.run_id} of week {plan.week}: conversations were forgotten since its "
            f"{number(totals['landed_rows'])} rows were counted, {number(rows)} are left; nothing was published; "
            "gather and validate the run again"
        )
    if rows != totals["landed_rows"]:
        raise ReconciliationError(
            f"run {plan.run_id} of week {plan.week}: {count(len(urls), 'row file')} contain {count(rows, 'row')}, but "
            f"{number(totals['landed_rows'])} were counted; nothing was published; gather and validate the run again"
        )
    return rows


def _shares(plan: RunPlan, urls: Sequence[str]) -> _Shares:
    if not urls:
        return _Shares([], [], 0, {}, [])
    with sql_engine.connect() as con:
        sql_engine.read(con, ROWS, urls, COLUMNS, newer=NEWER_LABELS)
        infos = load_classifier_info(plan.prompts, plan.classifiers)
        labels = label_shares(con, infos)
        pairs = [pair for pair in SLICES if set(pair) <= set(plan.classifiers)]
        sliced = [slice_shares(con, *pair, floor=plan.config.publish.min_slice) for pair in pairs]
        slices = [share for shares, _hidden in sliced for share in shares]
        hidden = sum(hidden for _shares, hidden in sliced)
        return _Shares(labels, slices, hidden, classifier_versions(con), labeller_rows(con), infos)


def _corrected(plan: RunPlan, ledger: Ledger, shares: _Shares) -> dict[ShareKey, Corrected | Refused]:
    labellers: dict[str, list[str]] = defaultdict(list)
    for row in shares.labellers:
        labellers[row.classifier].append(row.labeller)
    gold = GoldPairs(GoldLedger(ledger))
    return correct(gold, shares.labels, shares.classifiers, labellers, week=plan.week, run_id=plan.run_id)


@replayed
def _replace(
    plan: RunPlan, ledger: Ledger, urls: Sequence[str], shares: _Shares, verdict: str, clock: Clock
) -> tuple[str | None, int]:
    """Replace the week in SQL and in the lake; return the replaced run and the number of SQL rows.

    If the connection is lost, the files are copied again, too: another process may have found the intent and discarded it.
    """
    staged = StagedWeek(plan.paths, plan.week, plan.run_id, urls, clock=clock)
    try:
        at = now_in_utc(clock.now())
        bridges = published_bridges(plan, ledger, shares.labels, shares.labellers, at)
        fields = totals_fields(plan)
        fields["verdict"], fields["finished_at"], fields["message"] = verdict, at, None
        try:
            with ledger.write() as connection:
                # Also if rows are not copied to SQL: those of an earlier run must be removed.
                sql_rows = replace_week(connection, plan.week, urls if plan.config.publish.rows_to_sql else ())
                _replace_rows(
                    connection, tables.weekly_share, plan, [_label_row(plan, label, shares) for label in shares.labels]
                )
                _replace_rows(connection, tables.weekly_slice, plan, [_slice_row(plan, slice_) for slice_ in shares.slices])
                replace_labellers(connection, plan.week, *published_labellers(plan, shares.labellers, at))
                replace_bridges(connection, plan.week, bridges)
                supersedes = mark_published(connection, plan.week, plan.run_id, **fields)
                save_quality(connection, plan.week, plan.run_id, read_json(plan.folder.quality)["checks"])
                # Last before the commit: a reader who finds the intent waits only for the commit.
                staged.announce(at.isoformat(), ledger=True)
        finally:
            # The transaction tells whether the commit arrived, also if its answer did not.
            settle_publications(plan.paths, ledger)
    finally:
        staged.discard()
    return supersedes, sql_rows


def _replace_files(plan: RunPlan, urls: Sequence[str], clock: Clock) -> None:
    staged = StagedWeek(plan.paths, plan.week, plan.run_id, urls, clock=clock)
    try:
        staged.announce(now_in_utc(clock.now()).isoformat(), ledger=False)
        settle_publications(plan.paths, None)
    finally:
        staged.discard()


def _replace_rows(connection: Connection, table: Table, plan: RunPlan, rows: list[dict[str, Any]]) -> None:
    connection.execute(delete(table).where(table.c.week == plan.week))
    if rows:
        connection.execute(insert(table), rows)


def _label_row(plan: RunPlan, label: LabelShare, shares: _Shares) -> dict[str, Any]:
    own = {"classifier": label.classifier, "level": label.level, "label": label.label}
    who = {
        "classifier_version": shares.versions.get(label.classifier),
        "labeller": shares.labeller_of.get(label.classifier),
    }
    correction = corrected_columns(shares.corrected.get(ShareKey(label.classifier, label.level, label.label)))
    return {**own, **who, **_numbers(plan, label), **correction}


def _slice_row(plan: RunPlan, slice_: SliceShare) -> dict[str, Any]:
    own = ("classifier", "by_classifier", "by_label", "label")
    return {**{name: getattr(slice_, name) for name in own}, **_numbers(plan, slice_)}


def _numbers(plan: RunPlan, row: LabelShare | SliceShare) -> dict[str, Any]:
    share = asdict(row.share)
    share["total_n"] = share.pop("n")
    return {"week": plan.week, "run_id": plan.run_id, "n": row.n, "weight": row.weight, **share}
