"""Gold labels beside the labeller's, and what is estimated from them: a corrected share, or a refusal with its reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from semtel_ops.evaluation.intervals import Share


class Method(StrEnum):
    """How a share was corrected."""

    TWO_PHASE = "two_phase"
    ROGAN_GLADEN = "rogan_gladen"
    MATRIX = "matrix"


class Refusal(StrEnum):
    """Why a share was not corrected."""

    NO_ROWS = "no_rows"
    NO_GOLD = "no_gold"
    FEW_GOLD_ROWS = "few_gold_rows"
    FEW_GOLD_ROWS_OF_A_LABEL = "few_gold_rows_of_a_label"
    OTHER_LABELLER = "other_labeller"
    SEVERAL_LABELLERS = "several_labellers"
    UNINFORMATIVE = "uninformative"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class GoldPair:
    """Rows with a gold label beside the labeller's that are alike in all attributes; one row, or a group of them.

    Attributes:
        truth: labels that a person gave: one, or where several apply, any number.
        said: labels of the published row; rows that did not succeed are not part of any estimate.
        week: of the conversation.
        labeller: who gave `said`.
        rows: number of rows.
        weight: sample weight of each row.
        probability: probability with which the row was drawn from the week's rows, above 0; within a week, a common factor
            does not matter.
    """

    truth: frozenset[str]
    said: frozenset[str]
    week: str
    labeller: str
    rows: int = 1
    weight: float = 1.0
    probability: float = 1.0

    def of_label(self, label: str) -> "GoldCount":
        """The rows as seen from one label."""
        return GoldCount(
            label in self.said, label in self.truth, self.rows, self.weight, self.probability, self.week, self.labeller
        )


@dataclass(frozen=True, slots=True)
class GoldCount:
    """Rows with a gold label, as seen from one label.

    Attributes:
        said: whether the labeller gave the label.
        is_true: whether a person gave it.
        rows: number of rows.
        weight: see `GoldPair`, as for the other attributes.
    """

    said: bool
    is_true: bool
    rows: int = 1
    weight: float = 1.0
    probability: float = 1.0
    week: str = ""
    labeller: str = ""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A share of the truth, estimated from labels and gold rows.

    Attributes:
        share: with a 95% interval that covers sampling and labelling error; `n` are the rows of the week.
        method: how.
        n_gold: gold rows.
        tuning: weight of the labels in the two-phase estimator, 0 (gold rows alone) to 1; None for other methods.
        note: what the interval covers, what it rests on and what it assumes, in a sentence.
    """

    share: Share
    method: Method
    n_gold: int
    tuning: float | None
    note: str


@dataclass(frozen=True, slots=True)
class Refused:
    """No corrected share.

    Attributes:
        refusal: why.
        reason: the same as a sentence, with the numbers.
    """

    refusal: Refusal
    reason: str

    @property
    def note(self) -> str:
        """What the interval of the share as labelled covers, in a sentence."""
        return f"covers sampling error, not labelling error: {self.reason}"


def rows_of(counts: Iterable[GoldCount]) -> int:
    return sum(count.rows for count in counts)


def other_than(values: Sequence[str], own: str) -> list[str]:
    """Values that are not `own`, sorted, each once."""
    return sorted({value for value in values if value != own})
