"""Labels, and what reading a reply yields."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What shape an answer has."""

    ONE_OF = "one_of"
    """One label of many."""
    MANY_OF = "many_of"
    """All labels that apply, the first one primary."""
    YES_NO = "yes_no"
    """Yes or no."""
    SCALE = "scale"
    """Ordered levels, lowest first. The score is the level, counted from 1."""
    RUBRIC = "rubric"
    """Items that count for or against. The score is the sum for minus the sum against."""


@dataclass(frozen=True, slots=True)
class Label:
    """One possible answer, or one rubric item.

    Attributes:
        id: as stored in label rows and asked for in the schema.
        group: closed word of the prompt file (task complexity: low/high; rubric items: sat/dsat), or None.
        aliases: other spellings that mean this label.
    """

    id: str
    name: str
    definition: str
    group: str | None = None
    aliases: tuple[str, ...] = ()


class MatchedBy(StrEnum):
    """How a reply became a label, from certain to desperate."""

    EXACT = "exact"
    NORMALISED = "normalised"  # case, spaces, punctuation, code fences, words around it
    ALIAS = "alias"
    NEAR = "near"  # close in spelling, uniquely so
    RELABELLED = "relabelled"  # read from the second reply, after the first could not be


@dataclass(frozen=True, slots=True)
class Labelling:
    """The answer of one classifier for one conversation.

    Attributes:
        label: the (primary) label's id; rubric: the verdict derived from the score; None when unreadable.
        labels: all labels for MANY_OF, the items present for RUBRIC, else empty.
        score: SCALE: level from 1; RUBRIC: sum(for) - sum(against); else None.
        confidence: 0 to 1 where the classifier asks for it, else None.
        matched_by: how it was read; None when unreadable.
        problem: why it could not be read, without any text of the conversation; None when it could.
    """

    label: str | None
    labels: tuple[str, ...] = ()
    score: float | None = None
    confidence: float | None = None
    matched_by: MatchedBy | None = None
    problem: str | None = None

    @property
    def readable(self) -> bool:
        return self.problem is None
