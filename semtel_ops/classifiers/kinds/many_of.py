"""All labels that apply."""

from collections.abc import Sequence
from typing import Any

from semtel_ops.classifiers.kinds.answer_kind import AnswerKind, ClassifierLabels
from semtel_ops.classifiers.kinds.reading import CERTAINTY, less_certain, match_label, unwrap
from semtel_ops.classifiers.labels import Label, Labelling, MatchedBy
from semtel_ops.classifiers.listing import labels_listed
from semtel_ops.classifiers.match import Match
from semtel_ops.classifiers.problems import Problem, UnreadableError
from semtel_ops.classifiers.schema import LABELS_KEY, closed_object


class ManyOf(AnswerKind):
    """The answer is a list of labels; the first is the primary label, and the row's `label`."""

    title = "all labels that apply"
    key = LABELS_KEY
    reply_tokens = 25
    several = True

    def schema(self, labels: Sequence[Label]) -> dict[str, Any]:
        word = {"type": "string", "enum": [label.id for label in labels]}
        return closed_object({LABELS_KEY: {"type": "array", "items": word}})

    def answer_form(self, labels: Sequence[Label]) -> str:  # noqa: ARG002 - the same for any labels
        return '{"labels": ["<id>", …]}'

    def demand(self, labels: Sequence[Label]) -> str:
        ids = ", ".join(label.id for label in labels)
        return f"Answer with one JSON object only: {self.answer_form(labels)}, ids from: {ids}."

    def read(self, classifier: ClassifierLabels, value: Any, *, straight: bool) -> Labelling:
        answer, as_requested = unwrap(self, classifier, value)
        parts, listed = (answer, True) if isinstance(answer, list) else (_split(classifier, answer), False)
        if not parts:
            raise UnreadableError(Problem.EMPTY)
        if len(parts) > 2 * len(classifier.labels):
            raise UnreadableError(Problem.TOO_LONG)
        matches = [match for part in parts for match in _matches(classifier, part)]
        how = max((how for _, how in matches), key=CERTAINTY.index)
        if not (straight and as_requested and listed):
            how = less_certain(how, MatchedBy.NORMALISED)
        labels = tuple(dict.fromkeys(label for label, _ in matches))
        return Labelling(labels[0], labels=labels, matched_by=how)

    def category(self, label: str | None, labels: Sequence[str]) -> tuple[str, ...]:
        return tuple(sorted(set(labels or [label or ""])))

    def golden(self, classifier: ClassifierLabels, json_type: str, values: Sequence[str]) -> tuple[str, ...] | None:  # noqa: ARG002 - any type
        matches = [classifier.index.known(value) for value in values]
        labels = {match[0] for match in matches if match}
        return tuple(sorted(labels)) if matches and all(matches) else None


def _matches(classifier: ClassifierLabels, part: Any) -> list[Match]:
    """The label of a part, or all labels that it lists ("health and science")."""
    if isinstance(part, str) and classifier.index.known(part) is None:
        listed = labels_listed(classifier.index, part)
        if listed:
            return listed
    return [match_label(classifier, part)]


def _split(classifier: ClassifierLabels, answer: Any) -> list[str]:
    """The labels in a string: a single label, or several separated by commas, semicolons or line feeds."""
    if not isinstance(answer, str):
        raise UnreadableError(Problem.WRONG_TYPE)
    text = answer.strip().strip("[]")
    if classifier.index.known(text) is not None:
        return [text]
    return [part for part in text.replace(";", ",").replace("\n", ",").split(",") if part.strip()]
