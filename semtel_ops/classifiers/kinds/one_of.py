"""One label of many."""

from collections.abc import Sequence
from typing import Any

from semtel_ops.classifiers.kinds.answer_kind import AnswerKind, Asked
from semtel_ops.classifiers.kinds.reading import less_certain, match_label, unwrap
from semtel_ops.classifiers.labels import Label, Labelling, MatchedBy
from semtel_ops.classifiers.match import Match
from semtel_ops.classifiers.problems import Problem, UnreadableError
from semtel_ops.classifiers.schema import ONE, closed_object


class OneOf(AnswerKind):
    """The answer is one of the labels."""

    title = "one label of many"

    def schema(self, labels: Sequence[Label]) -> dict[str, Any]:
        return closed_object({ONE: {"type": "string", "enum": [label.id for label in labels]}})

    def answer_form(self, labels: Sequence[Label]) -> str:  # noqa: ARG002 - the same for any labels
        return '{"label": "<id>"}'

    def read(self, asked: Asked, value: Any, *, straight: bool) -> Labelling:
        answer, as_asked = unwrap(self, asked, value)
        if isinstance(answer, list):
            answer, as_asked = _only(answer), False
        label, how = self.match(asked, answer)
        how = how if straight and as_asked else less_certain(how, MatchedBy.NORMALISED)
        return Labelling(label, score=self.score(asked, label), matched_by=how)

    def match(self, asked: Asked, answer: Any) -> Match:
        """The label that an answer is."""
        return match_label(asked, answer)

    def score(self, asked: Asked, label: str) -> float | None:  # noqa: ARG002 - for kinds that have one
        """The row's score, or None."""
        return None


def _only(answers: list[Any]) -> Any:
    if not answers:
        raise UnreadableError(Problem.EMPTY)
    if any(answer != answers[0] for answer in answers):
        raise UnreadableError(Problem.SEVERAL_ANSWERS)
    return answers[0]
