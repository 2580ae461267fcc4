"""What a reprocess changed in a week, and who requested and approved it, from its reprocess.json."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semtel_ops.humanize import count, number


@dataclass(frozen=True, slots=True)
class Changes:
    """One classifier's rows compared with the rows of the published run.

    Attributes:
        asked: rows that were labelled again; all others are carried over.
        added: rows labelled again that did not exist before.
        relabelled: rows with a label before and after, but a different label.
        mended: rows with a label only after; `lost`: only before.
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
    """A reprocess in any state.

    Attributes:
        replaces: the published run it was compared with; None without a published run, and before the comparison.
        changes: empty until the quality gate let the run through.
        decided_by: who approved or rejected it; None where no approval was needed or nobody responded in time.
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
        """Requester and reason, size, changes, and decision, in that order; empty sentences are left out."""
        requested = f"Requested by {self.requested_by}: {' '.join(self.reason.split()).rstrip('.')}."
        rows = (
            f"Labels {count(self.asked_rows, 'row')} again; {number(self.carried_rows)} carried over from run {self.base_run}."
        )
        return tuple(filter(None, (requested, rows, _changed(self.changes), self._decided())))

    def _decided(self) -> str:
        if self.rejected:
            return "Rejected: nobody approved it in time." if self.decided_by is None else f"Rejected by {self.decided_by}."
        return "" if self.decided_by is None else f"Approved by {self.decided_by}."


def read_reprocessed(document: Mapping[str, Any] | None) -> Reprocessed | None:
    """The reprocess described by reprocess.json, which can be incomplete; None for other runs."""
    if not document:
        return None
    names = Changes.__dataclass_fields__
    return Reprocessed(
        base_run=document["base_run"],
        requested_by=document["requested_by"],
        reason=document["reason"],
        asked_rows=document["asked_rows"],
        carried_rows=document["carried_rows"],
        replaces=document.get("replaces"),
        changes=tuple(Changes(**{name: change[name] for name in names}) for change in document.get("changes", ())),
        decided_by=document.get("decided_by"),
        rejected=bool(document.get("rejected")),
    )


def _changed(changes: Sequence[Changes]) -> str:
    """Rows with a different label, by classifier, and rows that recovered, lost or newly have a label."""
    if not changes:
        return ""
    by_classifier = [f"{number(change.relabelled)} of {change.classifier}" for change in changes if change.relabelled]
    relabelled = f"Labels changed: {', '.join(by_classifier)}" if by_classifier else "No label changed"
    totals = (
        ("recovered", sum(change.mended for change in changes)),
        ("lost", sum(change.lost for change in changes)),
        ("new", sum(change.added for change in changes)),
    )
    return "; ".join([relabelled, *(f"{count(rows, 'row')} {word}" for word, rows in totals if rows)]) + "."
