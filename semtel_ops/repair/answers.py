"""What a search needs from outside: labels for rows by a prompt, and proposals by a model. Both cost money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from semtel_ops.repair.parts import PromptParts

Labels = Mapping[str, str | None]
"""Row → label; several labels are joined into one string; None: no label could be read."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Labels that a prompt gave to rows.

    Attributes:
        labels: of all rows that were asked about.
        cost_usd: what this search has paid for them, now or before it was interrupted.
        price_usd: what they cost where nothing is known beforehand; None: the model has no known price.
    """

    labels: Labels
    cost_usd: float = 0.0
    price_usd: float | None = None


class Ask(Protocol):
    """Labels rows with a prompt. What was asked before is not asked again."""

    def forecast_usd(self, prompt: PromptParts, rows: Sequence[str]) -> float:
        """What labelling these rows costs at most; 0 where prices are not known."""
        ...

    def __call__(self, prompt: PromptParts, rows: Sequence[str], *, budget_usd: float | None) -> Answers:
        """Label the rows.

        Args:
            budget_usd: what may be spent on them, with what an interrupted attempt has spent; None: no limit.

        Raises:
            BudgetExceededError: the next request could cost more than is left.
        """
        ...


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A model's reply to a request for another wording; `text` is not yet checked by the guard."""

    text: str
    cost_usd: float = 0.0


class Propose(Protocol):
    """Asks a model for another wording."""

    def forecast_usd(self, request: str) -> float:
        """What the reply costs at most."""
        ...

    def __call__(self, request: str) -> Suggestion:
        """The reply.

        Raises:
            BudgetExceededError: it could cost more than is left.
        """
        ...
