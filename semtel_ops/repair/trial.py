"""A prompt under evaluation: what it is made of, and the labels that it has given so far."""

from dataclasses import dataclass, field

from semtel_ops.repair.mutators.mutator import Mutation
from semtel_ops.repair.parts import PromptParts, fingerprint


@dataclass(slots=True)
class Trial:
    """A prompt and its labels.

    Attributes:
        changes: mutations that lead from the start prompt to this one, each as (mutator, note).
        labels: row → label, of all rows that it was asked about.
        price_usd: what these rows cost where nothing is known; None: the model has no known price.
    """

    id: str
    parts: PromptParts
    changes: tuple[tuple[str, str], ...] = ()
    labels: dict[str, str | None] = field(default_factory=dict)
    price_usd: float | None = 0.0

    @classmethod
    def of(cls, parts: PromptParts) -> "Trial":
        """The start prompt."""
        return cls(fingerprint(parts), parts)

    def after(self, mutation: Mutation) -> "Trial":
        """The prompt that a mutation of this one makes."""
        changes = (*self.changes, (mutation.mutator, mutation.note))
        return Trial(fingerprint(mutation.parts), mutation.parts, changes)

    @property
    def price_per_row_usd(self) -> float | None:
        """None: not known."""
        return None if self.price_usd is None or not self.labels else self.price_usd / len(self.labels)
