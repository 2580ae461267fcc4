"""Finds the one JSON value in a reply: as sent, inside fences and prose, or broken and mended; never one of several."""

import json
import re
from collections.abc import Callable
from typing import Any

import orjson

from semtel_ops.classifiers.problems import Problem, UnreadableError

MAX_CANDIDATES = 50  # `{` looked at in one reply: bounds the work on garbage
MAX_REPAIR_CHARS = 8_192  # the longest reply of ours is a rubric of about 500 characters

IsAnswer = Callable[[dict[str, Any]], bool]


def find_json(text: str, is_answer: IsAnswer) -> tuple[Any, bool] | None:
    """The value, and whether it was sent bare, as asked; None where the reply holds no JSON.

    Raises:
        UnreadableError: objects, or keys of one object, that contradict each other.
    """
    try:
        value = orjson.loads(text)
    except ValueError:  # also lone surrogates, which orjson does not read
        return _embedded(text, is_answer)
    if isinstance(value, dict) and text.count(":") > len(value):
        _refuse_contradictions(text)
    return value, True


def _refuse_contradictions(text: str) -> None:
    """The fast reader keeps the last of equal keys without a word."""
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
    mended = _mended(text)
    return None if mended is None else (mended, False)


def _objects(text: str) -> list[dict[str, Any]]:
    """Whole objects in the text, outermost only."""
    decoder = json.JSONDecoder(object_pairs_hook=_pairs)
    found: list[dict[str, Any]] = []
    at = text.find("{")
    for _ in range(MAX_CANDIDATES):
        if at < 0:
            break
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            found.append(value)
        at = text.find("{", end)
    return found


def _mended(text: str) -> dict[str, Any] | None:
    """The only object, if what is wrong with it is its punctuation.

    A reply that stops inside a value is not mended: the rest of the word or number is anyone's guess.
    """
    fragment = text[text.index("{") :].strip().rstrip("`").rstrip()
    if len(fragment) > MAX_REPAIR_CHARS or fragment.count("{") > 1:
        return None
    if "}" not in fragment and fragment[-1] not in "\"'],":
        return None
    from json_repair import repair_json  # on the failure path only

    try:
        value = repair_json(fragment[: fragment.rfind("}") + 1] or fragment, return_objects=True)
    except Exception:  # noqa: BLE001 - a guesser's own stumbling is not an answer either
        return None
    if not isinstance(value, dict) or not value:
        return None
    _refuse_repeated_keys(fragment, value)
    return value


def _refuse_repeated_keys(fragment: str, value: dict[str, Any]) -> None:
    """json_repair, too, keeps the last of equal keys."""
    for key in list(value)[:100]:
        if len(re.findall(rf"(?<!\w){re.escape(str(key))}[\"'”]?\s{{0,9}}:", fragment)) > 1:
            raise UnreadableError(Problem.SEVERAL_ANSWERS)
