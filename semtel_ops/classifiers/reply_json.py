"""Finds the JSON value in a reply: the whole reply, inside fences and prose, or repaired. Never chooses between several."""

import json
import re
from collections.abc import Callable
from typing import Any, Final

import orjson

from semtel_ops.classifiers.problems import Problem, UnreadableError

MAX_CANDIDATES = 50  # how many `{` of a reply are tried: bounds the work on garbage
MAX_REPAIR_CHARS = 8_192  # the longest requested reply, a rubric, has about 500 characters

NO_JSON: Final = object()

IsAnswer = Callable[[dict[str, Any]], bool]


def find_json(text: str, is_answer: IsAnswer) -> tuple[Any, bool] | None:
    """The value, and whether it is the whole reply; None where the reply has no JSON.

    Args:
        is_answer: whether an object inside the reply has the answer.

    Raises:
        UnreadableError: objects, or repeated keys of an object, contradict each other.
    """
    value = whole_json(text)
    return _embedded(text, is_answer) if value is NO_JSON else (value, True)


def whole_json(text: str) -> Any:
    """The value of a reply that is JSON and nothing else; `NO_JSON` for any other reply.

    Raises:
        UnreadableError: repeated keys of an object contradict each other.
    """
    try:
        value = orjson.loads(text)
    except ValueError:  # also lone surrogates, which orjson does not read
        return NO_JSON
    if isinstance(value, dict) and text.count(":") > len(value):
        _refuse_contradictions(text)
    return value


def _refuse_contradictions(text: str) -> None:
    """Of repeated keys, orjson silently keeps the last."""
    try:
        json.loads(text, object_pairs_hook=_pairs)
    except (ValueError, RecursionError):
        raise UnreadableError(Problem.NO_ANSWER) from None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs) and any(result[key] != value for key, value in pairs):
        raise UnreadableError(Problem.SEVERAL_ANSWERS)
    return result


def _embedded(text: str, is_answer: IsAnswer) -> tuple[Any, bool] | None:
    if "{" not in text:
        return None
    objects = _objects(text)
    answers = [value for value in objects if is_answer(value)]
    if any(value != answers[0] for value in answers[1:]):
        raise UnreadableError(Problem.SEVERAL_ANSWERS)
    if answers or len(objects) == 1:
        return (answers or objects)[0], False
    repaired = _repaired(text)
    return None if repaired is None else (repaired, False)


def _objects(text: str) -> list[dict[str, Any]]:
    """All complete objects in the text, outermost only."""
    decoder = json.JSONDecoder(object_pairs_hook=_pairs)
    objects: list[dict[str, Any]] = []
    at = text.find("{")
    for _ in range(MAX_CANDIDATES):
        if at < 0:
            break
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            objects.append(value)
        at = text.find("{", end)
    return objects


def _repaired(text: str) -> dict[str, Any] | None:
    """The only object, if only its punctuation is wrong.

    A reply that stops inside a value is not repaired, because the rest of the word or number is unknown.
    """
    fragment = text[text.index("{") :].strip().rstrip("`").rstrip()
    if len(fragment) > MAX_REPAIR_CHARS or fragment.count("{") > 1:
        return None
    if "}" not in fragment and fragment[-1] not in "\"'],":
        return None
    from json_repair import repair_json  # on the failure path only

    try:
        value = repair_json(fragment[: fragment.rfind("}") + 1] or fragment, return_objects=True)
    except Exception:  # noqa: BLE001 - json_repair raises errors of many types on input it cannot repair
        return None
    if not isinstance(value, dict) or not value:
        return None
    _refuse_repeated_keys(fragment, value)
    return value


def _refuse_repeated_keys(fragment: str, value: dict[str, Any]) -> None:
    """Of repeated keys, json_repair also keeps the last."""
    for key in list(value)[:100]:
        if len(re.findall(rf"(?<!\w){re.escape(str(key))}[\"'”]?\s{{0,9}}:", fragment)) > 1:
            raise UnreadableError(Problem.SEVERAL_ANSWERS)
