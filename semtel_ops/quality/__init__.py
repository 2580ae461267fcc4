"""Whether a week is sound enough to be published.

Here: facts of the landed rows, Great Expectations suites over them, results, and the gate that decides. Not here: whether
labels are right (evaluation), what is done about a stop (steps), how results look (report).
"""

from semtel_ops.quality.assessment import Evidence, assess
from semtel_ops.quality.checks import CheckResult
from semtel_ops.quality.counts import AllowedLabels, count_columns, count_rows_by_classifier
from semtel_ops.quality.gate import Verdict, decide

__all__ = [
    "AllowedLabels",
    "CheckResult",
    "Evidence",
    "Verdict",
    "assess",
    "count_columns",
    "count_rows_by_classifier",
    "decide",
]
