"""Repeat-run consistency: whether the same question, asked again, gets the same label.

The same sample is asked k times with nothing changed but the request's `seed`. Each conversation then has k labels of a
classifier, and k(k-1)/2 pairs of them; the flip share is the share of pairs whose labels differ: the probability that a label
changes when the run is repeated once. It does not grow with k, as the share of conversations that ever changed would; more
repeats only make it surer.
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
        classifier: None over all classifiers.
        share: share of pairs that differ, with an interval in which a conversation counts as one cluster; `n` counts pairs.
        repeats: the runs that were compared.
        conversations: those with at least two labels of the classifier, that is, with a pair.
    """

    classifier: str | None
    share: Share
    repeats: int
    conversations: int


def flips(repeats: Sequence[Labels], classifiers: Sequence[str]) -> list[Flips]:
    """The flip share of each classifier, and last, over all of them; nothing for fewer than two repeats.

    A member that has no label in a repeat has fewer pairs: that it failed is counted by the invalid rate.
    """
    if len(repeats) < 2:
        return []
    differing: dict[str, Counter[str]] = {name: Counter() for name in classifiers}
    pairs: dict[str, Counter[str]] = {name: Counter() for name in classifiers}
    for conversation, classifier in {key for repeat in repeats for key in repeat if key[1] in pairs}:
        seen = Counter(label for repeat in repeats if (label := repeat.get((conversation, classifier))) is not None)
        total = seen.total() * (seen.total() - 1) // 2
        if total:
            pairs[classifier][conversation] = total
            differing[classifier][conversation] = total - sum(n * (n - 1) // 2 for n in seen.values())
    results = [_flips(name, differing[name], pairs[name], len(repeats)) for name in classifiers]
    over_all = _flips(None, sum(differing.values(), Counter()), sum(pairs.values(), Counter()), len(repeats))
    return [*results, over_all]


def _flips(classifier: str | None, differing: Counter[str], pairs: Counter[str], repeats: int) -> Flips:
    names = sorted(pairs)  # the order of a set changes from process to process, and with it the last digit of a sum
    share = clustered_share([differing[name] for name in names], [pairs[name] for name in names])
    return Flips(classifier, share, repeats, len(names))
