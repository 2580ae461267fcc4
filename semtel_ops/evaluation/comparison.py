"""Two sets of labels for the same conversations: how far they say the same, for each classifier and over all of them."""

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from semtel_ops.evaluation.agreement import Coefficient, cohen_kappa
from semtel_ops.evaluation.intervals import Z_95, Share, clustered_share
from semtel_ops.store import sql_engine

Labels = Mapping[tuple[str, str], str | None]
"""(conversation, classifier) → label; multiple labels are joined into one string; None if the row has no label."""

BETWEEN = " + "
"""Joins a set of labels into one category."""

_GROUPS = 40
"""Groups of conversations that the jackknife omits in turn."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far labels agree with those of a baseline.

    Attributes:
        classifier: None over all classifiers.
        agreement: share of equal labels where both have one; over all, classifiers of one conversation are one cluster.
        kappa: Cohen's kappa; over all, the mean of the classifiers' kappas with a jackknife interval over conversations.
        unpaired: members that only the baseline has a label for.
    """

    classifier: str | None
    agreement: Share
    kappa: Coefficient
    unpaired: int


def read_labels(landed: Sequence[str]) -> dict[tuple[str, str], str | None]:
    """The labels of landed rows."""
    found: dict[tuple[str, str], str | None] = {}
    if landed:
        with sql_engine.connect() as con:
            sql_engine.read(con, "landed", landed, ("conversation_id", "classifier", "label", "labels", "status"))
            for row in sql_engine.records(con, "select * from landed"):
                label = spelled(row["label"], row["labels"]) if row["status"] == "success" else None
                found[row["conversation_id"], row["classifier"]] = label
    return found


def spelled(label: str | None, labels: Sequence[str] | None) -> str | None:
    """A row's answer as one category: its label, or all of them where there are several."""
    return label if label is None or not labels or label not in labels else BETWEEN.join(sorted(set(labels)))


def compare(baseline: Labels, labels: Labels, classifiers: Sequence[str]) -> list[Comparison]:
    """Compare what both know: one result for each classifier that the baseline has labels of, and last, over all of them."""
    pairs: dict[str, list[tuple[str, str, str]]] = {classifier: [] for classifier in classifiers}
    unpaired: Counter[str] = Counter()
    for (conversation, classifier), expected in baseline.items():
        if expected is None or classifier not in pairs:
            continue
        found = labels.get((conversation, classifier))
        if found is None:
            unpaired[classifier] += 1
        else:
            pairs[classifier].append((conversation, expected, found))
    judged = {name: triples for name, triples in pairs.items() if triples or unpaired[name]}
    results = [
        Comparison(
            name,
            _agreement(triples),
            cohen_kappa(Counter((expected, found) for _, expected, found in triples)),
            unpaired[name],
        )
        for name, triples in judged.items()
    ]
    everything = [pair for triples in judged.values() for pair in triples]
    overall = Comparison(None, _agreement(everything), mean_kappa(judged), unpaired.total())
    return [*results, overall] if judged else []


def _agreement(pairs: Iterable[tuple[str, str, str]]) -> Share:
    hits: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for conversation, expected, found in pairs:
        of[conversation] += 1
        hits[conversation] += expected == found
    return clustered_share([hits[name] for name in of], list(of.values()))


def mean_kappa(pairs: Mapping[str, Sequence[tuple[str, str, str]]]) -> Coefficient:
    """The mean of the classifiers' kappas, each weighing the same; classifiers whose kappa is not defined are left out.

    Its interval is a jackknife that leaves out one of 40 groups of conversations in turn: a conversation that shares a call
    with others is wrong, or right, for several classifiers at once, which a sum of the classifiers' variances would not see.

    Args:
        pairs: for each classifier, (conversation, what the baseline said, what was said).
    """
    whole = {name: Counter((expected, found) for _, expected, found in triples) for name, triples in pairs.items()}
    n = len({conversation for triples in pairs.values() for conversation, _, _ in triples})
    value = _mean(cohen_kappa(counts).value for counts in whole.values())
    if value is None:
        return Coefficient(None, None, None, n)
    parts: dict[int, dict[str, Counter[tuple[str, str]]]] = {}
    for name, triples in pairs.items():
        for conversation, expected, found in triples:
            group = zlib.crc32(conversation.encode()) % _GROUPS
            parts.setdefault(group, {}).setdefault(name, Counter())[expected, found] += 1
    without = [
        _mean(cohen_kappa(counts - part.get(name, Counter())).value for name, counts in whole.items())
        for part in parts.values()
    ]
    known = [one for one in without if one is not None]
    if len(known) < 2:
        return Coefficient(value, -1.0, 1.0, n)
    middle = sum(known) / len(known)
    half = Z_95 * sqrt((len(known) - 1) / len(known) * sum((one - middle) ** 2 for one in known))
    return Coefficient(value, max(value - half, -1.0), min(value + half, 1.0), n)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
