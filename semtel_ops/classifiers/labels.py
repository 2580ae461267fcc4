"""Labels, and the result of reading a reply."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Label:
    """A possible answer, or an item of a rubric.

    Attributes:
        id: as in label rows and in the schema.
        group: the prompt file's word (task complexity: low/high; rubric items: sat/dsat), or None.
        aliases: other spellings that mean this label.
    """

    id: str
    name: str
    definition: str
    group: str | None = None
    aliases: tuple[str, ...] = ()


class MatchedBy(StrEnum):
    """How a reply was matched to a label, the most certain first."""

    EXACT = "exact"
    NORMALISED = "normalised"  # differs in case, spaces or punctuation, or has a code fence or words around it
    ALIAS = "alias"
    NEAR = "near"  # a misspelling that is close to one label only
    RELABELLED = "relabelled"  # read from the second reply, after the first could not be read


@dataclass(frozen=True, slots=True)
class Labelling:
    """The answer of one classifier for one conversation.

    Attributes:
        label: id of the (primary) label; for a rubric, the verdict by the score; None when unreadable.
        labels: where several labels may apply, all that do; for a rubric, the items with an impact above 0; else empty.
        score: for a scale, the level, counted from 1; for a rubric, sum(for) - sum(against); else None.
        confidence: 0 to 1 where the classifier asks for it, else None.
        matched_by: how the reply was matched; None when unreadable.
        problem: why the reply could not be read, without text of the conversation; None when it could.
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
