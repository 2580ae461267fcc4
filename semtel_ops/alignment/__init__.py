"""Alignment: whether a candidate labels as the incumbent labeller does, and what follows from it.

Here: what two answers of each say about shares, single conversations and people's labels, the verdict for each classifier,
and the decision for the candidate. Values and pure decisions. Not here: asking (`steps`), the tests and intervals themselves
(`evaluation`), the page (`report`), whether a weekly run may use a labeller (the model gate).
"""

from semtel_ops.alignment.measure import Answer, Asked, Labelled, measure
from semtel_ops.alignment.results import (
    Alignment,
    AlignmentLabeller,
    CandidateAlignment,
    ClassifierAlignment,
    Decision,
    Verdict,
    worst,
)
from semtel_ops.alignment.verdict import judge

__all__ = [
    "Alignment",
    "AlignmentLabeller",
    "Answer",
    "Asked",
    "CandidateAlignment",
    "ClassifierAlignment",
    "Decision",
    "Labelled",
    "Verdict",
    "judge",
    "measure",
    "worst",
]
