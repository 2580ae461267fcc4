"""What a kind of classifier is to those who ask, read, compare and show its answers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from semtel_ops.classifiers.labels import Label, Labelling
from semtel_ops.classifiers.match import LabelIndex, normalise
from semtel_ops.classifiers.schema import ONE

_LONGEST_KEY_CHARS = 80


class Asked(Protocol):
    """What reading an answer needs of a classifier; `ClassifierSpec` has it."""

    @property
    def labels(self) -> tuple[Label, ...]:
        """As the prompt file has them, in its order."""

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Ids of `labels`."""

    @property
    def label_ids(self) -> tuple[str, ...]:
        """What a row's `label` may be."""

    @property
    def index(self) -> LabelIndex:
        """Known spellings of `labels`."""

    @property
    def answer_keys(self) -> frozenset[str]:
        """Normalised keys under which a model may put its answer when it forgets the one asked for."""


class AnswerKind(ABC):
    """One shape that answers have. It has no state: one object serves all classifiers of the kind.

    To add one, subclass it in a module of its own and name it in `classifiers.kinds`.

    Attributes:
        title: the shape, as people read it.
        key: of the object a reply is, the key that holds the answer.
        reply_tokens: about how long a reply about one conversation is.
        several: all of a row's `labels` apply, and shares may sum to more than 1.
        levels: labels are levels, lowest first; disagreement weighs as much as they are apart.
        items: the prompt file defines items; a row's `label` is derived from how they are scored.
    """

    title: ClassVar[str]
    key: ClassVar[str] = ONE
    reply_tokens: ClassVar[int] = 12
    several: ClassVar[bool] = False
    levels: ClassVar[bool] = False
    items: ClassVar[bool] = False

    @abstractmethod
    def schema(self, labels: Sequence[Label]) -> dict[str, Any]:
        """JSON schema of the reply, in the subset that strict structured outputs accept.

        Always an object that is closed and has every key required, so that it can also stand inside a larger one. Descriptions
        are names, since the instruction holds the definitions and a schema is paid for as input.
        """

    @abstractmethod
    def answer_form(self, labels: Sequence[Label]) -> str:
        """The object that `schema` describes, as an instruction shows it."""

    @abstractmethod
    def read(self, asked: Asked, value: Any, *, straight: bool) -> Labelling:
        """The answer in a parsed value, or in text that holds no JSON.

        Args:
            straight: the value was sent as it was asked for, with nothing around it.

        Raises:
            UnreadableError: it holds no answer, or several.
        """

    def read_text(self, asked: Asked, text: str) -> Labelling:
        """The answer in a reply without JSON."""
        return self.read(asked, text, straight=False)

    def demand(self, labels: Sequence[Label]) -> str:
        """The sentence that asks for the form again, after a reply that could not be read."""
        ids = ", ".join(label.id for label in labels)
        return f"Answer with one JSON object only: {self.answer_form(labels)}, where <id> is one of: {ids}."

    def problem(self, labels: Sequence[Label]) -> tuple[int | None, str] | None:  # noqa: ARG002 - for kinds that have bounds
        """Why these labels do not make such a classifier: the position at fault, if it is one, and the reason."""
        return None

    def spellings(self, label: Label) -> Sequence[str]:  # noqa: ARG002 - for kinds that know more
        """Spellings of a label beside its id, name and aliases."""
        return ()

    def label_ids(self, labels: Sequence[Label]) -> tuple[str, ...]:
        """What `label` of a row may be."""
        return tuple(label.id for label in labels)

    def list_ids(self, labels: Sequence[Label]) -> tuple[str, ...]:
        """What `labels` of a row may hold; empty where it holds nothing."""
        return tuple(label.id for label in labels) if self.several or self.items else ()

    def answer_key(self, asked: Asked, value: dict[str, Any]) -> str | None:
        """The key of an object that holds the answer; None where there is none, or more than one."""
        if self.key in value:
            return self.key
        keys = [key for key in value if len(key) <= _LONGEST_KEY_CHARS and normalise(key) in asked.answer_keys]
        return keys[0] if len(keys) == 1 else None

    def category(self, label: str | None, labels: Sequence[str]) -> tuple[str, ...]:  # noqa: ARG002 - for kinds with several
        """What two answers are compared by: equal where they say the same."""
        return (label or "",)

    def in_words(self, labelling: Labelling) -> str:
        """A readable answer as a grader is shown it."""
        return ", ".join(labelling.labels) or labelling.label or ""

    def golden(self, asked: Asked, json_type: str, values: Sequence[str]) -> tuple[str, ...] | None:
        """The category that a golden value of a conversation means; None where it means none.

        Args:
            json_type: of the value, as DuckDB names it: VARCHAR, BOOLEAN, UBIGINT, ARRAY, …
            values: the value as text; of an array each item.
        """
        if json_type == "ARRAY":
            return None
        match = asked.index.known(values[0])
        return None if match is None else (match[0],)
