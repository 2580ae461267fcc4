"""A run's label shares against the last published weeks, as far as the labeller allows: what the drift check judges."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from semtel_ops.bridging import Agreed, Part, agreed_labellers, bridges_of, comparability, joins, labelled_weeks
from semtel_ops.bridging.relabelled import BridgedLabel
from semtel_ops.evaluation import Share, difference, real_changes, share_of
from semtel_ops.evaluation.gold_pairs import Refused
from semtel_ops.evaluation.intervals import pooled
from semtel_ops.quality.drift import LabellerChange, LabelShare, Pair, ShareChange, pair_up
from semtel_ops.report.classifier_info import load_classifier_info
from semtel_ops.report.row_labellers import labeller_rows, parts_of
from semtel_ops.report.shares import COLUMNS, ROWS, classifier_versions, label_shares
from semtel_ops.runs.built_bridge import built_bridge
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import ledger_of
from semtel_ops.store import sql_engine
from semtel_ops.store.files import list_files
from semtel_ops.store.tables import NEWER_LABELS


@dataclass(frozen=True, slots=True)
class _Week:
    """Label shares of a week, and who gave them; `parts` is empty where that was not recorded."""

    shares: list[LabelShare]
    parts: Mapping[str, Sequence[Part]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _History:
    """Weeks before the run's, the latest first, and what is known of how they compare."""

    weeks: list[_Week]
    agreed: Agreed = field(default_factory=Agreed)


class WeekChanges(NamedTuple):
    """How a run compares with the weeks before it: its label shares, and who labelled."""

    shares: list[ShareChange]
    labellers: list[LabellerChange]


def week_changes(plan: RunPlan, urls: Sequence[str]) -> WeekChanges:
    """Changes of all labels, with Holm's correction over those that have a history, and of the labellers.

    A classifier's history is the weeks that it may be compared with. Over a bridge, it is last week as this week's labeller
    sees it.
    """
    now, history = _week_of(plan, urls), _history(plan)
    usable, bridged, reasons = _comparable(plan, now, history)
    changes = [
        replace(
            change,
            labeller=bridged[change.classifier][change.label].change.labeller.change if change.classifier in bridged else None,
            not_compared=None if change.weeks else reasons.get(change.classifier),
        )
        for change in _judged(pair_up(now.shares, usable))
    ]
    return WeekChanges(changes, _labeller_changes(now, history, bridged))


def _labeller_changes(now: _Week, history: _History, bridged: Collection[str]) -> list[LabellerChange]:
    found = []
    for classifier, parts in sorted(now.parts.items()):
        before = next((week.parts[classifier] for week in history.weeks if classifier in week.parts), parts)
        verdict = comparability(before, parts, history.agreed)
        if not verdict.is_changed or verdict.before is None or verdict.now is None:
            continue
        declared = verdict.can_be_bridged and verdict.before.version != verdict.now.version
        known = verdict.why_not is None or declared or classifier in bridged
        reason = verdict.why_not or "another labeller, which an alignment found to be the same"
        found.append(LabellerChange(classifier, reason, known))
    return found


def _comparable(
    plan: RunPlan, now: _Week, history: _History
) -> tuple[list[list[LabelShare]], dict[str, Mapping[str, BridgedLabel]], dict[str, str]]:
    """The shares of each earlier week that are comparable, the bridged classifiers, and why the last week is not compared."""
    bridges = bridges_of(built_bridge(plan))
    usable: list[list[LabelShare]] = [[] for _ in history.weeks]
    bridged: dict[str, Mapping[str, BridgedLabel]] = {}
    reasons: dict[str, str] = {}
    for classifier in sorted({share.classifier for share in now.shares}):
        seen_before = False
        for at, week in enumerate(history.weeks):
            shares = [share for share in week.shares if share.classifier == classifier]
            if not shares:
                continue
            mine = [share for share in now.shares if share.classifier == classifier]
            verdict = comparability(
                week.parts.get(classifier) or [_unrecorded(shares[0].version)],
                now.parts.get(classifier) or [_unrecorded(mine[0].version)],
                history.agreed,
            )
            latest, seen_before = not seen_before, True
            if verdict.why_not is None:
                usable[at] += shares
                continue
            if not latest:
                continue
            reasons[classifier] = verdict.why_not
            bridge = bridges.get(classifier)
            if bridge is None or not verdict.can_be_bridged or verdict.before is None or verdict.now is None:
                continue
            if not joins(bridge, verdict.before.labeller, verdict.now.labeller):
                continue
            changes = bridge.changes(_by_label(shares), _by_label(mine))
            if not isinstance(changes, Refused):
                bridged[classifier] = changes
                usable[at] += [_as_seen(shares[0], label) for label in changes.values()]
    return usable, bridged, reasons


