"""What is known of a prompt's mistakes, as mutators see it: labels, counts and pairs, and ids of rows; no conversation text."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from semtel_ops.evaluation.comparison import BETWEEN
from semtel_ops.repair.answers import Labels
from semtel_ops.repair.parts import PromptParts

MAX_PAIRS: Final = 4


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """A label that is often given in place of another.

    Attributes:
        truth: label of the reference.
        given: label that the prompt gave.
        n: rows where this happened.
        reverse: rows where the reference is `given` and the prompt gave `truth`.
        rows: ids of the n rows.
    """

    truth: str
    given: str
    n: int
    reverse: int
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """A prompt and its mistakes on the rows that it was asked about.

    Attributes:
        pairs: the most confused pairs, worst first; a pair and its reverse count as two.
        expected: label → rows where the reference has it.
        given: label → rows where the prompt gave it.
        n: number of rows.
    """

    parts: PromptParts
    pairs: tuple[ConfusedPair, ...]
    expected: Counter[str]
    given: Counter[str]
    n: int


def facts_of(parts: PromptParts, truth: Labels, labels: Labels, rows: Sequence[str]) -> Facts:
    """Count a prompt's mistakes on rows of the search part.

    Where several labels apply, a label that is missing and a label that is too much make a pair.
    """
    ids = set(parts.names)
    expected: Counter[str] = Counter()
    given: Counter[str] = Counter()
    mistakes: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        right, answer = _set(truth.get(row)), _set(labels.get(row))
        expected.update(sorted(right))
        given.update(sorted(answer))
        for missing in sorted((right - answer) & ids):
            for extra in sorted((answer - right) & ids):
                mistakes.setdefault((missing, extra), []).append(row)
    worst = sorted(mistakes, key=lambda pair: (-len(mistakes[pair]), pair))[:MAX_PAIRS]
    pairs = tuple(
        ConfusedPair(
            right, wrong, len(mistakes[right, wrong]), len(mistakes.get((wrong, right), ())), tuple(mistakes[right, wrong])
        )
        for right, wrong in worst
    )
    return Facts(parts, pairs, expected, given, len(rows))


def _set(label: str | None) -> set[str]:
    return set() if label is None else set(label.split(BETWEEN))
