"""Repeat consistency: whether a repeated request gets the same label.

The same sample is labelled k times; only the `seed` of the requests differs. Each conversation then has k labels of a
classifier, and k(k-1)/2 pairs of them. The flip share is the share of pairs whose labels differ: the probability that a label
changes when the run is repeated once. Unlike the share of conversations that ever changed, it does not grow with k; more
repeats only narrow its interval.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from semtel_ops.evaluation.comparison import Labels
from semtel_ops.evaluation.intervals import Share, clustered_share


@dataclass(frozen=True, slots=True)
class Flips:
    """How often labels of a classifier change between two repeats.

    Attributes:
        classifier: the classifier's id; None: over all classifiers.
        share: share of pairs that differ, with each conversation as a cluster; `n` is the number of pairs.
        repeats: number of runs that were compared.
        conversations: number of conversations with at least two labels of the classifier.
    """

    classifier: str | None
    share: Share
    repeats: int
    conversations: int


def flips(repeats: Sequence[Labels], classifiers: Sequence[str]) -> list[Flips]:
    """The flip share of each classifier and, last, over all classifiers; an empty list for fewer than two repeats.

    A missing label in a repeat only means fewer pairs: such failures are counted in the share of invalid rows.
    """
    if len(repeats) < 2:
        return []
    differing: dict[str, Counter[str]] = {name: Counter() for name in classifiers}
    pairs: dict[str, Counter[str]] = {name: Counter() for name in classifiers}
    for conversation, classifier in {key for repeat in repeats for key in repeat if key[1] in pairs}:
        labels = Counter(label for repeat in repeats if (label := repeat.get((conversation, classifier))) is not None)
        n_pairs = labels.total() * (labels.total() - 1) // 2
        if n_pairs:
            pairs[classifier][conversation] = n_pairs
            differing[classifier][conversation] = n_pairs - sum(n * (n - 1) // 2 for n in labels.values())
    results = [_flips(name, differing[name], pairs[name], len(repeats)) for name in classifiers]
    over_all = _flips(None, sum(differing.values(), Counter()), sum(pairs.values(), Counter()), len(repeats))
    return [*results, over_all]


def _flips(classifier: str | None, differing: Counter[str], pairs: Counter[str], repeats: int) -> Flips:
    # Sorted: the order of a set differs between processes, and the rounding of a sum depends on the order.
    conversations = sorted(pairs)
    share = clustered_share([differing[each] for each in conversations], [pairs[each] for each in conversations])
    return Flips(classifier, share, repeats, len(conversations))
