"""What people are told of a week: its shares, and the page that shows them.

Here: weighted shares by SQL over label rows, the page's content as values, its charts, its HTML. Not here: how an interval is
computed (evaluation), what stops a run (quality), where files go and what is published (steps).
"""

from semtel_ops.report.classifier_info import ClassifierInfo, load_classifier_info
from semtel_ops.report.model import WeekReport

__all__ = ["ClassifierInfo", "WeekReport", "load_classifier_info"]
