"""Gold labels as the estimators of corrected shares take them (`evaluation.corrected`)."""

from collections import Counter
from collections.abc import Iterable

from semtel_ops.evaluation.gold_pairs import GoldPair
from semtel_ops.store.gold_rows import GoldRow


def pairs_of(rows: Iterable[GoldRow]) -> list[GoldPair]:
    """Rows that are alike as one row with their number. Conversations without an answer of a model are left out.

    A row whose labeller is not known has the labeller "", which no labeller of a week is.
    """
    alike = Counter(
        GoldPair(
            truth=frozenset(row.gold),
            said=frozenset(row.llm),
            week=row.week,
            labeller=row.labeller or "",
            weight=row.sample_weight,
            probability=row.probability,
        )
        for row in rows
        if row.llm
    )
    return [
        GoldPair(one.truth, one.said, one.week, one.labeller, number, one.weight, one.probability)
        for one, number in alike.items()
    ]
