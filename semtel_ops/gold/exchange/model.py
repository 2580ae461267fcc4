"""What formats have in common: a conversation to label, a label as a file has it, and a problem of a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from semtel_ops.gold.question import Question

Format = Literal["jsonl", "label-studio", "argilla"]
FORMATS: Final[tuple[str, ...]] = get_args(Format)

ITEMS = "__items"
"""Ends the name of the field in which tools without rubrics have a rubric's items."""

_MOST_SECONDS = 1e9
"""As the labelling page: 30 years are no time that somebody worked on a label."""


@dataclass(frozen=True, slots=True)
class Task:
    """A conversation for people to label.

    Attributes:
        turns: {role, content} in order, with personal data replaced.
    """

    draw_id: str
    week: str
    conversation_id: str
    position: int
    language: str | None
    turns: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Foreign:
    """A label as a file has it, not checked.

    Attributes:
        where: its place in the file.
        draw_id: None where the file does not say.
        classifier: None: all of the draw, for a conversation that was passed over as a whole.
        person: as the file names the person; None where it does not.
        labelled_at: as the file writes it, or None.
    """

    where: str
    draw_id: str | None
    conversation_id: str
    classifier: str | None
    person: str | None
    label: str | None
    labels: tuple[str, ...] | None
    skipped: bool
    seconds: float | None
    labelled_at: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a file that cannot be used.

    Attributes:
        where: its place in the file.
        reason: why, without text of a conversation.
    """

    where: str
    reason: str


def text_in(value: Any) -> str | None:
    """A non-empty string, or None."""
    return value if isinstance(value, str) and value else None


def number_in(value: Any) -> float | None:
    """A number of seconds from 0 to `_MOST_SECONDS`, or None."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= _MOST_SECONDS else None


def one_or_several(question: Question | None, values: Sequence[str]) -> tuple[str | None, tuple[str, ...] | None]:
    """Chosen values as label and labels: one label, or all of a classifier with several."""
    if question is not None and question.several:
        return None, tuple(values)
    return (values[0], tuple(values) if len(values) > 1 else None) if values else (None, None)
