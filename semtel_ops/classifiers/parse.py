"""Reply → Labelling. Whatever came back, this returns: a reply that cannot be read is a value with its problem.

The way of every reply: JSON as asked; JSON inside fences or prose; broken JSON mended; plain words. Labels are matched by
`match`, so the row can say how sure the reading was. Two answers that differ are no answer.
"""

from collections.abc import Callable
from typing import Any

from semtel_ops.classifiers.labels import Kind, Labelling, MatchedBy
from semtel_ops.classifiers.match import Match, normalise
from semtel_ops.classifiers.plain import read_plain
from semtel_ops.classifiers.problems import Problem, UnreadableError
from semtel_ops.classifiers.reply_json import find_json
from semtel_ops.classifiers.rubric import read_impact, verdict
from semtel_ops.classifiers.schema import MANY, ONE
from semtel_ops.classifiers.spec import ClassifierSpec

MAX_REPLY_CHARS = 65_536  # some hundred times the longest answer we ask for

_CERTAINTY = (MatchedBy.EXACT, MatchedBy.NORMALISED, MatchedBy.ALIAS, MatchedBy.NEAR)
THOUGHT_END = "</think>"  # reasoning models served without a parser leave their thoughts in the reply


def read_reply(spec: ClassifierSpec, text: str) -> Labelling:
    """The answer in a whole reply to a request that asked about one conversation and one classifier."""
    try:
        return _read_text(spec, text)
    except UnreadableError as error:
        return Labelling(None, problem=error.problem)
    except RecursionError:  # nested deeper than any answer
        return Labelling(None, problem=Problem.NO_ANSWER)


def read_answer(spec: ClassifierSpec, value: Any) -> Labelling:
    """The answer in a parsed value: what a larger reply holds for one member."""
    try:
        return _READERS[spec.kind](spec, value, True)
    except UnreadableError as error:
        return Labelling(None, problem=error.problem)


def _read_text(spec: ClassifierSpec, text: str) -> Labelling:
    if len(text) > MAX_REPLY_CHARS:
        raise UnreadableError(Problem.TOO_LONG)
    before, mark, answer = text.rpartition(THOUGHT_END)
    straight = not before and not mark
    if not answer.strip():
        raise UnreadableError(Problem.EMPTY)
    found = find_json(answer, lambda value: _answer_key(spec, value) is not None)
    read = _READERS[spec.kind]
    if found is None:
        return read(spec, _lines(spec, answer) if spec.kind is Kind.RUBRIC else answer, False)
    value, bare = found
    return read(spec, value, straight and bare)


def _answer_key(spec: ClassifierSpec, value: dict[str, Any]) -> str | None:
    """The key that holds the answer (RUBRIC: any item's key); None where there is none, or more than one."""
    asked = MANY if spec.kind is Kind.MANY_OF else ONE
    if spec.kind is not Kind.RUBRIC:
        if asked in value:
            return asked
        keys = [key for key in value if len(key) <= 80 and normalise(key) in spec.answer_keys]
        return keys[0] if len(keys) == 1 else None
    return next((key for key in value if spec.index.known(key) is not None), None)


def _unwrap(spec: ClassifierSpec, value: Any) -> tuple[Any, bool]:
    """The answer inside an object, and whether it stood under the key asked for; one wrapper around it is taken off."""
    if not isinstance(value, dict):
        return value, False
    key = _answer_key(spec, value)
    inner = value[key] if key is not None else None
    if key is None and len(value) == 1:
        (wrapped,) = value.values()
        inner = wrapped if isinstance(wrapped, dict) else None
    if isinstance(inner, dict):
        key = _answer_key(spec, inner)
        return (inner[key] if key is not None else None), False
    if inner is None:
        raise UnreadableError(Problem.NO_ANSWER)
    return inner, key == (MANY if spec.kind is Kind.MANY_OF else ONE)


def _read_one(spec: ClassifierSpec, value: Any, straight: bool) -> Labelling:
    answer, as_asked = _unwrap(spec, value)
    if isinstance(answer, list):
        answer, as_asked = _only(answer), False
    label, how = _match(spec, answer)
    how = how if straight and as_asked else _less_certain(how, MatchedBy.NORMALISED)
    score = float(spec.item_ids.index(label) + 1) if spec.kind is Kind.SCALE else None
    return Labelling(label, score=score, matched_by=how)


def _only(answers: list[Any]) -> Any:
    if not answers:
        raise UnreadableError(Problem.EMPTY)
    if any(answer != answers[0] for answer in answers):
        raise UnreadableError(Problem.SEVERAL_ANSWERS)
    return answers[0]


