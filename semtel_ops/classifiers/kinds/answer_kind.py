"""The interface of a kind of classifier: how its answers are requested, read, compared and shown."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from semtel_ops.classifiers.labels import Label, Labelling
from semtel_ops.classifiers.match import LabelIndex, normalise
from semtel_ops.classifiers.schema import LABEL_KEY

_LONGEST_KEY_CHARS = 80


class ClassifierLabels(Protocol):
    """The part of a classifier that reading an answer needs; `ClassifierSpec` implements it."""

    @property
    def labels(self) -> tuple[Label, ...]:
        """Labels, or items of a rubric, in the prompt file's order."""

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Ids of `labels`."""

    @property
    def label_ids(self) -> tuple[str, ...]:
        """Possible values of `label` in a label row."""

    @property
    def index(self) -> LabelIndex:
        """Known spellings of `labels`."""

    @property
    def answer_keys(self) -> frozenset[str]:
        """Normalized keys that are accepted for the answer besides the requested key."""


class AnswerKind(ABC):
    """A shape of answers. Has no state: one object serves all classifiers of the kind.

    To add a kind, subclass this in a module of its own and name it in `classifiers.kinds`.

    Attributes:
        title: name of the kind, for people.
        key: the requested key of the answer in the reply's object.
        reply_tokens: approximate length of a reply about one conversation.
        several: all of a row's `labels` apply, and shares may sum to more than 1.
        levels: labels are levels, lowest first; disagreement is weighted by their distance.
        items: the prompt file defines items; a row's `label` is derived from the items' scores.
    """

    title: ClassVar[str]
    key: ClassVar[str] = LABEL_KEY
    reply_tokens: ClassVar[int] = 12
    several: ClassVar[bool] = False
    levels: ClassVar[bool] = False
    items: ClassVar[bool] = False

    @abstractmethod
    def schema(self, labels: Sequence[Label]) -> dict[str, Any]:
        """JSON schema of the reply, in the subset that strict structured outputs accept.

        Always an object without additional keys and with every key required, so that it can be part of a larger schema. Its
        descriptions are only names: a schema costs input tokens, and the instruction has the definitions.
        """

    @abstractmethod
    def answer_form(self, labels: Sequence[Label]) -> str:
        """An example of the object that `schema` describes, for an instruction."""

    @abstractmethod
    def read(self, classifier: ClassifierLabels, value: Any, *, straight: bool) -> Labelling:
        """The answer in a parsed value, or in text without JSON.

        Args:
            straight: the reply was only this value, with nothing around it. Only then can the labelling be `exact`.

        Raises:
            UnreadableError: there is no answer, or several answers that differ.
        """

    def read_text(self, classifier: ClassifierLabels, text: str) -> Labelling:
        """The answer in a reply without JSON.

        Raises:
            UnreadableError: there is no answer, or several answers that differ.
        """
        return self.read(classifier, text, straight=False)

    def demand(self, labels: Sequence[Label]) -> str:
        """The sentence that repeats the required form, after a reply that could not be read."""
        ids = ", ".join(label.id for label in labels)
        return f"Answer with one JSON object only: {self.answer_form(labels)}, where <id> is one of: {ids}."

    def problem(self, labels: Sequence[Label]) -> tuple[int | None, str] | None:  # noqa: ARG002 - for kinds that have bounds
        """Why these labels do not fit the kind, or None: (position of the wrong label or None, reason)."""
        return None

    def spellings(self, label: Label) -> Sequence[str]:  # noqa: ARG002 - for kinds that know more
        """Spellings of a label besides its id, name and aliases."""
        return ()

    def label_ids(self, labels: Sequence[Label]) -> tuple[str, ...]:
        """Possible values of `label` in a row."""
        return tuple(label.id for label in labels)

    def list_ids(self, labels: Sequence[Label]) -> tuple[str, ...]:
        """Possible values in `labels` of a row; empty where rows of the kind have no `labels`."""
        return tuple(label.id for label in labels) if self.several or self.items else ()

    def answer_key(self, classifier: ClassifierLabels, value: dict[str, Any]) -> str | None:
        """The key of the answer in an object; None where no key is accepted, or several are."""
        if self.key in value:
            return self.key
        keys = [key for key in value if len(key) <= _LONGEST_KEY_CHARS and normalise(key) in classifier.answer_keys]
        return keys[0] if len(keys) == 1 else None

    def category(self, label: str | None, labels: Sequence[str]) -> tuple[str, ...]:  # noqa: ARG002 - for kinds with several
        """The value by which answers are compared: equal for answers that mean the same."""
        return (label or "",)

    def in_words(self, labelling: Labelling) -> str:
        """A readable answer, as the grader's prompt shows it."""
        return ", ".join(labelling.labels) or labelling.label or ""

    def golden(self, classifier: ClassifierLabels, json_type: str, values: Sequence[str]) -> tuple[str, ...] | None:
        """The category of a golden value, comparable with `category`; None where the value is not a label.

        Args:
            json_type: type of the value, as DuckDB names it: VARCHAR, BOOLEAN, UBIGINT, ARRAY, …
            values: the value as text; for an array its items.
        """
        if json_type == "ARRAY":
            return None
        match = classifier.index.known(values[0])
        return None if match is None else (match[0],)
