"""Correct the shares of published weeks again: gold labels arrive after a week is published, and go when they are erased.

Only the corrected columns of `weekly_share` change, and the reports of weeks where they did. No request is sent, and no row is
published again. A second call changes nothing.

A week's report is taken off the ledger in the transaction that changes its shares, and put back when it is written. So a call
that is killed between both is completed by the next.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.errors import SemtelError, StoreError
from semtel_ops.evaluation.gold_pairs import Corrected, Refused
from semtel_ops.humanize import count
from semtel_ops.report.classifier_info import load_classifier_info
from semtel_ops.report.compare import as_share
from semtel_ops.report.shares import LabelShare
from semtel_ops.runs.documents import CorrectedWeek, CorrectManifest
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import open_settled
from semtel_ops.settings import Settings
from semtel_ops.steps.corrected_shares import GoldPairs, ShareKey, correct, corrected_columns
from semtel_ops.steps.erased_runs import keeps_publication, now_in_utc
from semtel_ops.steps.gold_published import record_missing_answers
from semtel_ops.steps.published_runs import published_run_of, published_runs
from semtel_ops.steps.report import report_run
from semtel_ops.steps.totals import check_counted
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.files import exists
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.labeller_ledger import LabellerLedger
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger, save_run
from semtel_ops.store.ledger_outage import replayed
from semtel_ops.store.ledger_rows import RunRecord, WeeklyShare
from semtel_ops.store.ledger_tables import RunState

log = logging.getLogger(__name__)

LEVELS = ("label", "group", "item")


def correct_weeks(*, settings: Settings, week: str | None = None, clock: Clock | None = None) -> CorrectManifest:
    """Correct the shares of a published week, or of every published week, with the gold labels that there are now.

    Gold of one week corrects others of the same labeller, so without a week all are examined. A week that cannot be examined,
    as its files are gone, does not keep the others from it.

    Raises:
        ConfigError: the week is not published.
        SemtelError: the only week could not be examined.
    """
    now = now_in_utc((clock or SystemClock()).now())
    done: list[CorrectedWeek] = []
    problems: list[str] = []
    with open_settled(settings) as ledger:
        published = published_runs(ledger) if week is None else [published_run_of(ledger, week)]
        for record in published:
            _record_answers(ledger, settings, record.week, now)
        gold = GoldPairs(GoldLedger(ledger))
        for record in published:
            try:
                done.append(_correct(ledger, gold, settings, record, clock))
            except SemtelError as error:
                if week is not None:
                    raise
                log.warning("week %s was not corrected: %s", record.week, error)
                problems.append(f"{record.week}: {error}")
    changed = sum(one["changed"] for one in done)
    log.info("%s examined, corrected shares of %s changed", count(len(done), "week"), count(changed, "week"))
    return {"examined": len(done), "changed": changed, "weeks": done, "problems": problems}


def _correct(ledger: Ledger, gold: GoldPairs, settings: Settings, record: RunRecord, clock: Clock | None) -> CorrectedWeek:
    week, run_id = record.week, record.run_id
    folder = Lake(settings.lake).run(week, run_id)
    plan = RunPlan.load(folder.plan) if exists(folder.plan) else None
    rows = [row for level in LEVELS for row in ledger.weekly_shares([week], level=level) if row.run_id == run_id]
    labellers: dict[str, list[str]] = defaultdict(list)
    for one in LabellerLedger(ledger).of_weeks([week]):
        labellers[one.classifier].append(one.labeller)
    prompts = Path(settings.include) / "prompts" if plan is None else plan.prompts
    infos = load_classifier_info(prompts, list(dict.fromkeys(row.classifier for row in rows)))
    shares = [LabelShare(row.classifier, row.level, row.label, row.n, row.weight, as_share(row)) for row in rows]
    corrected = correct(gold, shares, infos, labellers, week=week, run_id=run_id)
    differing = {key: corrected[key] for row in rows if _differs(row, corrected[key := _key(row)])}
    before = {_key(row) for row in rows if row.share_corrected is not None}
    after = {key for key, estimate in corrected.items() if isinstance(estimate, Corrected)}
    # Reasons alone are no new report: a week without gold labels says so in whatever report it has.
    changed = bool((before | after) & differing.keys())
    again = plan is not None and (changed or record.report_url is None) and _can_report(plan)
    if differing and not _save(ledger, week, run_id, differing, report=again):
        raise StoreError(f"week {week}: another run was published meanwhile, with corrected shares of its own; run it again")
    return {
        "week": week,
        "run_id": run_id,
        "shares": len(rows),
        "corrected": len(after),
        "methods": _methods(corrected),
        "refused": _reasons(corrected),
        "changed": changed,
        "report": report_run(folder.plan, clock=clock)["report"] if again else None,
    }


def _record_answers(ledger: Ledger, settings: Settings, week: str, now: datetime) -> None:
    """Record what the published rows say about drawn conversations, if nobody has; rows that are gone say nothing."""
    try:
        record_missing_answers(Lake(settings.lake), ledger, week, now)
    except StoreError as error:
        log.warning("week %s: its gold labels do not count: %s", week, error)


def _can_report(plan: RunPlan) -> bool:
    """Whether the report can be written again from all rows that the run was published with."""
    if keeps_publication(plan):
        return False
    try:
        check_counted(plan)
    except SemtelError as error:
        log.warning("week %s: its report stays as it is: %s", plan.week, error)
        return False
    return True


@replayed
def _save(ledger: Ledger, week: str, run_id: str, corrected: Mapping[ShareKey, Corrected | Refused], *, report: bool) -> bool:
    """Write the corrected columns; False, and nothing written, if the run is not the published one any more.

    Args:
        report: the report is about to be written again.
    """
    table, run = tables.weekly_share, tables.run
    published = select(run.c.run_id).where(run.c.week == week, run.c.state == RunState.PUBLISHED)
    with ledger.write() as connection:
        if connection.execute(published).scalar_one_or_none() != run_id:
            return False
        for key, estimate in corrected.items():
            mine = (table.c.classifier == key.classifier) & (table.c.level == key.level) & (table.c.label == key.label)
            own = (table.c.week == week) & (table.c.run_id == run_id)
            connection.execute(update(table).where(own, mine).values(**corrected_columns(estimate)))
        if report:
            save_run(connection, week, run_id, report_url=None)
    return True


def _differs(row: WeeklyShare, estimate: Corrected | Refused) -> bool:
    return any(getattr(row, name) != value for name, value in corrected_columns(estimate).items())


def _key(row: WeeklyShare) -> ShareKey:
    return ShareKey(row.classifier, row.level, row.label)


def _methods(corrected: Mapping[ShareKey, Corrected | Refused]) -> dict[str, int]:
    """Estimator → shares."""
    return _tally([estimate.method.value for estimate in corrected.values() if isinstance(estimate, Corrected)])


def _reasons(corrected: Mapping[ShareKey, Corrected | Refused]) -> dict[str, int]:
    """Reason → shares that have no correction for it, the most frequent first."""
    return _tally([estimate.reason for estimate in corrected.values() if isinstance(estimate, Refused)])


def _tally(words: Sequence[str]) -> dict[str, int]:
    return dict(Counter(words).most_common())
