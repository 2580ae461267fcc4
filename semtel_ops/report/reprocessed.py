"""What a run that labels a week again did to it, and on whose word: reprocess.json of its folder, as a value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semtel_ops.report.text import number


@dataclass(frozen=True, slots=True)
class Changes:
    """One classifier's rows against those that were there before.

    Attributes:
        asked: rows that were asked anew; the others are carried over. `added`: of these, rows that were not there before.
        relabelled: answered before and now, with another label; `mended`: only now; `lost`: only before.
    """

    classifier: str
    rows: int
    asked: int
    added: int
    relabelled: int
    mended: int
    lost: int


@dataclass(frozen=True, slots=True)
class Reprocessed:
    """A reprocess, as far as it came.

    Attributes:
        replaces: the published run it was compared with; None: there was none, or it was not weighed yet.
        changes: empty until the quality gate let the run through.
        decided_by: who approved or rejected it; None where nobody had to be asked, or nobody answered in time.
    """

    base_run: str
    requested_by: str
    reason: str
    asked_rows: int
    carried_rows: int
    replaces: str | None = None
    changes: tuple[Changes, ...] = ()
    decided_by: str | None = None
    rejected: bool = False

    @property
    def sentences(self) -> tuple[str, ...]:
        """Who and why, how much, what changed, who decided."""
        asked = f"{self.requested_by} asked for it: {' '.join(self.reason.split()).rstrip('.')}."
        rows = (
            f"{number(self.asked_rows)} rows are asked anew, {number(self.carried_rows)} carried over from run {self.base_run}."
        )
        return tuple(filter(None, (asked, rows, _changed(self.changes), self._decided())))

    def _decided(self) -> str:
        if self.rejected:
            return "Nobody approved it in time." if self.decided_by is None else f"{self.decided_by} rejected it."
        return "" if self.decided_by is None else f"{self.decided_by} approved it."


def read_reprocessed(told: Mapping[str, Any] | None) -> Reprocessed | None:
    """From reprocess.json, in whatever state it is; None of a run that is no reprocess."""
    if not told:
        return None
    names = Changes.__dataclass_fields__
    return Reprocessed(
        base_run=told["base_run"],
        requested_by=told["requested_by"],
        reason=told["reason"],
        asked_rows=told["asked_rows"],
        carried_rows=told["carried_rows"],
        replaces=told.get("replaces"),
        changes=tuple(Changes(**{name: one[name] for name in names}) for one in told.get("changes", ())),
        decided_by=told.get("decided_by"),
        rejected=bool(told.get("rejected")),
    )


def _changed(changes: Sequence[Changes]) -> str:
    """Which classifiers have other labels now, and how many rows won or lost theirs."""
    if not changes:
        return ""
    by_classifier = [f"{number(one.relabelled)} of {one.classifier}" for one in changes if one.relabelled]
    relabelled = f"Labels changed: {', '.join(by_classifier)}" if by_classifier else "No label changed"
    counts = [(sum(one.mended for one in changes), "mended"), (sum(one.lost for one in changes), "lost")]
    counts.append((sum(one.added for one in changes), "new"))
    return "; ".join([relabelled, *(f"{number(rows)} rows {word}" for rows, word in counts if rows)]) + "."