def _read_many(spec: ClassifierSpec, value: Any, straight: bool) -> Labelling:
    answer, as_asked = _unwrap(spec, value)
    parts, listed = (answer, True) if isinstance(answer, list) else (_split(spec, answer), False)
    if not parts:
        raise UnreadableError(Problem.EMPTY)
    if len(parts) > 2 * len(spec.labels):
        raise UnreadableError(Problem.TOO_LONG)
    matches = [_match(spec, part) for part in parts]
    how = max((how for _, how in matches), key=_CERTAINTY.index)
    if not (straight and as_asked and listed):
        how = _less_certain(how, MatchedBy.NORMALISED)
    labels = tuple(dict.fromkeys(label for label, _ in matches))
    return Labelling(labels[0], labels=labels, matched_by=how)


def _split(spec: ClassifierSpec, answer: Any) -> list[str]:
    """Labels in one string: a single one, or several set apart by commas, semicolons or lines."""
    if not isinstance(answer, str):
        raise UnreadableError(Problem.WRONG_TYPE)
    text = answer.strip().strip("[]")
    if spec.index.known(text) is not None:
        return [text]
    return [part for part in text.replace(";", ",").replace("\n", ",").split(",") if part.strip()]


def _match(spec: ClassifierSpec, answer: Any) -> Match:
    if isinstance(answer, bool) and spec.kind is Kind.YES_NO:
        return ("yes" if answer else "no"), MatchedBy.NORMALISED
    if not isinstance(answer, str):
        raise UnreadableError(Problem.WRONG_TYPE)
    if not answer.strip():
        raise UnreadableError(Problem.EMPTY)
    found = spec.index.match(answer)
    if found is not None:
        return found
    put_forward = read_plain(spec.index, answer)
    if put_forward is None:
        raise UnreadableError(Problem.UNKNOWN_LABEL)
    label, how = put_forward
    return label, _less_certain(how, MatchedBy.NORMALISED)


def _read_rubric(spec: ClassifierSpec, value: Any, straight: bool) -> Labelling:
    if not isinstance(value, dict):
        raise UnreadableError(Problem.WRONG_TYPE)
    if _answer_key(spec, value) is None and len(value) == 1:
        (value,), straight = value.values(), False
        if not isinstance(value, dict):
            raise UnreadableError(Problem.MISSING_ITEMS)
    impacts: dict[str, int] = {}
    how = MatchedBy.EXACT if straight else MatchedBy.NORMALISED
    for item, key_how, answer in _items(spec, value):
        impact, as_asked = read_impact(answer)
        if impacts.setdefault(item, impact) != impact:
            raise UnreadableError(Problem.SEVERAL_ANSWERS)
        how = _less_certain(how, key_how if as_asked else _less_certain(key_how, MatchedBy.NORMALISED))
    if len(impacts) < len(spec.labels):
        raise UnreadableError(Problem.MISSING_ITEMS)
    score = sum(sign * impacts[item] for item, sign in spec.signs)
    present = tuple(item for item, _ in spec.signs if impacts[item] > 0)
    return Labelling(verdict(score), labels=present, score=float(score), matched_by=how)


def _items(spec: ClassifierSpec, value: dict[str, Any]) -> list[tuple[str, MatchedBy, Any]]:
    """Items found among the keys; other keys are passed over. Near spellings count only while items are missing."""
    if len(value) > 4 * len(spec.labels):
        raise UnreadableError(Problem.TOO_LONG)
    known = [(match, answer) for key, answer in value.items() if (match := spec.index.known(key)) is not None]
    if len(known) < len(spec.labels):
        known = [(match, answer) for key, answer in value.items() if (match := spec.index.match(key)) is not None]
    return [(label, how, answer) for (label, how), answer in known]


def _lines(spec: ClassifierSpec, text: str) -> dict[str, str]:
    """A rubric answered as lines `item: value`."""
    if "{" in text:  # an object that could not be mended
        raise UnreadableError(Problem.NO_ANSWER)
    pairs: dict[str, str] = {}
    for line in text.splitlines():
        key, mark, answer = line.partition(":")
        if mark and spec.index.known(key) and pairs.setdefault(key, answer) != answer:
            raise UnreadableError(Problem.SEVERAL_ANSWERS)
    if not pairs:
        raise UnreadableError(Problem.NO_ANSWER)
    return pairs


def _less_certain(one: MatchedBy, other: MatchedBy) -> MatchedBy:
    return max(one, other, key=_CERTAINTY.index)


_READERS: dict[Kind, Callable[[ClassifierSpec, Any, bool], Labelling]] = {
    Kind.ONE_OF: _read_one,
    Kind.YES_NO: _read_one,
    Kind.SCALE: _read_one,
    Kind.MANY_OF: _read_many,
    Kind.RUBRIC: _read_rubric,
}
