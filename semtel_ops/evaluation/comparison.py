"""Agreement of two sets of labels for the same conversations, for each classifier and over all classifiers."""

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
    """Agreement of labels with those of a baseline.

    Attributes:
        classifier: None: over all classifiers.
        agreement: share of equal labels where both sets have a label; over all classifiers, a conversation is a cluster.
        kappa: Cohen's kappa; over all classifiers, the mean of their kappas with a jackknife interval over conversations.
        unpaired: number of labels of the baseline whose counterpart has no label.
    """

    classifier: str | None
    agreement: Share
    kappa: Coefficient
    unpaired: int


def read_labels(landed: Sequence[str]) -> dict[tuple[str, str], str | None]:
    """The labels of landed rows; None for rows that did not succeed."""
    labels: dict[tuple[str, str], str | None] = {}
    if landed:
        with sql_engine.connect() as con:
            sql_engine.read(con, "landed", landed, ("conversation_id", "classifier", "label", "labels", "status"))
            for row in sql_engine.records(con, "select * from landed"):
                label = spelled(row["label"], row["labels"]) if row["status"] == "success" else None
                labels[row["conversation_id"], row["classifier"]] = label
    return labels


def spelled(label: str | None, labels: Sequence[str] | None) -> str | None:
    """A row's answer as a category: its label, or its sorted labels joined by `BETWEEN`. Ignores the items of a rubric."""
    return label if label is None or not labels or label not in labels else BETWEEN.join(sorted(set(labels)))


def compare(baseline: Labels, labels: Labels, classifiers: Sequence[str]) -> list[Comparison]:
    """Compare labels with a baseline: a result for each classifier that the baseline has labels of, then one over all."""
    pairs: dict[str, list[tuple[str, str, str]]] = {classifier: [] for classifier in classifiers}
    unpaired: Counter[str] = Counter()
    for (conversation, classifier), expected in baseline.items():
        if expected is None or classifier not in pairs:
            continue
        actual = labels.get((conversation, classifier))
        if actual is None:
            unpaired[classifier] += 1
        else:
            pairs[classifier].append((conversation, expected, actual))
    judged = {name: triples for name, triples in pairs.items() if triples or unpaired[name]}
    results = [
        Comparison(
            name,
            _agreement(triples),
            cohen_kappa(Counter((expected, actual) for _, expected, actual in triples)),
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
    for conversation, expected, actual in pairs:
        of[conversation] += 1
        hits[conversation] += expected == actual
    return clustered_share([hits[name] for name in of], list(of.values()))


def mean_kappa(pairs: Mapping[str, Sequence[tuple[str, str, str]]]) -> Coefficient:
    """The unweighted mean of the classifiers' kappas; classifiers whose kappa is not defined are left out.

    The interval is a jackknife over 40 groups of conversations. Errors of classifiers that share a request are correlated
    within a conversation, which the sum of the classifiers' variances would ignore.

    Args:
        pairs: for each classifier, (conversation, label of the baseline, compared label).
    """
    whole = {name: Counter((expected, actual) for _, expected, actual in triples) for name, triples in pairs.items()}
    n = len({conversation for triples in pairs.values() for conversation, _, _ in triples})
    value = _mean(cohen_kappa(counts).value for counts in whole.values())
    if value is None:
        return Coefficient(None, None, None, n)
    parts: dict[int, dict[str, Counter[tuple[str, str]]]] = {}
    for name, triples in pairs.items():
        for conversation, expected, actual in triples:
            group = zlib.crc32(conversation.encode()) % _GROUPS
            parts.setdefault(group, {}).setdefault(name, Counter())[expected, actual] += 1
    without = [
        _mean(cohen_kappa(counts - part.get(name, Counter())).value for name, counts in whole.items())
        for part in parts.values()
    ]
    known = [estimate for estimate in without if estimate is not None]
    if len(known) < 2:
        return Coefficient(value, -1.0, 1.0, n)
    middle = sum(known) / len(known)
    half = Z_95 * sqrt((len(known) - 1) / len(known) * sum((estimate - middle) ** 2 for estimate in known))
    return Coefficient(value, max(value - half, -1.0), min(value + half, 1.0), n)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
