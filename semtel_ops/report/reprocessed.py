"""What a reprocess changed in a week, and who requested and approved it: its reprocess.json, as a value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semtel_ops.humanize import count, number


@dataclass(frozen=True, slots=True)
class Changes:
    """One classifier's rows against those that were there before.

    Attributes:
        asked: rows that were labelled again; the others are carried over. `added`: of these, rows that did not exist before.
        relabelled: a label before and now, but another; `mended`: a label only now; `lost`: only before.
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
        replaces: the published run it was compared with; None: there was none, or no comparison was made yet.
        changes: empty until the quality gate let the run through.
        decided_by: who approved or rejected it; None where no approval was needed, or nobody answered in time.
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
        asked = f"Requested by {self.requested_by}: {' '.join(self.reason.split()).rstrip('.')}."
        rows = (
            f"Labels {count(self.asked_rows, 'row')} again; {number(self.carried_rows)} carried over from run {self.base_run}."
        )
        return tuple(filter(None, (asked, rows, _changed(self.changes), self._decided())))

    def _decided(self) -> str:
        if self.rejected:
            return "Rejected: nobody approved it in time." if self.decided_by is None else f"Rejected by {self.decided_by}."
        return "" if self.decided_by is None else f"Approved by {self.decided_by}."


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
    totals = (
        ("recovered", sum(one.mended for one in changes)),
        ("lost", sum(one.lost for one in changes)),
        ("new", sum(one.added for one in changes)),
    )
    return "; ".join([relabelled, *(f"{count(rows, 'row')} {word}" for word, rows in totals if rows)]) + "."
