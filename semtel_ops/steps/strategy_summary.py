"""Results of shared requests over a run, for the manifest, the report and the next run."""

import logging
from dataclasses import asdict
from datetime import UTC, datetime
from typing import cast

from semtel_ops.classifiers import load_classifiers
from semtel_ops.endpoints.catalog import EndpointsFile
from semtel_ops.evaluation import Share, share_of
from semtel_ops.runs.documents import GradingSummary, ShareDocument, StrategySummary
from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import load_yaml
from semtel_ops.shards.comparison_counts import AGREE, DIFFER, ComparisonCounts
from semtel_ops.shards.unbundling import agreement, comparisons_of, disagreeing, in_words, unbundled_of
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.strategy_ledger import StrategyEvent, StrategyLedger

log = logging.getLogger(__name__)


def strategy_summary(plan: RunPlan) -> StrategySummary | None:
    """Requests by kind, members asked again and why, and every measured agreement with its interval; None for a plain run."""
    config = plan.config.strategy
    if config.plain:
        return None
    comparisons = comparisons_of(plan)
    counts = comparisons.counts
    return {
        "pack": config.pack,
        "combine": config.combine,
        "grader": config.grader,
        "requests": _under(comparisons, "requests_"),
        "asked_again": counts["members_asked_again"],
        "taken_apart": counts["members_taken_apart"],
        "problems": _under(comparisons, "problem_"),
        "grading": _grading(comparisons, plan) if config.grader else None,
        "shadow": {name: _as_json(share) for name in plan.classifiers if (share := agreement(comparisons.shadow, name)).n},
        "shadow_floor": config.shadow_floor,
        "comparisons_unread": counts["comparisons_unread"],
        "unbundled": list(unbundled_of(plan)),
        "disagreeing": list(disagreeing(comparisons, plan)),
    }


def record_disagreement(plan: RunPlan, ledger: Ledger) -> None:
    """Record the classifiers whose combined labels disagree, so that later runs ask them in separate requests."""
    if not plan.config.strategy.combine:
        return
    fingerprints = _fingerprints(plan)
    events = [
        StrategyEvent(
            week=plan.week,
            run_id=plan.run_id,
            classifier=name,
            fingerprint=fingerprints[name],
            models=models_of(plan),
            agreement=share.share,
            low=share.low,
            high=share.high,
            n=share.n,
            floor=plan.config.strategy.shadow_floor,
            happened_at=datetime.now(UTC),
        )
        for name, share in disagreeing(comparisons_of(plan), plan).items()
    ]
    for event in events:
        share = Share(event.agreement, event.low, event.high, event.n, event.n)
        log.warning(
            "week %s: %s will be asked in separate requests: %s", plan.week, event.classifier, in_words(share, event.floor)
        )
    StrategyLedger(ledger).save(events)


def unbundled_before(plan: RunPlan, ledger: Ledger) -> tuple[str, ...]:
    """Classifiers unbundled by other runs of the same prompts and models within the last `unbundled_days`."""
    config = plan.config.strategy
    if not config.combine:
        return ()
    fingerprints, models = _fingerprints(plan), models_of(plan)
    events = StrategyLedger(ledger).recent(days=config.unbundled_days, now=datetime.now(UTC))
    names = {
        event.classifier
        for event in events
        if (event.week, event.run_id) != (plan.week, plan.run_id)
        and fingerprints.get(event.classifier) == event.fingerprint
        and event.models == models
    }
    unbundled = tuple(name for name in plan.classifiers if name in names)
    for name in unbundled:
        log.info(
            "%s is asked in separate requests: in an earlier run its combined labels agreed too little with separate ones", name
        )
    return unbundled


def models_of(plan: RunPlan) -> str:
    """The models that may answer a run, as stored in the ledger: a measurement holds only for the models it was made with."""
    used = [
        entry for entry in load_yaml(plan.endpoints, EndpointsFile).endpoints if not plan.models or entry.model in plan.models
    ]
    return ",".join(sorted({plan.model_of(entry) for entry in used}))


def _fingerprints(plan: RunPlan) -> dict[str, str]:
    return {spec.id: spec.fingerprint for spec in load_classifiers(plan.prompts, plan.classifiers)}


def _under(comparisons: ComparisonCounts, prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): count for name, count in sorted(comparisons.counts.items()) if name.startswith(prefix)}


def _grading(comparisons: ComparisonCounts, plan: RunPlan) -> GradingSummary:
    """Accuracy of the grader; see `GradingSummary` for each share."""
    audit = comparisons.audit
    totals = {
        (grade, verdict): sum(count for key, count in audit.items() if key[1:] == (grade, verdict))
        for grade in ("named", "passed")
        for verdict in (AGREE, DIFFER)
    }
    n, wrong = sum(totals.values()), totals["named", DIFFER] + totals["passed", DIFFER]
    named = dict.fromkeys((AGREE, DIFFER), 0)
    for (_classifier, verdict), members in comparisons.named.items():
        named[verdict] += members
    return {
        "graded": comparisons.counts["members_graded"],
        "named": comparisons.counts["members_named"],
        "unread": comparisons.counts["grader_unread"],
        "precision": _share(named[DIFFER], sum(named.values())),
        "recall": _share(totals["named", DIFFER], wrong),
        "shared": _share(n - wrong, n),
        "kept": _share(n - totals["passed", DIFFER], n),
        "by_classifier": {
            name: _share(*_same(comparisons, name)) for name in plan.classifiers if any(key[0] == name for key in audit)
        },
    }


def _same(comparisons: ComparisonCounts, name: str) -> tuple[int, int]:
    mine = {key[1:]: count for key, count in comparisons.audit.items() if key[0] == name}
    return sum(count for (_, verdict), count in mine.items() if verdict != DIFFER), sum(mine.values())


def _share(hits: int, n: int) -> ShareDocument:
    return _as_json(share_of(hits, n, n, n))


def _as_json(share: Share) -> ShareDocument:
    return cast("ShareDocument", asdict(share))
