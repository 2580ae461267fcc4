"""How the shares of a classifier's labels went, week by week."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from semtel_ops.page.context import NotThereError, PageContext
from semtel_ops.store.ledger_rows import WeeklyShare
from semtel_ops.store.ledger_tables import weekly_share


def over_time(source: PageContext, classifier: str, until: str, count: int = 52) -> dict[str, Any]:
    """Shares of a classifier's labels in the published weeks up to `until`, oldest first, the largest label first.

    Raises:
        NotThereError: none of these weeks has labels of this classifier.
    """
    column = weekly_share.c.week
    mine = (weekly_share.c.classifier == classifier) & (weekly_share.c.level == "label")
    weeks = select(column).where(mine & (column <= until)).distinct().order_by(column.desc()).limit(count)
    with source.ledger.read() as connection:
        rows = [
            WeeklyShare(**row) for row in connection.execute(select(weekly_share).where(mine & column.in_(weeks))).mappings()
        ]
    if not rows:
        raise NotThereError("no published week has labels of that classifier")
    (info,) = source.classifier_info([classifier])
    names = sorted({one.week for one in rows})
    by_label: dict[str, dict[str, WeeklyShare]] = {}
    for one in rows:
        by_label.setdefault(one.label, {})[one.week] = one
    versions = {one.week: one.classifier_version or "" for one in rows}
    return {
        "classifier": classifier,
        "title": info.title,
        "weeks": names,
        "versions": [versions[week] for week in names],
        "labels": [
            {
                "label": label,
                "name": info.name(label),
                "points": [_point(points.get(week)) for week in names],
            }
            for label, points in sorted(by_label.items(), key=lambda item: -_last(item[1], names))
        ],
    }


def _last(found: dict[str, WeeklyShare], weeks: Sequence[str]) -> float:
    return found[weeks[-1]].share if weeks[-1] in found else 0.0


def _point(one: WeeklyShare | None) -> dict[str, Any] | None:
    return None if one is None else {"share": one.share, "low": one.low, "high": one.high, "n": one.n}