def _as_seen(like: LabelShare, label: BridgedLabel) -> LabelShare:
    seen = label.change.before_as_seen
    return replace(like, label=label.label, share=seen.share, n=seen.n, effective_n=seen.effective_n)


def _week_of(plan: RunPlan, urls: Sequence[str]) -> _Week:
    with sql_engine.connect() as con:
        sql_engine.read(con, ROWS, urls, COLUMNS, newer=NEWER_LABELS)
        versions = classifier_versions(con)
        shares = [
            LabelShare(
                label.classifier,
                versions.get(label.classifier),
                label.label,
                label.share.share,
                label.share.n,
                label.share.effective_n,
            )
            for label in label_shares(con, load_classifier_info(plan.prompts, plan.classifiers))
            if label.level == "label"
        ]
        return _Week(shares, parts_of(labeller_rows(con)))


def _history(plan: RunPlan) -> _History:
    """The last published weeks before this one."""
    if not plan.ledger:
        return _History([])
    with ledger_of(plan) as ledger:
        weeks = ledger.published_weeks_before(plan.week, plan.config.quality.history_weeks)
        rows = ledger.weekly_shares(weeks)
        labelled, agreed = labelled_weeks(ledger, weeks), agreed_labellers(ledger)
    published = {
        week: _Week(
            [
                LabelShare(row.classifier, row.classifier_version, row.label, row.share, row.total_n, row.effective_n)
                for row in rows
                if row.week == week
            ],
            labelled.get(week, {}),
        )
        for week in weeks
    }
    history = published | _earlier_of_request(plan)
    return _History([history[week] for week in sorted(history, reverse=True)[: plan.config.quality.history_weeks]], agreed)


def _earlier_of_request(plan: RunPlan) -> dict[str, _Week]:
    """The weeks before this one that the same request labels again: they will be published together."""
    weeks = () if plan.reprocess is None else plan.reprocess.weeks
    found = {}
    for week in weeks:
        urls = list_files(plan.paths.run(week, plan.run_id).landed_folder, ".parquet")
        if week < plan.week and urls:
            found[week] = _week_of(plan, urls)
    return found


def _judged(pairs: Sequence[Pair]) -> list[ShareChange]:
    """Changes, with Holm's correction over all labels that have a history."""
    befores = [pooled([_share(share) for share in pair.before]) for pair in pairs]
    differences = [difference(_share(pair.now), before) for pair, before in zip(pairs, befores, strict=True)]
    compared = [index for index, pair in enumerate(pairs) if pair.before]
    real = {index for index, is_real in zip(compared, real_changes([differences[i] for i in compared]), strict=True) if is_real}
    return [
        pair.change(before.share, is_real=index in real)
        for index, (pair, before) in enumerate(zip(pairs, befores, strict=True))
    ]


def _unrecorded(version: str | None) -> Part:
    return Part("", "", None, version, 1.0)


def _by_label(shares: Sequence[LabelShare]) -> dict[str, Share]:
    return {share.label: _share(share) for share in shares}


def _share(share: LabelShare) -> Share:
    return share_of(share.share * share.effective_n, share.effective_n, share.effective_n, share.n)
