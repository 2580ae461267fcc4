"""Whether labels are right, and how certain an estimate is.

Here: intervals of shares and of their differences, coefficients of agreement, the comparison with golden labels or with the
labels of another run, how often labels change between repeats, tests of two labellers on the same rows, shares corrected with
gold rows, a change separated into the labeller's and the users' part, and the daily test of fixed rows. Every estimate has an
interval and an n. Not here: whether a week may be published (`quality`), what an experiment concludes (`experiments`), how
results are shown (`report`).
"""

from semtel_ops.evaluation.agreement import Coefficient, accuracy, cohen_kappa, weighted_kappa
from semtel_ops.evaluation.comparison import Comparison, compare, read_labels
from semtel_ops.evaluation.gold import compare_with_gold, golden_labels
from semtel_ops.evaluation.intervals import Share, difference, real_changes, share_of
from semtel_ops.evaluation.repeat_consistency import Flips, flips

__all__ = [
    "Coefficient",
    "Comparison",
    "Flips",
    "Share",
    "accuracy",
    "cohen_kappa",
    "compare",
    "compare_with_gold",
    "difference",
    "flips",
    "golden_labels",
    "read_labels",
    "real_changes",
    "share_of",
    "weighted_kappa",
]
