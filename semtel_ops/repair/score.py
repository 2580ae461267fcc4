"""How good a prompt's labels are, and by how much a prompt is behind another one on the same rows.

score = kappa against the reference - shift_weight × share shift - price_weight × log2(price / price of the start prompt).
Kappa is Cohen's, with quadratic weights for levels; a row without a readable label agrees with nothing. Share shift is the
total variation distance between the shares of labels and those of the reference on the same rows: ½ Σ|pₖ - qₖ|, 0 to 1.
"""

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from semtel_ops.repair.answers import Labels

_GROUPS = 20
"""Groups of rows that the jackknife omits in turn."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a point of kappa is worth.

    Attributes:
        shift: kappa that a share shift of 1 costs.
        price: kappa that doubling the price costs.
    """

    shift: float = 0.25
    price: float = 0.01


@dataclass(frozen=True, slots=True)
class Score:
    """How good the labels of a prompt are on some rows.

    Attributes:
        value: the objective of the search.
        kappa: 0 where it is not defined.
        agreement: share of rows with the label of the reference, 0 to 1.
        shift: share shift, 0 to 1.
        invalid: share of rows without a readable label.
        n: number of rows.
    """

    value: float
    kappa: float
    agreement: float
    shift: float
    invalid: float
    n: int


@dataclass(frozen=True, eq=False)
class Scale:
    """Categories of a classifier, and how much two of them agree.

    Attributes:
        categories: all labels that occur; the last place, behind them, is that of unreadable rows.
        levels: the labels are levels, in this order.
    """

    categories: tuple[str, ...]
    levels: bool = False
    weights: Weights = field(default_factory=Weights)

    @cached_property
    def _codes(self) -> Mapping[str | None, int]:
        return {name: at for at, name in enumerate(self.categories)}

    @cached_property
    def agreement(self) -> Any:
        """(k + 1, k + 1): 1 on the diagonal; between levels 1 - (i - j)² / (k - 1)²."""
        k = len(self.categories)
        matrix = np.eye(k + 1)
        if self.levels and k > 1:
            at = np.arange(k)
            matrix[:k, :k] = 1 - (at[:, None] - at[None, :]) ** 2 / (k - 1) ** 2
        return matrix

    def code(self, labels: Labels, rows: Sequence[str]) -> Any:
        """The places of the labels of rows; labels that are no category count as unreadable."""
        unreadable = len(self.categories)
        return np.array([self._codes.get(labels.get(row), unreadable) for row in rows], dtype=np.int64)


def groups_of(rows: Sequence[str]) -> Any:
    """The group of each row in the jackknife: from its id, so that it is the same for every prompt."""
    return np.array([zlib.crc32(row.encode("utf-8", "surrogatepass")) % _GROUPS for row in rows], dtype=np.int64)


def score_of(scale: Scale, truth: Any, labels: Any, price: float | None = None) -> Score:
    """The score of labels.

    Args:
        truth, labels: places of the labels of the same rows, as `Scale.code` gives them.
        price: price of a row, as a multiple of that of the start prompt; None: not known, and not counted.
    """
    size = len(scale.categories) + 1
    counts = np.bincount(truth * size + labels, minlength=size * size).reshape(1, size, size)
    kappa, shift = _kappas(counts, scale.agreement)[0], _shifts(counts)[0]
    n = max(1, len(truth))
    return Score(
        value=float(_value(kappa, shift, scale.weights)) - price_penalty(price, scale.weights),
        kappa=float(kappa),
        agreement=float((truth == labels).sum() / n),
        shift=float(shift),
        invalid=float((labels == size - 1).sum() / n),
        n=len(truth),
    )


def behind(scale: Scale, truth: Any, groups: Any, leader: Any, other: Any) -> tuple[float, float]:
    """How far `other` is behind `leader` on the same rows, price aside: (difference of values, its standard error).

    The standard error is a jackknife over groups of rows, which keeps what both have in common out of it. Infinite for fewer
    than two groups.
    """
    size = len(scale.categories) + 1
    present = np.unique(groups)
    if len(present) < 2:
        return 0.0, math.inf
    values = []
    for labels in (leader, other):
        flat = groups * (size * size) + truth * size + labels
        by_group = np.bincount(flat, minlength=_GROUPS * size * size).reshape(_GROUPS, size, size)[present]
        whole = by_group.sum(axis=0)
        counts = np.concatenate([whole[None], whole[None] - by_group])
        values.append(_value(_kappas(counts, scale.agreement), _shifts(counts), scale.weights))
    gaps = values[0] - values[1]
    without = gaps[1:]
    m = len(present)
    spread = float(np.sqrt((m - 1) / m * ((without - without.mean()) ** 2).sum()))
    return float(gaps[0]), spread


def _value(kappa: Any, shift: Any, weights: Weights) -> Any:
    return kappa - weights.shift * shift


def price_penalty(price: float | None, weights: Weights) -> float:
    """What a price costs in points of the objective; `price` as in `score_of`."""
    return weights.price * math.log2(price) if price is not None and price > 0 else 0.0


def _kappas(counts: Any, agreement: Any) -> Any:
    """Kappa of each of several tables of (reference, label); 0 where it is not defined."""
    n = np.maximum(counts.sum(axis=(1, 2)), 1)
    rows, columns = counts.sum(axis=2) / n[:, None], counts.sum(axis=1) / n[:, None]
    observed = (counts * agreement).sum(axis=(1, 2)) / n
    expected = np.einsum("gi,ij,gj->g", rows, agreement, columns)
    free = 1 - expected
    return np.where(free > 1e-12, (observed - expected) / np.where(free > 1e-12, free, 1.0), 0.0)


def _shifts(counts: Any) -> Any:
    n = np.maximum(counts.sum(axis=(1, 2)), 1)
    return np.abs(counts.sum(axis=2) - counts.sum(axis=1)).sum(axis=1) / (2 * n)
