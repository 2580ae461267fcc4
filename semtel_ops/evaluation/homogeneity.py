"""Marginal homogeneity: whether two labellers give all labels of a classifier equally often, in one test.

The table counts rows: entry [i][j] are the rows with label i from the first labeller and label j from the second, with the
labels in the same order on both sides.

Sources: A. Stuart, Biometrika 42 (1955) 412-416. A. E. Maxwell, Brit. J. Psychiatry 116 (1970) 651-655. V. P. Bhapkar, JASA
61 (1966) 228-235.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.agreement import Confusion
from semtel_ops.evaluation.distributions import chi_squared_p

Table = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Homogeneity:
    """The result of the test.

    Attributes:
        statistic: chi-squared under the hypothesis; 0 where no row moved.
        df: degrees of freedom: labels that a row moved from or to, minus the number of groups of labels between which no row
            moved.
        p_value: of the hypothesis that both labellers give each label equally often; 1 where no row moved.
    """

    statistic: float
    df: int
    p_value: float


def square_table(counts: Confusion) -> tuple[list[str], list[list[int]]]:
    """The labels that occur, sorted, and their table, from (first label, second label) → rows."""
    labels = sorted({label for pair in counts for label in pair})
    return labels, [[counts.get((first, second), 0) for second in labels] for first in labels]


def stuart_maxwell(table: Table) -> Homogeneity:
    """d'S⁻d, with d_i = n_i. - n_.i, S_ii = n_i. + n_.i - 2n_ii and S_ij = -(n_ij + n_ji).

    Labels that no row moved from or to say nothing and are left out. S is the Laplacian of the graph whose edges are the
    moves: it has rank (labels - groups), where no row moved between labels of different groups, and becomes invertible by
    leaving out a label of each group. No cell is filled with ½.
    """
    _check(table)
    statistic, df = 0.0, 0
    for group in _groups(table):
        statistic += _quadratic_form(table, group[1:], group)
        df += len(group) - 1
    return Homogeneity(statistic, df, chi_squared_p(statistic, df))


def bhapkar(table: Table) -> Homogeneity:
    """Bhapkar's test: W / (1 - W/n), with W of `stuart_maxwell` and n all rows. It has more power; for large n both are equal.

    Where each row that a label lost or won moved the same way for all labels, W = n and the statistic is infinite.
    """
    found = stuart_maxwell(table)
    n = sum(map(sum, table))
    left = 1 - found.statistic / n if n else 1.0
    statistic = found.statistic / left if left > 1e-12 else math.inf
    return Homogeneity(statistic, found.df, chi_squared_p(statistic, found.df))


def _check(table: Table) -> None:
    if any(len(row) != len(table) for row in table):
        raise ConfigError("table", [len(row) for row in table], f"must have {len(table)} columns in each of its rows")


def _groups(table: Table) -> list[list[int]]:
    """Labels that moves connect; labels without any move are in none."""
    groups: list[list[int]] = []
    left = set(range(len(table)))
    while left:
        group, new = [], [min(left)]
        left.discard(new[0])
        while new:
            i = new.pop()
            group.append(i)
            near = sorted(j for j in left if table[i][j] or table[j][i])
            left.difference_update(near)
            new += near
        if len(group) > 1:
            groups.append(sorted(group))
    return groups


def _quadratic_form(table: Table, kept: Sequence[int], group: Sequence[int]) -> float:
    import numpy as np

    moved = np.array([[table[i][j] for j in group] for i in kept], dtype=float)
    moved_to = np.array([[table[j][i] for j in group] for i in kept], dtype=float)
    difference = moved.sum(axis=1) - moved_to.sum(axis=1)
    both = moved + moved_to
    covariance = -both[:, 1:]
    own = np.arange(len(kept))
    covariance[own, own] = both.sum(axis=1) - both[own, own + 1]
    return float(difference @ np.linalg.solve(covariance, difference))
