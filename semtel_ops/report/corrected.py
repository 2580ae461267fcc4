"""Corrected shares as people read them: the value beside a share, and in a sentence what the intervals cover."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from semtel_ops.humanize import count, interval, percent
from semtel_ops.store.ledger_rows import WeeklyShare

_GOLD = "Gold rows are conversations that people labelled."
RAW_COVERS = "covers sampling error only, not labelling error"
NOT_EXAMINED = "no gold rows were looked for"
"""The reason where a share is not published, or was published by an earlier release."""


@dataclass(frozen=True, slots=True)
class CorrectedShare:
    """A share of the truth, estimated from labels by the model and by people.

    Attributes:
        share: 0 to 1.
        low: lower end of its 95% interval, which includes labelling error.
        high: upper end.
        n_gold: conversations labelled by people that it rests on.
        method: as in `weekly_share.corrected_method`.
    """

    share: float
    low: float
    high: float
    n_gold: int
    method: str


def corrected_words(share: CorrectedShare) -> str:
    """Value, interval and number of gold rows as text."""
    return f"{percent(share.share)} ({interval(share.low, share.high)}, {count(share.n_gold, 'gold row')})"


class WithNote(Protocol):
    """A share that may have been corrected, as `LabelShare` and `LabelRow`."""

    @property
    def corrected(self) -> CorrectedShare | None: ...
    @property
    def corrected_note(self) -> str | None: ...


def corrected_of(row: WeeklyShare) -> CorrectedShare | None:
    """The corrected share of a row of the ledger."""
    if row.share_corrected is None or row.corrected_low is None or row.corrected_high is None:
        return None
    return CorrectedShare(
        row.share_corrected, row.corrected_low, row.corrected_high, row.corrected_n or 0, row.corrected_method or ""
    )


def covered_by(shares: Sequence[WithNote]) -> str:
    """What the intervals of a classifier's shares cover, in one or two sentences; empty without shares.

    With corrections, first what those cover and how many labels by people they rest on, then how many shares have none, and
    why. Reasons and sentences that several shares have are given once, the most frequent first.
    """
    notes = Counter(share.corrected_note for share in shares if share.corrected is not None and share.corrected_note)
    refused = Counter(_reason(share) for share in shares if share.corrected is None)
    sentences = [f"The interval of a corrected share {_sentence(note)}." for note, _ in notes.most_common()]
    if refused and notes:
        reasons = "; ".join(reason for reason, _ in refused.most_common())
        sentences.append(f"Not corrected: {refused.total()} of {len(shares)} ({reasons}); their interval {RAW_COVERS}.")
    elif refused:
        sentences.append(f"The interval {RAW_COVERS}: {'; '.join(reason for reason, _ in refused.most_common())}.")
    return " ".join(sentences)


def covered_by_all(groups: Sequence[Sequence[WithNote]]) -> str | None:
    """What all intervals of a page leave out, in a sentence, where no share of it was corrected; None where one was.

    Args:
        groups: shares of each classifier.
    """
    every = [share for shares in groups for share in shares]
    if not every or any(share.corrected is not None for share in every):
        return None
    reasons = [reason for reason, _ in Counter(_reason(share) for share in every).most_common(3)]
    why = reasons[0] if len(reasons) == 1 else f"for some classifiers, {reasons[0]}; for others, {'; or '.join(reasons[1:])}"
    return f"Intervals cover sampling error only, not labelling error: {why}. {_GOLD}"


def _sentence(note: str) -> str:
    return note.replace("; rests on", "; it rests on")


def _reason(share: WithNote) -> str:
    """Why a share is not corrected: its note without what the interval covers."""
    if not share.corrected_note:
        return NOT_EXAMINED
    return share.corrected_note.partition(": ")[2] or share.corrected_note
