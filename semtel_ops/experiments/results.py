"""What an experiment came to: plain values, as experiment.json holds them and the page shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from semtel_ops.evaluation import Compared, Flips, Share
from semtel_ops.experiments.grid import Cell

MOST_INVALID = 0.05
"""Share of rows without a label above which a strategy is not good, however good the labels it has are."""


@dataclass(frozen=True, slots=True)
class CellResult:
    """One cell, measured. Calls, tokens and money are those of one repeat, asked from nothing: reuse is not a saving of it.

    Attributes:
        baseline: the plain calls, that the savings of others are counted from.
        compared: for each classifier, then over all of them. Of plain calls with plain calls: of their first two repeats, which
            says how far any strategy can agree at all; empty where they were asked once.
        flips: the same; empty where the cell was asked once.
        invalid: share of rows that have no label, over all repeats.
        requests: calls that were answered, repairs and graders included.
        cost_usd: None where a price is unknown.
        compress_s: seconds spent in compression, on this machine, the loading of a model not counted.
        paid_usd: what this experiment paid, over all repeats; calls answered before cost nothing again.
        note: what must be known of this cell, in a sentence; empty where nothing.
    """

    cell: Cell
    baseline: bool
    compared: tuple[Compared, ...]
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
    def overall(self) -> Compared | None:
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


@dataclass(frozen=True, slots=True)
class Experiment:
    """All of it.

    Attributes:
        classifiers: id → version.
        baseline: `plain` or `golden`.
        titles: id → name of a classifier, for people.
    """

    id: str
    measured_at: datetime
    sampled: int
    repeats: int
    baseline: str
    floor: float
    min_n: int
    tpm: int
    classifiers: Mapping[str, str]
    titles: Mapping[str, str]
    simulated: bool
    cells: tuple[CellResult, ...]
