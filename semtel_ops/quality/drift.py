"""Changes of label shares against the last published weeks. Pure: shares in, changes out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LabelShare:
    """A label's share of the conversations that its classifier labelled in a week.

    Attributes:
        n: conversations with any label of the classifier.
        effective_n: Kish's effective n, see `evaluation.intervals`.
    """

    classifier: str
    version: str | None
    label: str
    share: float
    n: int
    effective_n: float


@dataclass(frozen=True, slots=True)
class ShareChange:
    """A label's share now and before.

    Attributes:
        n: conversations of this week with any label of the classifier.
        is_real: whether the difference is more than sampling error.
        weeks: number of published weeks in `before`; 0: no history.
        versions: versions of the classifier in these weeks and now; several: the question changed too.
        labeller: the labeller's part of the change, which is not in it; None: both weeks have the same labeller.
        not_compared: why there is no history although there are earlier weeks, or None.
    """

    classifier: str
    label: str
    n: int
    share: float
    before: float
    is_real: bool
    weeks: int
    versions: tuple[str, ...] = ()
    labeller: float | None = None
    not_compared: str | None = None

    @property
    def change(self) -> float:
        return self.share - self.before


@dataclass(frozen=True, slots=True)
class LabellerChange:
    """A classifier whose labeller is another one than that of the last published week, or that several labelled.

    Attributes:
        reason: in a phrase.
        known: an alignment, a bridge or a new version of the prompt accounts for it.
    """

    classifier: str
    reason: str
    known: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A label's share now and in each earlier week in which its classifier has rows."""

    now: LabelShare
    before: tuple[LabelShare, ...]

    def change(self, before: float, *, is_real: bool) -> ShareChange:
        versions = {share.version for share in (self.now, *self.before) if share.version}
        return ShareChange(
            self.now.classifier,
            self.now.label,
            self.now.n,
            self.now.share,
            before,
            is_real,
            len(self.before),
            tuple(sorted(versions)),
        )


def pair_up(now: Sequence[LabelShare], weeks: Sequence[Sequence[LabelShare]]) -> list[Pair]:
    """Each label of this week or an earlier week with its history, sorted by classifier and label.

    A label that does not occur in a week has a share of 0 in it, with that week's n, so that new and vanished labels are
    changes. Classifiers without labels in this week are left out; weeks without the classifier are not part of the history.
    """
    current = _by_label(now)
    earlier = [_by_label(week) for week in weeks]
    pairs = []
    for classifier in sorted({share.classifier for share in now}):
        labels = {label for shares in (current, *earlier) for name, label in shares if name == classifier}
        for label in sorted(labels):
            shares = (_share_in(week, classifier, label) for week in earlier)
            current_share = _share_in(current, classifier, label)
            assert current_share is not None  # the classifier has labels in this week
            pairs.append(Pair(current_share, tuple(share for share in shares if share is not None)))
    return pairs


def beyond(changes: Sequence[ShareChange], limit: float, min_rows: int) -> list[ShareChange]:
    """Changes above the limit that are real, with a history and at least `min_rows` rows; the largest first."""
    judged = [change for change in changes if change.n >= min_rows and change.weeks and change.is_real]
    large: Callable[[ShareChange], bool] = lambda change: abs(change.change) > limit  # noqa: E731
    return sorted(filter(large, judged), key=lambda change: (-abs(change.change), change.label))


def _by_label(shares: Sequence[LabelShare]) -> dict[tuple[str, str], LabelShare]:
    return {(share.classifier, share.label): share for share in shares}


def _share_in(shares: dict[tuple[str, str], LabelShare], classifier: str, label: str) -> LabelShare | None:
    share = shares.get((classifier, label))
    if share is not None:
        return share
    sibling = next((share for (name, _), share in shares.items() if name == classifier), None)
    if sibling is None:
        return None
    return LabelShare(classifier, sibling.version, label, 0.0, sibling.n, sibling.effective_n)
