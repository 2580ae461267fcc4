"""What fewer calls and fewer tokens cost in quality, and what follows from it.

Here: the grid of strategies an experiment tries, what each of its cells came to, which one it recommends and why, and whether
an experiment on record speaks for the strategy of a weekly run. Values and pure decisions. Not here: asking and measuring
(steps), coefficients and intervals (evaluation), the page (report), what a strategy does to a request (packing, tokens).
"""

from semtel_ops.experiments.gate import GateVerdict, judge
from semtel_ops.experiments.grid import Cell, ExperimentConfig, cells_of
from semtel_ops.experiments.recommend import Recommendation, frontier, recommend
from semtel_ops.experiments.results import CellResult, Experiment

__all__ = [
    "Cell",
    "CellResult",
    "Experiment",
    "ExperimentConfig",
    "GateVerdict",
    "Recommendation",
    "cells_of",
    "frontier",
    "judge",
    "recommend",
]
