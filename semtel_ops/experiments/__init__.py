"""Experiments: what fewer requests and fewer tokens cost in quality.

Here: the grid of strategies that an experiment tries, the results of its cells, the recommended cell, and whether recorded
experiments permit the strategy of a weekly run. Values and pure decisions. Not here: sending requests and measuring (`steps`),
coefficients and intervals (`evaluation`), the page (`report`), what a strategy does to a request (`packing`, `tokens`).
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
