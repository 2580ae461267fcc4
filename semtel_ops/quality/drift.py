"""How label shares changed against the last published weeks. Pure: shares in, changes out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LabelShare:
    """One label's share of what its classifier labelled in one week.

    Attributes:
        n: conversations the classifier labelled, with whatever label.
        effective_n: Kish's, see `evaluation.intervals`.
    """

    classifier: str
    version: str | None
    label: str
    share: float
    n: int
    effective_n: float


@dataclass(frozen=True, slots=True)
class ShareChange:
    """A label's share now, before, and whether the difference is more than sampling noise.

    Attributes:
        weeks: published weeks that `before` pools.
        versions: versions of the classifier over these weeks and now; more than one: the question changed too.
    """

    classifier: str
    label: str
    n: int
    share: float
    before: float
    is_real: bool
    weeks: int
    versions: tuple[str, ...] = ()

    @property
    def change(self) -> float:
        return self.share - self.before


@dataclass(frozen=True, slots=True)
class Pair:
    """One label now and in each earlier week, absent weeks left out."""

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
    """Each label of this week or an earlier one with its history, by classifier and label.

    A label that a week's classifier did not give has share 0 there, of that week's n: appearing and vanishing are changes.
    A classifier that this week does not have is left out; a week without the classifier is no history of it.
    """
    current = _by_label(now)
    earlier = [_by_label(week) for week in weeks]
    pairs = []
    for classifier in sorted({share.classifier for share in now}):
        labels = {label for shares in (current, *earlier) for name, label in shares if name == classifier}
        for label in sorted(labels):
            shares = (_share_in(week, classifier, label) for week in earlier)
            here = _share_in(current, classifier, label)
            assert here is not None  # the classifier is one of this week's
            pairs.append(Pair(here, tuple(share for share in shares if share is not None)))
    return pairs


def beyond(changes: Sequence[ShareChange], limit: float, min_rows: int) -> list[ShareChange]:
    """Changes that are both large and real, largest first; of `min_rows` rows at least, and with a history."""
    judged = [change for change in changes if change.n >= min_rows and change.weeks and change.is_real]
    large: Callable[[ShareChange], bool] = lambda change: abs(change.change) > limit  # noqa: E731
    return sorted(filter(large, judged), key=lambda change: (-abs(change.change), change.label))


def _by_label(shares: Sequence[LabelShare]) -> dict[tuple[str, str], LabelShare]:
    return {(share.classifier, share.label): share for share in shares}


def _share_in(shares: dict[tuple[str, str], LabelShare], classifier: str, label: str) -> LabelShare | None:
    found = shares.get((classifier, label))
    if found is not None:
        return found
    sibling = next((share for (name, _), share in shares.items() if name == classifier), None)
    if sibling is None:
        return None
    return LabelShare(classifier, sibling.version, label, 0.0, sibling.n, sibling.effective_n)
