"""A week's labels as rows of a page, compared with the last published week where the definitions agree."""

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


def label_row(info: ClassifierInfo, current: LabelShare, before: Mapping[str, Share]) -> LabelRow:
    previous = before.get(current.label)
    if previous is None and before:
        # That week has other labels of this classifier but not this one: its share was 0 of the same number of rows.
        other = next(iter(before.values()))
        previous = Share(0.0, 0.0, 1.0, other.n, other.effective_n)
    change = None if previous is None else difference(current.share, previous)
    return LabelRow(current.label, info.name(current.label), current.n, current.weight, current.share, previous, change)


def as_share(weekly: WeeklyShare) -> Share:
    return Share(weekly.share, weekly.low, weekly.high, weekly.total_n, weekly.effective_n)


def mark_significant_changes(sections: Sequence[ClassifierSection]) -> tuple[ClassifierSection, ...]:
    """The sections with `is_real` set. All changes are tested together, so the error rate applies to the whole page."""
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
    """Position of a label in its prompt file; unknown labels come last."""
    order = list(info.names)
    return order.index(label) if label in info.names else len(order)
