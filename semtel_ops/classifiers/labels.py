"""Labels, and what reading a reply yields."""

from dataclasses import dataclass
from enum import StrEnum


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
        labels: where several apply, all of them; of a rubric, the items present; else empty.
        score: of a scale, the level from 1; of a rubric, sum(for) - sum(against); else None.
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
