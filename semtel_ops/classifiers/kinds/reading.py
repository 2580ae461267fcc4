"""How labels are found in an answer, for all kinds that are asked for labels."""

from typing import Any

from semtel_ops.classifiers.kinds.answer_kind import AnswerKind, Asked
from semtel_ops.classifiers.labels import MatchedBy
from semtel_ops.classifiers.match import Match
from semtel_ops.classifiers.plain import read_plain
from semtel_ops.classifiers.problems import Problem, UnreadableError

CERTAINTY = (MatchedBy.EXACT, MatchedBy.NORMALISED, MatchedBy.ALIAS, MatchedBy.NEAR)


def less_certain(one: MatchedBy, other: MatchedBy) -> MatchedBy:
    return max(one, other, key=CERTAINTY.index)


def unwrap(kind: AnswerKind, asked: Asked, value: Any) -> tuple[Any, bool]:
    """The answer inside an object, and whether it stood under the key asked for; one wrapper around it is taken off."""
    if not isinstance(value, dict):
        return value, False
    key = kind.answer_key(asked, value)
    inner = value[key] if key is not None else None
    if key is None and len(value) == 1:
        (wrapped,) = value.values()
        inner = wrapped if isinstance(wrapped, dict) else None
    if isinstance(inner, dict):
        key = kind.answer_key(asked, inner)
        return (inner[key] if key is not None else None), False
    if inner is None:
        raise UnreadableError(Problem.NO_ANSWER)
    return inner, key == kind.key


def match_label(asked: Asked, answer: Any) -> Match:
    """The label that an answer spells, or puts forward in plain words."""
    if not isinstance(answer, str):
        raise UnreadableError(Problem.WRONG_TYPE)
    if not answer.strip():
        raise UnreadableError(Problem.EMPTY)
    found = asked.index.match(answer)
    if found is not None:
        return found
    put_forward = read_plain(asked.index, answer)
    if put_forward is None:
        raise UnreadableError(Problem.UNKNOWN_LABEL)
    label, how = put_forward
    return label, less_certain(how, MatchedBy.NORMALISED)
