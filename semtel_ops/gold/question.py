"""The question as a person gets it: instruction, labels with their definitions, and a key for each."""

from collections.abc import Iterable
from dataclasses import dataclass

from semtel_ops.classifiers import ClassifierSpec
from semtel_ops.humanize import title

LABEL_KEYS = "123456789abcdefghijklmnopqrtvwxyz"
"""Keys of labels, in order. `s` skips and `u` goes back."""
_LETTERS = LABEL_KEYS[9:]


@dataclass(frozen=True, slots=True)
class Option:
    """A label that a person can give.

    Attributes:
        key: one character, or None where there are more labels than keys.
        group: the prompt file's word, or None.
    """

    id: str
    name: str
    definition: str
    key: str | None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A classifier for people.

    Attributes:
        instruction: what the model is told, without the form of its reply.
        several: all labels that apply are chosen; else one.
        options: labels in the prompt file's order; of a rubric, the verdicts.
        items: of a rubric, its items, of which all that apply are chosen; else empty.
    """

    classifier: str
    version: str
    name: str
    description: str
    instruction: str
    several: bool
    options: tuple[Option, ...]
    items: tuple[Option, ...]


def question_of(spec: ClassifierSpec) -> Question:
    """The question of a classifier. A rubric has digits for its verdicts and letters for its items."""
    labels = [(label.id, label.name, label.definition, label.group) for label in spec.labels]
    verdicts = [(label, title(label), "", None) for label in spec.label_ids]
    rubric = spec.answer_kind.items
    return Question(
        classifier=spec.id,
        version=spec.version,
        name=spec.name,
        description=spec.description,
        instruction=spec.prompt.task or spec.instruction,
        several=spec.answer_kind.several,
        options=_with_keys(verdicts if rubric else labels, LABEL_KEYS),
        items=_with_keys(labels, _LETTERS) if rubric else (),
    )


def _with_keys(labels: Iterable[tuple[str, str, str, str | None]], keys: str) -> tuple[Option, ...]:
    return tuple(
        Option(label, name, definition, keys[at] if at < len(keys) else None, group)
        for at, (label, name, definition, group) in enumerate(labels)
    )
