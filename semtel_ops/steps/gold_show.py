"""Show draws, how far people are, and how well they agree with each other and with each labeller."""

import logging
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from semtel_ops.classifiers import ClassifierSpec, load_classifiers
from semtel_ops.clock import Clock, SystemClock
from semtel_ops.errors import SemtelError
from semtel_ops.gold.agreement import between_people, with_labellers
from semtel_ops.runs.resources import open_settled
from semtel_ops.settings import Settings
from semtel_ops.steps.gold_export import draw_of
from semtel_ops.steps.gold_published import record_missing_answers
from semtel_ops.steps.gold_session import models_of
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_rows import GoldDraw, GoldRow
from semtel_ops.store.layout import Lake

log = logging.getLogger(__name__)


def show_gold(
    *, settings: Settings, draw_id: str | None = None, week: str | None = None, clock: Clock | None = None
) -> dict[str, Any]:
    """A manifest of all draws, of a week's draws, or of one draw.

    Where a week was published again since it was drawn from, what the new run says about drawn conversations is recorded first.

    Raises:
        ConfigError: there is no such draw.
    """
    now = datetime.fromtimestamp((clock or SystemClock()).now(), UTC)
    with open_settled(settings) as ledger:
        gold = GoldLedger(ledger)
        draws = [draw_of(gold, draw_id)] if draw_id is not None else gold.draws(week)
        for draw in {draw.week: draw for draw in draws}.values():
            try:
                record_missing_answers(Lake(settings.lake), ledger, draw.week, now)
            except SemtelError as error:
                log.warning("answers of the published run of week %s are not recorded: %s", draw.week, error)
        return {"draws": [_draw(settings, gold, draw) for draw in draws]}


def _draw(settings: Settings, gold: GoldLedger, draw: GoldDraw) -> dict[str, Any]:
    specs = load_classifiers(settings.prompts, draw.classifiers)
    return {
        "draw": draw.draw_id,
        "week": draw.week,
        "run_id": draw.run_id,
        "drawn": draw.drawn,
        "population": draw.population,
        "created_at": draw.created_at.isoformat(),
        "created_by": draw.created_by,
        "strata": [{**asdict(stratum), "probability": stratum.probability} for stratum in draw.strata],
        "classifiers": [_classifier(gold, draw, spec) for spec in specs],
    }


def _classifier(gold: GoldLedger, draw: GoldDraw, spec: ClassifierSpec) -> dict[str, Any]:
    labels = gold.labels_of(draw.draw_id, spec.id)
    decisions = gold.decisions(draw.draw_id, spec.id)
    rows: list[GoldRow] = []
    answers = gold.answers(draw.draw_id, spec.id)
    labellers = {answer.labeller for answer in answers}
    for labeller in sorted(labellers, key=lambda one: one or ""):
        rows += [row for row in gold.labels(spec.id, labeller=labeller, draw_id=draw.draw_id) if row.labeller == labeller]
    by_person: dict[str, dict[str, int]] = {}
    for label in labels:
        person = by_person.setdefault(label.person, {"labels": 0, "skipped": 0})
        person["skipped" if label.skipped else "labels"] += 1
    return {
        "classifier": spec.id,
        "gold": sum(1 for one in decisions.values() if one.gold),
        "open": sum(1 for one in decisions.values() if one.is_open),
        "ruled": sum(1 for one in decisions.values() if one.ruled),
        "changed": sum(1 for label in labels if label.changes),
        "people": by_person,
        "between_people": [asdict(one) for one in between_people(labels, spec)],
        "labellers": [asdict(one) for one in with_labellers(rows, spec)],
        "models": models_of(answers),
    }
