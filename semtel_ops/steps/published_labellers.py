"""Who labelled a run that is published: what its rows say, completed by what its plan knows of the labellers."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from semtel_ops.classifiers import ClassifierSpec
from semtel_ops.labellers import Labeller, Labellers
from semtel_ops.report.row_labellers import LabellerRows
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import classifiers_of
from semtel_ops.store.labeller_ledger import LabellerRecord, WeeklyLabeller
from semtel_ops.words import ReasoningEffort


class PublishedLabellers(NamedTuple):
    """Rows of the ledger: the labellers of the week, and all that is known of each."""

    weekly: list[WeeklyLabeller]
    known: list[LabellerRecord]


def published_labellers(plan: RunPlan, rows: Sequence[LabellerRows], now: datetime) -> PublishedLabellers:
    """The labellers of a run's rows, as the ledger has them."""
    weekly = [
        WeeklyLabeller(
            week=plan.week,
            classifier=row.classifier,
            labeller=row.labeller,
            run_id=plan.run_id,
            model=row.model,
            served_model=row.served_model,
            n=row.n,
            weight=row.weight,
        )
        for row in rows
    ]
    specs = {spec.id: spec for spec in classifiers_of(plan)}
    labellers = Labellers(list(specs.values()), plan.config.strategy, plan.config.tokens, plan.prompts)
    known = [
        _record(row, _planned(labellers, row) if row.classifier in specs else None, plan, specs, now)
        for row in rows
        if row.labeller
    ]
    return PublishedLabellers(weekly, known)


def _planned(labellers: Labellers, row: LabellerRows) -> Labeller | None:
    """The labeller as the plan knows it; None for rows that were carried over from a run of another configuration.

    Rows do not name the effort that was asked for, so each is tried.
    """
    for effort in (None, *ReasoningEffort):
        labeller = labellers.of(row.classifier, row.model, served_model=row.served_model, reasoning_effort=effort)
        if labeller.id == row.labeller:
            return labeller
    return None


def _record(
    row: LabellerRows, labeller: Labeller | None, plan: RunPlan, specs: dict[str, ClassifierSpec], now: datetime
) -> LabellerRecord:
    return LabellerRecord(
        labeller=row.labeller,
        classifier=row.classifier,
        model=row.model,
        served_model=row.served_model or row.model,
        version=row.version,
        prompts=labeller.prompts if labeller else None,
        reasoning_effort=labeller.reasoning_effort if labeller else None,
        strategy=labeller.strategy if labeller else None,
        settings=_settings(specs[row.classifier], plan, labeller) if labeller else None,
        first_seen_at=now,
    )


def _settings(spec: ClassifierSpec, plan: RunPlan, labeller: Labeller) -> str:
    strategy = plan.config.strategy.model_dump(include={"pack", "combine", "grader"})
    tokens = plan.config.tokens.model_dump(mode="json", exclude_none=True)
    own = {
        "temperature": spec.temperature,
        "max_output_tokens": spec.max_output_tokens,
        "reasoning_effort": labeller.reasoning_effort,
    }
    return json.dumps({**own, "strategy": strategy, "tokens": tokens})
