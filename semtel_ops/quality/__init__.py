"""Whether a week is sound enough to be published.

Here: facts of the landed rows, Great Expectations suites over them, results, and the gate that decides. Not here: whether
labels are right (evaluation), what is done about a stop (steps), how results look (report).
"""

from semtel_ops.quality.assessment import Evidence, assess
from semtel_ops.quality.checks import CheckResult
from semtel_ops.quality.facts import AllowedLabels, column_facts, row_facts
from semtel_ops.quality.gate import Verdict, decide

__all__ = [
    "AllowedLabels",
    "CheckResult",
    "Evidence",
    "Verdict",
    "assess",
    "column_facts",
    "decide",
    "row_facts",
]
