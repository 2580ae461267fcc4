"""A week's report: its label shares, and the page that shows them.

Here: weighted shares by SQL over label rows, the page's content as values, its charts, its HTML. Not here: the computation of
intervals (evaluation), the checks that stop a run (quality), publication and where files go (steps).
"""

from semtel_ops.report.classifier_info import ClassifierInfo, load_classifier_info
from semtel_ops.report.model import WeekReport

__all__ = ["ClassifierInfo", "WeekReport", "load_classifier_info"]
