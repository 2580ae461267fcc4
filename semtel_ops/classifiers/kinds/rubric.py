"""A scored rubric."""

from collections.abc import Mapping, Sequence
from typing import Any

from semtel_ops.classifiers.kinds.answer_kind import AnswerKind, ClassifierLabels
from semtel_ops.classifiers.kinds.reading import less_certain
from semtel_ops.classifiers.labels import Label, Labelling, MatchedBy
from semtel_ops.classifiers.match import normalise
from semtel_ops.classifiers.problems import Problem, UnreadableError
from semtel_ops.classifiers.rubric import AGAINST, FOR, MAX_IMPACT, VERDICTS, read_impact, signs, verdict
from semtel_ops.classifiers.schema import closed_object


class Rubric(AnswerKind):
    """Each item is scored from 0 to 10, for or against; the verdict follows from the sum, which is the row's score."""

    title = "a scored rubric"
    reply_tokens = 180
    items = True

    def schema(self, labels: Sequence[Label]) -> dict[str, Any]:
        return closed_object({label.id: _impact(label) for label in labels})

    def answer_form(self, labels: Sequence[Label]) -> str:
        return f'{{"{labels[0].id}": <0-10>, …, "{labels[-1].id}": <0-10>}}'

    def demand(self, labels: Sequence[Label]) -> str:
        ids = ", ".join(label.id for label in labels)
        return f"Answer with one JSON object only, with an integer from 0 to 10 for each of: {ids}."

    def problem(self, labels: Sequence[Label]) -> tuple[int | None, str] | None:
        wrong = next((position for position, label in enumerate(labels) if label.group not in {FOR, AGAINST}), None)
        return None if wrong is None else (wrong, f"a rubric item needs group: {FOR} or {AGAINST}")

    def label_ids(self, labels: Sequence[Label]) -> tuple[str, ...]:  # noqa: ARG002 - the same for any items
        return VERDICTS

    def answer_key(self, classifier: ClassifierLabels, value: dict[str, Any]) -> str | None:
        """The first key that is an item."""
        return next((key for key in value if classifier.index.known(key) is not None), None)

    def read(self, classifier: ClassifierLabels, value: Any, *, straight: bool) -> Labelling:
        if not isinstance(value, dict):
            raise UnreadableError(Problem.WRONG_TYPE)
        if self.answer_key(classifier, value) is None and len(value) == 1:
            (value,), straight = value.values(), False
            if not isinstance(value, dict):
                raise UnreadableError(Problem.MISSING_ITEMS)
        impacts: dict[str, int] = {}
        how = MatchedBy.EXACT if straight else MatchedBy.NORMALISED
        for item, key_how, answer in _items(classifier, value):
            impact, as_requested = read_impact(answer)
            if impacts.setdefault(item, impact) != impact:
                raise UnreadableError(Problem.SEVERAL_ANSWERS)
            how = less_certain(how, key_how if as_requested else less_certain(key_how, MatchedBy.NORMALISED))
        if len(impacts) < len(classifier.labels):
            raise UnreadableError(Problem.MISSING_ITEMS)
        score = sum(sign * impacts[item] for item, sign in signs(classifier.labels))
        present = tuple(item for item in classifier.item_ids if impacts[item] > 0)
        return Labelling(verdict(score), labels=present, score=float(score), matched_by=how)

    def read_text(self, classifier: ClassifierLabels, text: str) -> Labelling:
        return self.read(classifier, _lines(classifier, text), straight=False)

    def in_words(self, labelling: Labelling) -> str:
        """The verdict and the items that are present."""
        return f"{labelling.label} ({', '.join(labelling.labels) or 'no sign of either'})"

    def golden(self, classifier: ClassifierLabels, json_type: str, values: Sequence[str]) -> tuple[str, ...] | None:
        """A verdict, which is not in the index: that has the items only."""
        if json_type == "ARRAY":
            return None
        golden_verdict = {normalise(label): label for label in classifier.label_ids}.get(normalise(values[0]))
        return None if golden_verdict is None else (golden_verdict,)


def _impact(label: Label) -> Mapping[str, Any]:
    return {"type": "integer", "description": label.name, "minimum": 0, "maximum": MAX_IMPACT}


def _items(classifier: ClassifierLabels, value: dict[str, Any]) -> list[tuple[str, MatchedBy, Any]]:
    """(item id, how its key was matched, answer) for keys that are items. Near spellings count only where items are missing."""
    if len(value) > 4 * len(classifier.labels):
        raise UnreadableError(Problem.TOO_LONG)
    known = [(match, answer) for key, answer in value.items() if (match := classifier.index.known(key)) is not None]
    if len(known) < len(classifier.labels):
        known = [(match, answer) for key, answer in value.items() if (match := classifier.index.match(key)) is not None]
    return [(label, how, answer) for (label, how), answer in known]


def _lines(classifier: ClassifierLabels, text: str) -> dict[str, str]:
    """A rubric that was answered in lines `item: value`."""
    if "{" in text:  # an object that could not be repaired
        raise UnreadableError(Problem.NO_ANSWER)
    pairs: dict[str, str] = {}
    for line in text.splitlines():
        key, mark, answer = line.partition(":")
        if mark and classifier.index.known(key) and pairs.setdefault(key, answer) != answer:
            raise UnreadableError(Problem.SEVERAL_ANSWERS)
    if not pairs:
        raise UnreadableError(Problem.NO_ANSWER)
    return pairs
