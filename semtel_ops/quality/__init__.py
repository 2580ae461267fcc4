"""The quality gate: whether a week is good enough to be published.

Here: counts of the landed rows, the checks (`checks`), their validation by Great Expectations, results, and the gate that
decides. Not here: whether labels are right (`evaluation`), what follows a stop (`steps`), how results are shown (`report`).
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
