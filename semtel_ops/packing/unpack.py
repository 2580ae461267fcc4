"""Divides a shared reply among its members: each gets at most one labelling, and never that of another member.

A member's answer is only the value under its own keys. An ambiguous answer is unreadable, which costs another request; a wrong
guess would be a wrong row that nobody notices:

- a member with two different answers has no answer;
- an answer that contains another member's key is not read, since a brace is misplaced;
- in a reply that was cut off, only complete answers count;
- lists are not read, since a missing entry would shift the others.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from semtel_ops.classifiers import Labelling, MatchedBy, Problem, read_answer
from semtel_ops.classifiers.match import normalise
from semtel_ops.classifiers.parse import MAX_REPLY_CHARS
from semtel_ops.classifiers.problems import UnreadableError
from semtel_ops.classifiers.thoughts import answer_in
from semtel_ops.packing.plan import Member

_MAX_CANDIDATES = 50  # braces at which an object may begin
_WRAPPERS = 2  # objects with a single key around the answers
_SPACE = re.compile(r"\s*")
_OBJECT_FIRST = re.compile(r"\s*(?:```\w*\s*)?\{")


class Pairs(list[tuple[str, Any]]):
    """The key-value pairs of a JSON object in the order of the reply; a key may occur twice."""


_DECODER = json.JSONDecoder(object_pairs_hook=Pairs)


def read_members(members: Sequence[Member], text: str, *, cut: bool = False) -> list[Labelling]:
    """The labellings of the members, in order; a member without a certain answer gets an unreadable labelling.

    `cut`: the reply reached its limit of tokens.
    """
    if len(text) > MAX_REPLY_CHARS:
        return [Labelling(None, problem=Problem.TOO_LONG) for _ in members]
    try:
        return _read(members, text, cut=cut)
    except UnreadableError as error:
        return [Labelling(None, problem=error.problem) for _ in members]
    except RecursionError:  # no answer is nested that deeply
        return [Labelling(None, problem=Problem.NO_ANSWER) for _ in members]


def _read(members: Sequence[Member], text: str, *, cut: bool) -> list[Labelling]:
    keys = {normalise(key) for member in members for key in member.path}
    wanted = {normalise(member.path[0]) for member in members}
    objects, bare = find_objects(text, depth=len(members[0].path), cut=cut)
    if not objects:
        return [Labelling(None, problem=Problem.NO_ANSWER) for _ in members]
    pairs = [pair for outer in objects for pair in _unwrapped(outer, wanted)]
    return [_labelling(member, pairs, keys, bare=bare) for member in members]


def find_objects(text: str, *, depth: int, cut: bool = False) -> tuple[list[Pairs], bool]:
    """The JSON objects in a reply, without those in reasoning, and whether the reply is one object without any other text.

    Of an object that is malformed or cut off, the complete pairs are returned, down to `depth` levels, and no later object.

    Args:
        cut: the reply reached its limit of tokens; then objects after other words may be drafts, see `read_reply`.

    Raises:
        UnreadableError: the reply is empty, nothing but reasoning, or ends inside the reasoning.
    """
    try:
        value = _DECODER.decode(text.strip())
    except ValueError:
        answer, thought, _ = answer_in(text)
        if cut and not thought and not _OBJECT_FIRST.match(answer):
            raise UnreadableError(Problem.UNFINISHED) from None
        return list(_embedded(answer, depth)), False
    return ([value] if isinstance(value, Pairs) else []), True


def _embedded(text: str, depth: int) -> Iterator[Pairs]:
    at = text.find("{")
    for _ in range(_MAX_CANDIDATES):
        if at < 0:
            return
        try:
            value, end = _DECODER.raw_decode(text, at)
        except ValueError:
            pairs = _whole_pairs(text, at, depth)
            if pairs:
                yield pairs
                return
            end = at + 1
        else:
            yield value
        at = text.find("{", end)


def _whole_pairs(text: str, at: int, depth: int) -> Pairs:
    """The complete key-value pairs of an object that is malformed or cut off."""
    pairs = Pairs()
    while True:
        at = _past_space(text, at + 1)
        try:
            key, at = _DECODER.raw_decode(text, at)
            at = _past_space(text, at)
            if not isinstance(key, str) or text[at : at + 1] != ":":
                return pairs
            at = _past_space(text, at + 1)
            value, end = _DECODER.raw_decode(text, at)
        except ValueError:
            inner = _whole_pairs(text, at, depth - 1) if depth > 1 and text[at : at + 1] == "{" else None
            if inner:
                pairs.append((key, inner))
            return pairs
        end = _past_space(text, end)
        # A comma or brace proves that the value is complete; at the end of the text, only an object or list surely is.
        if not (text[end : end + 1] in {",", "}"} or (end == len(text) and isinstance(value, list))):
            return pairs
        pairs.append((key, value))
        if text[end : end + 1] != ",":
            return pairs
        at = end


def _past_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()


def _unwrapped(pairs: Pairs, wanted: set[str]) -> Pairs:
    """The object with the members' keys: up to `_WRAPPERS` enclosing objects with a single other key are removed."""
    for _ in range(_WRAPPERS):
        if len(pairs) == 1 and isinstance(pairs[0][1], Pairs) and normalise(pairs[0][0]) not in wanted:
            pairs = pairs[0][1]
    return pairs


def _labelling(member: Member, pairs: Sequence[tuple[str, Any]], keys: set[str], *, bare: bool) -> Labelling:
    values: list[Any] = [value for key, value in pairs if normalise(key) == normalise(member.path[0])]
    for key in member.path[1:]:
        if any(not isinstance(value, Pairs) for value in values):
            return Labelling(None, problem=Problem.WRONG_TYPE)
        values = [inner for value in values for name, inner in value if normalise(name) == normalise(key)]
    if not values:
        return Labelling(None, problem=Problem.MISSING_MEMBER)
    if any(value != values[0] for value in values[1:]):
        return Labelling(None, problem=Problem.SEVERAL_ANSWERS)
    foreign = keys - {normalise(key) for key in member.path} - {normalise(item) for item in member.spec.item_ids}
    try:
        answer = _plain(values[0], foreign)
    except _UnclearError as error:
        return Labelling(None, problem=error.problem)
    labelling = read_answer(member.spec, answer)
    if not bare and labelling.matched_by is MatchedBy.EXACT:
        return replace(labelling, matched_by=MatchedBy.NORMALISED)
    return labelling


class _UnclearError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def _plain(value: Any, foreign: set[str]) -> Any:
    """Convert the value to dicts and lists.

    Raises:
        _UnclearError: it contains a key of another member, or different values for a key.
    """
    if isinstance(value, Pairs):
        plain: dict[str, Any] = {}
        for key, nested in value:
            if normalise(key) in foreign:
                raise _UnclearError(Problem.NO_ANSWER)
            inner = _plain(nested, foreign)
            if plain.setdefault(key, inner) != inner:
                raise _UnclearError(Problem.SEVERAL_ANSWERS)
        return plain
    return [_plain(item, foreign) for item in value] if isinstance(value, list) else value
