"""A week's labels as rows of a page, compared with the last published week where nothing but the users can have changed them.

That is so for a week of the same labeller, or of one that an alignment found to be the same. Over a bridge, the labeller's part
of a change is taken out. Otherwise there is no change, but a reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from semtel_ops.bridging import Agreed, Bridge, BridgedLabel, Part, comparability, joins
from semtel_ops.evaluation.gold_pairs import Refused
from semtel_ops.evaluation.intervals import Share, difference, real_changes
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.model import ClassifierSection, LabelRow, SectionBridge
from semtel_ops.report.shares import LabelShare
from semtel_ops.store.ledger_rows import WeeklyShare


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a classifier's labels are compared with.

    Attributes:
        why_not: the reason why with nothing, or None.
        before: label → share of the last published week.
        bridged: label → its change over a bridge; empty without one.
        bridge: the bridge, for people.
    """

    why_not: str | None = None
    before: Mapping[str, Share] = field(default_factory=dict)
    bridged: Mapping[str, BridgedLabel] = field(default_factory=dict)
    bridge: SectionBridge | None = None


def comparison(
    info: ClassifierInfo,
    current: Sequence[LabelShare],
    previous: Sequence[WeeklyShare],
    *,
    now: Sequence[Part],
    before: Sequence[Part],
    agreed: Agreed,
    bridge: Bridge | None,
) -> Comparison:
    """Decide what a classifier's week is compared with.

    Args:
        current: this week's shares of labels.
        previous: those of the last published week.
        now: who labelled this week.
        before: who labelled the last published week.
        bridge: the classifier's bridge between the two, where one was built.
    """
    if not previous:
        return Comparison("no earlier published week")
    earlier = {past.label: as_share(past) for past in previous}
    version = previous[0].classifier_version
    earlier_parts = [replace(part, version=version or part.version) for part in before] or [_unrecorded(version)]
    found = comparability(earlier_parts, now or [_unrecorded(info.version)], agreed)
    if found.why_not is None or found.before is None or found.now is None:
        return Comparison(found.why_not, {} if found.why_not else earlier)
    if bridge is None or not found.can_be_bridged:
        return Comparison(found.why_not)
    if not joins(bridge, found.before.labeller, found.now.labeller):
        return Comparison(f"{found.why_not}; no bridge: {bridge.why_not or 'other labellers labelled its rows'}")
    changes = bridge.changes(earlier, {row.label: row.share for row in current})
    if isinstance(changes, Refused):
        return Comparison(f"{found.why_not}; no bridge: {changes.reason}")
    return Comparison(
        before=earlier,
        bridged=changes,
        bridge=SectionBridge(bridge.week, bridge.m, found.before.name, found.now.name),
    )


def label_row(info: ClassifierInfo, current: LabelShare, compared: Comparison) -> LabelRow:
    bridged = compared.bridged.get(current.label)
    name = info.name(current.label)
    if bridged is not None:
        seen = bridged.change
        return LabelRow(
            current.label, name, current.n, current.weight, current.share, seen.before_as_seen, seen.users, bridged=bridged
        )
    before = compared.before
    previous = before.get(current.label)
    if previous is None and before:
        # That week has other labels of this classifier but not this one: its share was 0 of the same number of rows.
        other = next(iter(before.values()))
        previous = Share(0.0, 0.0, 1.0, other.n, other.effective_n)
    change = None if previous is None else difference(current.share, previous)
    return LabelRow(current.label, name, current.n, current.weight, current.share, previous, change)


def as_share(weekly: WeeklyShare) -> Share:
    return Share(weekly.share, weekly.low, weekly.high, weekly.total_n, weekly.effective_n)


def mark_significant_changes(sections: Sequence[ClassifierSection]) -> tuple[ClassifierSection, ...]:
    """The sections with `is_real` and `labeller_is_real` set.

    All changes of the users are tested together, and all changes of labellers, so the error rate of each applies to the page.
    """
    rows = [row for section in sections for row in section.rows]
    users = iter(real_changes([row.change for row in rows if row.change is not None]))
    labellers = iter(real_changes([row.bridged.change.labeller for row in rows if row.bridged is not None]))
    marked = iter(
        [
            replace(
                row,
                is_real=row.change is not None and next(users),
                labeller_is_real=row.bridged is not None and next(labellers),
            )
            for row in rows
        ]
    )
    return tuple(replace(section, rows=tuple(next(marked) for _ in section.rows)) for section in sections)


def place_of(info: ClassifierInfo, label: str) -> int:
    """Position of a label in its prompt file; unknown labels come last."""
    order = list(info.names)
    return order.index(label) if label in info.names else len(order)


def _unrecorded(version: str | None) -> Part:
    """A labeller of which only the version of its prompt is known."""
    return Part("", "", None, version, 1.0)
