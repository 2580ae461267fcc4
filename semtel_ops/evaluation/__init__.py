"""Whether labels are right, and how sure a number is.

Here: intervals of shares and of their differences, coefficients of agreement, the comparison with golden labels. Every
estimate leaves with its interval and its n. Not here: whether a week may be published (quality), how it is shown (report).
"""

from semtel_ops.evaluation.agreement import accuracy, cohen_kappa, weighted_kappa
from semtel_ops.evaluation.gold import compare_with_gold
from semtel_ops.evaluation.intervals import Share, difference, real_changes, share_of

__all__ = [
    "Share",
    "accuracy",
    "cohen_kappa",
    "compare_with_gold",
    "difference",
    "real_changes",
    "share_of",
    "weighted_kappa",
]
