"""Whether a week is sound enough to be published.

Here: counts of the landed rows, the checks (`checks`), Great Expectations' judgement of them, results, and the gate that
decides. Not here: whether labels are right (evaluation), what is done about a stop (steps), how results look (report).
"""

from semtel_ops.quality.assessment import assess
from semtel_ops.quality.counts import AllowedLabels, count_columns, count_rows_by_classifier
from semtel_ops.quality.evidence import Evidence, RunCounts
from semtel_ops.quality.gate import Verdict, decide
from semtel_ops.quality.results import CheckResult

__all__ = [
    "AllowedLabels",
    "CheckResult",
    "Evidence",
    "RunCounts",
    "Verdict",
    "assess",
    "count_columns",
    "count_rows_by_classifier",
    "decide",
]
