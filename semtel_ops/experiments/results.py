"""Results of an experiment: plain values, as in experiment.json and on the page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from semtel_ops.evaluation import Comparison, Flips, Share
from semtel_ops.experiments.grid import Cell
from semtel_ops.humanize import duration
from semtel_ops.tokens.compressor import compressor_named

MAX_INVALID_SHARE = 0.05
"""Share of rows without a label above which a strategy is rejected at any agreement."""


@dataclass(frozen=True, slots=True)
class CellResult:
    """Results of one cell. Requests, tokens and cost are those of one repeat, as if no reply were reused.

    Attributes:
        cell: the strategy and model.
        baseline: whether this is the cell of plain requests, which the savings of other cells refer to.
        compared: agreement with the baseline of each classifier, and last over all. Where the baseline is plain requests and
            there are several repeats, the second repeat is compared: for the plain cell, this is the highest agreement that a
            strategy can reach. Empty for the plain cell without repeats.
        flips: label changes between repeats, of each classifier, and last over all; empty without repeats.
        invalid: share of rows that have no label, over all repeats.
        conversations: conversations in the sample.
        requests: answered requests, including repairs and graders.
        input_tokens, output_tokens: tokens of these requests.
        cost_usd: cost of these requests; None where a price is unknown.
        compress_s: seconds spent in compression, on this machine, without loading a model.
        paid_usd: what this experiment paid for all repeats; reused replies cost nothing. None where a price is unknown.
        note: a warning about this cell, as a sentence; empty where there is none.
    """

    cell: Cell
    baseline: bool
    compared: tuple[Comparison, ...]
    flips: tuple[Flips, ...]
    invalid: Share
    conversations: int
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    compress_s: float
    paid_usd: float | None
    note: str = ""

    @property
    def overall(self) -> Comparison | None:
        """Agreement over all classifiers."""
        return next((each for each in self.compared if each.classifier is None), None)

    @property
    def overall_flips(self) -> Flips | None:
        """Label changes over all classifiers."""
        return next((each for each in self.flips if each.classifier is None), None)

    @property
    def tokens_per_conversation(self) -> float:
        return (self.input_tokens + self.output_tokens) / self.conversations

    def conversations_per_minute(self, tpm: int) -> float:
        """Conversations per minute at a quota of `tpm` tokens per minute, if nothing else limits the rate."""
        return tpm / self.tokens_per_conversation if self.tokens_per_conversation else float("inf")

    def request_time_s(self, tpm: int) -> float:
        """Seconds that the sample takes at that quota."""
        return 60 * (self.input_tokens + self.output_tokens) / tpm


def time_note(result: CellResult, cells: Sequence[CellResult], tpm: int) -> str:
    """A sentence if the compression of a cell takes longer than the request time it saves, else empty.

    The cell is compared with the cell that differs only in compression and compresses fastest. Request time is calculated from
    the quota.
    """
    faster = [each for each in cells if _same_but_compression(each.cell, result.cell) and each.compress_s < result.compress_s]
    if not faster or not compressor_named(result.cell.compression).needs_experiment:
        return ""
    reference = min(faster, key=lambda each: each.compress_s)
    extra_s = result.compress_s - reference.compress_s
    saved_s = reference.request_time_s(tpm) - result.request_time_s(tpm)
    if extra_s <= saved_s:
        return ""
    saved = duration(max(saved_s, 0.0))
    return f"costs more time than it saves: compression takes {duration(extra_s)} and saves {saved} of request time"


def _same_but_compression(first: Cell, second: Cell) -> bool:
    return replace(first, compression=second.compression, compression_rate=second.compression_rate) == second


class ExperimentClassifier(NamedTuple):
    """A classifier of an experiment.

    Attributes:
        id: id of the classifier.
        title: name for people.
        version: version of its prompt file.
    """

    id: str
    title: str
    version: str


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment with all its results.

    Attributes:
        id: the experiment's id.
        measured_at: ISO 8601 in experiment.json.
        sampled: conversations in the sample.
        repeats: number of runs of each cell.
        baseline: what cells are compared with: `plain` or `golden`.
        floor: kappa that the lower end of the interval must reach.
        min_n: minimum number of compared conversations.
        tpm: tokens per minute that estimates of time assume.
        classifiers: the classifiers, each as [id, title, version] in experiment.json.
        simulated: whether the simulator answered.
        cells: results of all cells.
    """

    id: str
    measured_at: datetime
    sampled: int
    repeats: int
    baseline: str
    floor: float
    min_n: int
    tpm: int
    classifiers: tuple[ExperimentClassifier, ...]
    simulated: bool
    cells: tuple[CellResult, ...]

    @property
    def titles(self) -> dict[str, str]:
        """Title of each classifier, by its id."""
        return {classifier.id: classifier.title for classifier in self.classifiers}
