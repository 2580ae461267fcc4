"""What an experiment came to: plain values, as experiment.json holds them and the page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from semtel_ops.evaluation import Comparison, Flips, Share
from semtel_ops.experiments.grid import Cell
from semtel_ops.humanize import duration
from semtel_ops.tokens.compressor import compressor_named

MOST_INVALID = 0.05
"""Share of rows without a label above which a strategy is rejected, whatever its agreement."""


@dataclass(frozen=True, slots=True)
class CellResult:
    """One cell, measured. Calls, tokens and money are those of one repeat, asked from nothing: reuse is not a saving of it.

    Attributes:
        cell: the strategy and model.
        baseline: the plain calls, that the savings of others are counted from.
        compared: for each classifier, then over all of them. With plain calls as the baseline it is the second repeat, where
            there is one: that of plain calls says how far any strategy can agree at all. Empty for plain calls asked once.
        flips: the same; empty where the cell was asked once.
        invalid: share of rows that have no label, over all repeats.
        conversations: conversations in the sample.
        requests: calls that were answered, repairs and graders included.
        input_tokens, output_tokens: tokens of these calls.
        cost_usd: what they cost; None where a price is unknown.
        compress_s: seconds spent in compression, on this machine, the loading of a model not counted.
        paid_usd: what this experiment paid, over all repeats; calls answered before cost nothing again. None where a price is
            unknown.
        note: what must be known of this cell, in a sentence; empty where nothing.
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
        return next((one for one in self.compared if one.classifier is None), None)

    @property
    def overall_flips(self) -> Flips | None:
        return next((one for one in self.flips if one.classifier is None), None)

    @property
    def tokens_per_conversation(self) -> float:
        return (self.input_tokens + self.output_tokens) / self.conversations

    def conversations_per_minute(self, tpm: int) -> float:
        """How many conversations a quota of tokens lets through in a minute, whatever else may slow them down."""
        return tpm / self.tokens_per_conversation if self.tokens_per_conversation else float("inf")

    def asking_s(self, tpm: int) -> float:
        """How long the sample takes at that quota."""
        return 60 * (self.input_tokens + self.output_tokens) / tpm


def time_note(result: CellResult, cells: Sequence[CellResult], tpm: int) -> str:
    """Whether a cell's compression takes longer than the asking it spares, in a sentence; empty where it pays.

    Compared with the cell that differs in compression alone and compresses least; time for asking is what the quota allows.
    """
    twins = [one for one in cells if _alike(one.cell, result.cell) and one.compress_s < result.compress_s]
    if not twins or not compressor_named(result.cell.compression).needs_experiment:
        return ""
    twin = min(twins, key=lambda one: one.compress_s)
    extra_s, spared_s = result.compress_s - twin.compress_s, twin.asking_s(tpm) - result.asking_s(tpm)
    if extra_s <= spared_s:
        return ""
    saved = duration(max(spared_s, 0.0))
    return f"costs more time than it saves: compression takes {duration(extra_s)} and saves {saved} of request time"


def _alike(one: Cell, other: Cell) -> bool:
    """Alike in all but compression."""
    return replace(one, compression=other.compression, compression_rate=other.compression_rate) == other


class Asked(NamedTuple):
    """A classifier of an experiment.

    Attributes:
        id: its id.
        title: its name for people.
        version: version of its prompt file.
    """

    id: str
    title: str
    version: str


@dataclass(frozen=True, slots=True)
class Experiment:
    """All of it.

    Attributes:
        id: the experiment's id.
        measured_at: ISO 8601 in experiment.json.
        sampled: conversations in the sample.
        repeats: how often each cell was asked.
        baseline: what cells are compared with: `plain` or `golden`.
        floor: kappa that the lower end of the interval has to reach.
        min_n: conversations that must have been compared.
        tpm: tokens a minute that estimates of time assume.
        classifiers: what was asked, each as [id, title, version] in experiment.json.
        simulated: the simulator answered.
        cells: the results.
    """

    id: str
    measured_at: datetime
    sampled: int
    repeats: int
    baseline: str
    floor: float
    min_n: int
    tpm: int
    classifiers: tuple[Asked, ...]
    simulated: bool
    cells: tuple[CellResult, ...]

    @property
    def titles(self) -> dict[str, str]:
        return {one.id: one.title for one in self.classifiers}
