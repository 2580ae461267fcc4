"""The change of a label's share between two weeks with different labellers, as the labeller's part and the users'.

Week 0 was labelled by A, week 1 by B. Rows of week 0, drawn at random, are labelled again by B: the bridge. What differs on
them is the labeller's doing. With it, week 0's share is estimated as B would have seen it: two-phase sampling, where B is the
truth and A what was said. What is left of the change is the users' doing, as B sees it.

The labeller's part is that on week 0's conversations. The three numbers are of different rows: their sum is near the change as
published, not equal to it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.distributions import two_sided_p
from semtel_ops.evaluation.gold_pairs import GoldCount, Refusal, Refused, rows_of
from semtel_ops.evaluation.intervals import Z_95, Difference, Share, difference, estimated_share
from semtel_ops.evaluation.paired import PairedChange, paired_change
from semtel_ops.evaluation.two_phase import two_phase


@dataclass(frozen=True, slots=True)
class BridgedChange:
    """A label's change between two weeks, in two parts.

    Attributes:
        labeller: B's share minus A's, on the relabelled rows of the week before.
        before_as_seen: the share of the week before, as B sees it; its interval includes the error of the bridge.
        users: the share of this week minus `before_as_seen`.

    For a table of labels, `real_changes` decides which of `labeller`, and which of `users`, are significant.
    """

    labeller: PairedChange
    before_as_seen: Share
    users: Difference


def bridged_change(before: Share, after: Share, *, m: int, b: int, c: int, imagined_rows: int = 1) -> BridgedChange | Refused:
    """Separate labeller and users from counts of relabelled rows, drawn with equal probability from rows of equal weight.

    `before_as_seen` = before + (c - b)/m, with variance p(1-p)/N + (1/m - 1/N)·s², s² = ((b + c) - (c - b)²/m)/(m - 1); N is
    the effective n of `before`. One imagined row of each kind is added to the variance only, see `two_phase`.

    Args:
        before: the share of week 0, by A.
        after: the share of week 1, by B.
        m: relabelled rows of week 0.
        b: of these, rows with the label from A only.
        c: of these, rows with the label from B only.
        imagined_rows: of each kind.
    """
    if b < 0 or c < 0 or b + c > m:
        raise ConfigError("m", m, f"must be at least {b} + {c}, the rows that moved")
    refused = _refused(before, after, m)
    if refused:
        return refused
    change = (c - b) / m
    share = min(max(before.share + change, 0.0), 1.0)
    moved = b + c - m * change**2 + 2 * imagined_rows
    spread = moved / (m + 2 * imagined_rows - 1)
    variance = share * (1 - share) / before.effective_n + max(1 / m - 1 / before.n, 0.0) * spread
    seen = estimated_share(share, variance, before.n, 1 / (m + 2))
    return BridgedChange(paired_change(m, b, c), seen, difference(after, seen))


def bridged_change_of(before: Share, after: Share, rows: Sequence[GoldCount], *, week: str) -> BridgedChange | Refused:
    """As `bridged_change`, for rows with weights or unequal probabilities; the tuning makes the interval shortest.

    Args:
        before: the share of week 0, by A.
        after: the share of week 1, by B.
        rows: relabelled rows of week 0: `said` by A, `is_true` by B.
        week: week 0.

    The labeller's change is then the weighted mean of the rows' changes, and its p-value that of the sign test's normal form,
    Σ v·(y - f) / √Σ v²·(y - f)², with v = weight / probability.
    """
    m = rows_of(rows)
    refused = _refused(before, after, m)
    if refused:
        return refused
    seen = two_phase(before, rows, week=week)
    if isinstance(seen, Refused):
        return seen
    return BridgedChange(_weighted_change(rows), seen.share, difference(after, seen.share))


def _refused(before: Share, after: Share, m: int) -> Refused | None:
    if before.effective_n <= 0 or after.effective_n <= 0:
        return Refused(Refusal.NO_ROWS, f"no row of {'last' if before.effective_n <= 0 else 'this'} week has a label")
    if m < 2:
        return Refused(Refusal.FEW_GOLD_ROWS, f"{m} rows of last week were labelled by the new labeller")
    return None


def _weighted_change(rows: Sequence[GoldCount]) -> PairedChange:
    m = rows_of(rows)
    b = sum(row.rows for row in rows if row.said and not row.is_true)
    c = sum(row.rows for row in rows if row.is_true and not row.said)
    weights = [row.weight / row.probability for row in rows]
    if len({round(weight, 12) for weight in weights}) == 1:
        return paired_change(m, b, c)
    total = math.fsum(row.rows * weight for row, weight in zip(rows, weights, strict=True))
    moves = [(row.rows, weight, int(row.is_true) - int(row.said)) for row, weight in zip(rows, weights, strict=True)]
    change = math.fsum(n * weight * move for n, weight, move in moves) / total
    squares = math.fsum(n * weight**2 * abs(move) for n, weight, move in moves)
    p_value = two_sided_p(change * total / math.sqrt(squares)) if squares > 0 else 1.0
    # The mean weight squared for each imagined row, one of each kind, as in `two_phase`.
    spread = math.fsum(n * weight**2 * (move - change) ** 2 for n, weight, move in moves) + 2 * (total / m) ** 2
    half = Z_95 * math.sqrt(spread * m / (m + 1)) / total
    return PairedChange(change, max(change - half, -1.0), min(change + half, 1.0), p_value, m, b, c)
