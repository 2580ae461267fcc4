"""Weeks with different labellers: whether two weeks may be compared, and which part of a change is the labeller's.

Here: decisions from who labelled, what alignments are on record, and rows that both labellers labelled. Not here: the
statistics of a bridge (`evaluation.bridge`), who labels its rows (`steps.bridge`), where it is recorded (`store`).
"""

from semtel_ops.bridging.comparability import Agreed, Comparability, Part, comparability
from semtel_ops.bridging.recorded import agreed_labellers, labelled_weeks, recorded_bridges
from semtel_ops.bridging.relabelled import Bridge, BridgedLabel, bridges_of, joins

__all__ = [
    "Agreed",
    "Bridge",
    "BridgedLabel",
    "Comparability",
    "Part",
    "agreed_labellers",
    "bridges_of",
    "comparability",
    "joins",
    "labelled_weeks",
    "recorded_bridges",
]
