"""One label of many."""

from collections.abc import Sequence
from typing import Any

from semtel_ops.classifiers.kinds.answer_kind import AnswerKind, ClassifierLabels
from semtel_ops.classifiers.kinds.reading import less_certain, match_label, unwrap
from semtel_ops.classifiers.labels import Label, Labelling, MatchedBy
from semtel_ops.classifiers.match import Match
from semtel_ops.classifiers.problems import Problem, UnreadableError
from semtel_ops.classifiers.schema import LABEL_KEY, closed_object


class OneOf(AnswerKind):
    """The answer is one of the labels."""

    title = "one label of many"

    def schema(self, labels: Sequence[Label]) -> dict[str, Any]:
        return closed_object({LABEL_KEY: {"type": "string", "enum": [label.id for label in labels]}})

    def answer_form(self, labels: Sequence[Label]) -> str:  # noqa: ARG002 - the same for any labels
        return '{"label": "<id>"}'

    def read(self, classifier: ClassifierLabels, value: Any, *, straight: bool) -> Labelling:
        answer, as_requested = unwrap(self, classifier, value)
        if isinstance(answer, list):
            answer, as_requested = _only(answer), False
        label, how = self.match(classifier, answer)
        how = how if straight and as_requested else less_certain(how, MatchedBy.NORMALISED)
        return Labelling(label, score=self.score(classifier, label), matched_by=how)

    def match(self, classifier: ClassifierLabels, answer: Any) -> Match:
        """The label of an answer.

        Raises:
            UnreadableError: the answer is not a label.
        """
        return match_label(classifier, answer)

    def score(self, classifier: ClassifierLabels, label: str) -> float | None:  # noqa: ARG002 - for kinds that have one
        """The row's score; None for kinds without scores."""
        return None


def _only(answers: list[Any]) -> Any:
    if not answers:
        raise UnreadableError(Problem.EMPTY)
    if any(answer != answers[0] for answer in answers):
        raise UnreadableError(Problem.SEVERAL_ANSWERS)
    return answers[0]
