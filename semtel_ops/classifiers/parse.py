"""Reads replies as labellings. Never raises: a reply that cannot be read is a labelling with a problem.

Each reply is tried as JSON in the requested form, JSON inside fences or prose, repaired JSON, and plain words, in this order.
`match` matches labels and says how. Two answers that differ count as no answer.
"""

from typing import Any

from semtel_ops.classifiers.labels import Labelling
from semtel_ops.classifiers.problems import Problem, UnreadableError
from semtel_ops.classifiers.reply_json import find_json
from semtel_ops.classifiers.spec import ClassifierSpec

MAX_REPLY_CHARS = 65_536  # about a hundred times the longest answer that is requested

THOUGHT_END = "</think>"  # servers without a reasoning parser leave the model's reasoning in the reply, up to this tag


def read_reply(spec: ClassifierSpec, text: str) -> Labelling:
    """The answer in the reply to a request with one conversation and one classifier."""
    try:
        return _read_text(spec, text)
    except UnreadableError as error:
        return Labelling(None, problem=error.problem)
    except RecursionError:  # nested far deeper than an answer can be
        return Labelling(None, problem=Problem.NO_ANSWER)


def read_answer(spec: ClassifierSpec, value: Any) -> Labelling:
    """The answer in a parsed value: one member's part of the reply to a shared request."""
    try:
        return spec.answer_kind.read(spec, value, straight=True)
    except UnreadableError as error:
        return Labelling(None, problem=error.problem)


def _read_text(spec: ClassifierSpec, text: str) -> Labelling:
    if len(text) > MAX_REPLY_CHARS:
        raise UnreadableError(Problem.TOO_LONG)
    before, mark, answer = text.rpartition(THOUGHT_END)
    straight = not before and not mark
    if not answer.strip():
        raise UnreadableError(Problem.EMPTY)
    parsed = find_json(answer, lambda value: spec.answer_kind.answer_key(spec, value) is not None)
    if parsed is None:
        return spec.answer_kind.read_text(spec, answer)
    value, bare = parsed
    return spec.answer_kind.read(spec, value, straight=straight and bare)
