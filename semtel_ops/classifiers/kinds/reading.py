"""Reading labels in an answer, for all kinds whose answers are labels."""

from typing import Any

from semtel_ops.classifiers.declined import declines
from semtel_ops.classifiers.kinds.answer_kind import AnswerKind, ClassifierLabels
from semtel_ops.classifiers.labels import MatchedBy
from semtel_ops.classifiers.listing import lists_several
from semtel_ops.classifiers.match import Match
from semtel_ops.classifiers.plain import read_plain
from semtel_ops.classifiers.problems import Problem, UnreadableError
from semtel_ops.classifiers.thoughts import answer_in

CERTAINTY = (MatchedBy.EXACT, MatchedBy.NORMALISED, MatchedBy.ALIAS, MatchedBy.NEAR)
"""Ways of matching, the most certain first."""


def less_certain(first: MatchedBy, second: MatchedBy) -> MatchedBy:
    """The less certain of two ways of matching."""
    return max(first, second, key=CERTAINTY.index)


def unwrap(kind: AnswerKind, classifier: ClassifierLabels, value: Any) -> tuple[Any, bool]:
    """The answer in a value, and whether it was under the requested key of an object that is not wrapped in another value.

    Raises:
        UnreadableError: the object has no answer.
    """
    listed = isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)
    if listed:
        (value,) = value
    if not isinstance(value, dict):
        return value, False
    key = kind.answer_key(classifier, value)
    inner = value[key] if key is not None else None
    if key is None and len(value) == 1:
        (wrapped,) = value.values()
        inner = wrapped if isinstance(wrapped, dict) else None
    if isinstance(inner, dict):
        key = kind.answer_key(classifier, inner)
        return (inner[key] if key is not None else None), False
    if inner is None:
        raise UnreadableError(Problem.NO_ANSWER)
    return inner, key == kind.key and not listed


def match_label(classifier: ClassifierLabels, answer: Any) -> Match:
    """The label that an answer spells, or gives in plain words.

    Raises:
        UnreadableError: the answer is empty, is not text, declines, or gives no label or several.
    """
    if not isinstance(answer, str):
        raise UnreadableError(Problem.WRONG_TYPE)
    if not answer.strip():
        raise UnreadableError(Problem.EMPTY)
    match = classifier.index.known(answer)
    if match is not None:
        return match
    answer = answer_in(answer).text
    if declines(answer):
        raise UnreadableError(Problem.DECLINED)
    if lists_several(classifier.index, answer):
        raise UnreadableError(Problem.SEVERAL_ANSWERS)
    match = classifier.index.match(answer)
    if match is not None:
        return match
    in_prose = read_plain(classifier.index, answer)
    if in_prose is None:
        raise UnreadableError(Problem.UNKNOWN_LABEL)
    label, how = in_prose
    return label, less_certain(how, MatchedBy.NORMALISED)
