"""The bridges of a run that is published, as rows of the ledger."""

from collections.abc import Sequence
from datetime import datetime

from semtel_ops.bridging import agreed_labellers, bridges_of, labelled_weeks
from semtel_ops.report.build import WeekData, build_report
from semtel_ops.report.classifier_info import load_classifier_info
from semtel_ops.report.model import ClassifierSection, LabelRow, Totals
from semtel_ops.report.row_labellers import LabellerRows, parts_of
from semtel_ops.report.row_sums import RowSums
from semtel_ops.report.shares import LabelShare
from semtel_ops.runs.built_bridge import built_bridge
from semtel_ops.runs.plan import RunPlan
from semtel_ops.store.bridge_ledger import BridgeRow
from semtel_ops.store.ledger import Ledger


def published_bridges(
    plan: RunPlan, ledger: Ledger, labels: Sequence[LabelShare], labellers: Sequence[LabellerRows], now: datetime
) -> list[BridgeRow]:
    """The changes of the run's shares over its bridges, significant among all of the week, as in its report."""
    bridges = bridges_of(built_bridge(plan))
    weeks = ledger.published_weeks_before(plan.week, 1)
    if not bridges or not weeks:
        return []
    report = build_report(
        WeekData(
            week=plan.week,
            run_id=plan.run_id,
            now=now,
            record=None,
            state="published",
            verdict=None,
            simulated=False,
            totals=Totals(),
            checks=[],
            classifiers=load_classifier_info(plan.prompts, plan.classifiers),
            sums=RowSums(shares=labels, labellers=parts_of(labellers)),
            history=ledger.weekly_shares(weeks),
            past_labellers=labelled_weeks(ledger, weeks),
            agreed=agreed_labellers(ledger),
            bridges=bridges,
        )
    )
    return [
        found
        for section in report.classifiers
        for row in section.rows
        if (found := _row(plan, section, row, bridges[section.info.id].before if section.info.id in bridges else ""))
    ]


def _row(plan: RunPlan, section: ClassifierSection, row: LabelRow, before: str) -> BridgeRow | None:
    if row.bridged is None or section.bridge is None:
        return None
    labeller, seen, users = row.bridged.change.labeller, row.bridged.change.before_as_seen, row.bridged.change.users
    return BridgeRow(
        week=plan.week,
        classifier=section.info.id,
        label=row.label,
        run_id=plan.run_id,
        week_before=section.bridge.week,
        labeller_before=before,
        labeller=section.labellers[0].labeller,
        m=labeller.n,
        only_before=labeller.b,
        only_now=labeller.c,
        share_before=row.bridged.published.share,
        labeller_change=labeller.change,
        labeller_low=labeller.low,
        labeller_high=labeller.high,
        labeller_p=labeller.p_value,
        labeller_is_real=row.labeller_is_real,
        seen_before=seen.share,
        seen_low=seen.low,
        seen_high=seen.high,
        seen_effective_n=seen.effective_n,
        users_change=users.change,
        users_low=users.low,
        users_high=users.high,
        users_p=users.p_value,
        users_is_real=row.is_real,
    )
