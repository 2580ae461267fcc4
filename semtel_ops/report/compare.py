"""A week's labels as rows of a page, each against the last published week where the two can be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from semtel_ops.evaluation.intervals import Share, difference, real_changes
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.model import ClassifierSection, LabelRow
from semtel_ops.report.shares import LabelShare
from semtel_ops.store.ledger_rows import WeeklyShare


def why_not_compared(info: ClassifierInfo, previous: Sequence[WeeklyShare]) -> str | None:
    if not previous:
        return "no earlier published week"
    version = previous[0].classifier_version
    if version and info.version and version != info.version:
        return f"the definition changed from version {version} to {info.version}"
    return None


def label_row(info: ClassifierInfo, one: LabelShare, before: Mapping[str, Share]) -> LabelRow:
    previous = before.get(one.label)
    if previous is None and before:
        # The classifier ran and never gave this label: a share of 0 of as many rows.
        model = next(iter(before.values()))
        previous = Share(0.0, 0.0, 1.0, model.n, model.effective_n)
    change = None if previous is None else difference(one.share, previous)
    return LabelRow(one.label, info.name(one.label), one.n, one.weight, one.share, previous, change)


def as_share(one: WeeklyShare) -> Share:
    return Share(one.share, one.low, one.high, one.total_n, one.effective_n)


def judged(sections: Sequence[ClassifierSection]) -> tuple[ClassifierSection, ...]:
    """All changes of the page are one table of comparisons, so that its promise holds for the whole page."""
    flat = [row.change for section in sections for row in section.rows if row.change is not None]
    verdicts = iter(real_changes(flat))
    return tuple(
        replace(
            section,
            rows=tuple(row if row.change is None else replace(row, is_real=next(verdicts)) for row in section.rows),
        )
        for section in sections
    )


def place_of(info: ClassifierInfo, label: str) -> int:
    """Where a label stands in its prompt file; unknown ones come last."""
    order = list(info.names)
    return order.index(label) if label in info.names else len(order)
