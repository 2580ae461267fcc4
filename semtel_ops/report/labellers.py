"""What a report says of the labellers: who is held back, whose a change is, and what is not compared."""

from collections.abc import Iterator

from semtel_ops.evaluation.intervals import Difference
from semtel_ops.evaluation.paired import PairedChange
from semtel_ops.humanize import count, listed, number, points
from semtel_ops.report.model import ClassifierSection, LabelRow, WeekReport


def labeller_findings(report: WeekReport) -> Iterator[str]:
    """Sentences about the labellers, in the order of the page."""
    if report.labeller_note:
        yield f"{report.labeller_note[:1].upper()}{report.labeller_note[1:]}."
    if report.align_command:
        yield f"To compare the labellers: {report.align_command}"
    for section in report.classifiers:
        if section.bridge is not None:
            yield from _bridged(section)
    yield from _not_compared(report)
    if report.relabel_offer:
        yield report.relabel_offer


def parts_of_change(row: LabelRow) -> tuple[str, str] | None:
    """The labeller's and the users' part of a change with their intervals, in percentage points; None without a bridge."""
    if row.bridged is None:
        return None
    return _with_interval(row.bridged.change.labeller), _with_interval(row.bridged.change.users)


def _bridged(section: ClassifierSection) -> Iterator[str]:
    """The label that the labeller moved most, with both parts."""
    bridge = section.bridge
    rows = [row for row in section.rows if row.bridged is not None]
    if bridge is None or not rows:
        return
    largest = max(rows, key=_size)
    parts = parts_of_change(largest)
    assert parts is not None  # rows without a bridge are left out
    who = f"the labeller changed from {bridge.before} to {bridge.now}"
    if bridge.before == bridge.now:
        who = "the prompt, parameters or strategy of the labeller changed"
    yield (
        f"{section.info.title}: {who}. Its largest effect, over {count(bridge.rows, 'row')} of week {bridge.week} that both "
        f"labelled: {largest.name}, labeller {parts[0]} points, users {parts[1]} points."
    )
    real, moved = sum(row.labeller_is_real for row in rows), sum(row.is_real for row in rows)
    yield (
        f"{section.info.title}: of {count(len(rows), 'change')}, {number(real)} through the labeller and {number(moved)} "
        "through the users are significant."
    )


def _size(row: LabelRow) -> float:
    return 0.0 if row.bridged is None else abs(row.bridged.change.labeller.change)


def _not_compared(report: WeekReport) -> Iterator[str]:
    if report.previous_week is None:
        return
    reasons: dict[str, list[str]] = {}
    for section in report.classifiers:
        if section.not_compared and section.labellers and section.rows:
            reasons.setdefault(section.not_compared, []).append(section.info.title)
    for reason, titles in reasons.items():
        if "labeller" in reason:
            yield f"No change since week {report.previous_week} is shown for {listed(titles)}: {reason}."


def _with_interval(change: PairedChange | Difference) -> str:
    return f"{points(change.change)} ({points(change.low)} to {points(change.high)})"
