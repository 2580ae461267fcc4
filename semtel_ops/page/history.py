"""Shares of a classifier's labels over the published weeks."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from semtel_ops.bridging import Part, agreed_labellers, comparability, labelled_weeks
from semtel_ops.page.context import NotThereError, PageContext
from semtel_ops.report.corrected import corrected_of
from semtel_ops.store.bridge_ledger import BridgeLedger
from semtel_ops.store.ledger_rows import WeeklyShare
from semtel_ops.store.ledger_tables import weekly_share


def over_time(source: PageContext, classifier: str, until: str, count: int = 52) -> dict[str, Any]:
    """Shares of a classifier's labels in the published weeks up to `until`, oldest first, the largest label first.

    Raises:
        NotThereError: none of these weeks has labels of this classifier.
    """
    column = weekly_share.c.week
    own_labels = (weekly_share.c.classifier == classifier) & (weekly_share.c.level == "label")
    weeks = select(column).where(own_labels & (column <= until)).distinct().order_by(column.desc()).limit(count)
    with source.ledger.read() as connection:
        shares = [
            WeeklyShare(**row)
            for row in connection.execute(select(weekly_share).where(own_labels & column.in_(weeks))).mappings()
        ]
    if not shares:
        raise NotThereError("no published week has labels of that classifier")
    (info,) = source.classifier_info([classifier])
    names = sorted({share.week for share in shares})
    by_label: dict[str, dict[str, WeeklyShare]] = {}
    for share in shares:
        by_label.setdefault(share.label, {})[share.week] = share
    versions = {share.week: share.classifier_version or "" for share in shares}
    breaks = _breaks(source, classifier, names, versions)
    return {
        "classifier": classifier,
        "title": info.title,
        "weeks": names,
        "versions": [versions[week] for week in names],
        "breaks": breaks,
        "labels": [
            {
                "label": label,
                "name": info.name(label),
                "points": [_point(points.get(week)) for week in names],
            }
            for label, points in sorted(by_label.items(), key=lambda item: -_last(item[1], names))
        ],
    }


def _breaks(source: PageContext, classifier: str, weeks: Sequence[str], versions: Mapping[str, str]) -> list[dict[str, Any]]:
    """Where a week may not be compared with the one before it: `at` is its index, `why` the reason.

    `labels`: label → the labeller's and the users' part of its change in that week; empty without a bridge.
    """
    labelled, agreed = labelled_weeks(source.ledger, weeks), agreed_labellers(source.ledger)
    bridges: dict[str, dict[str, dict[str, float]]] = {}
    for row in BridgeLedger(source.ledger).rows(weeks, classifier=classifier):
        bridges.setdefault(row.week, {})[row.label] = {"labeller": row.labeller_change, "users": row.users_change}
    found = []
    for at, (before, week) in enumerate(pairwise(weeks), start=1):
        one, other = (
            labelled.get(name, {}).get(classifier) or [Part("", "", None, versions[name], 1.0)] for name in (before, week)
        )
        why = comparability(one, other, agreed).why_not
        if why is not None:
            found.append({"at": at, "week": week, "why": why, "labels": bridges.get(week, {})})
    return found


def _last(shares: dict[str, WeeklyShare], weeks: Sequence[str]) -> float:
    return shares[weeks[-1]].share if weeks[-1] in shares else 0.0


def _point(share: WeeklyShare | None) -> dict[str, Any] | None:
    if share is None:
        return None
    corrected = corrected_of(share)
    point = {"share": share.share, "low": share.low, "high": share.high, "n": share.n}
    return {**point, "corrected": corrected and asdict(corrected)}
