"""Reply → Labelling. Whatever came back, this returns: a reply that cannot be read is a value with its problem.

The way of every reply: JSON as asked; JSON inside fences or prose; broken JSON mended; plain words. Labels are matched by
`match`, so the row can say how sure the reading was. Two answers that differ are no answer.
"""

from typing import Any

from semtel_ops.classifiers.labels import Labelling
from semtel_ops.classifiers.problems import Problem, UnreadableError
from semtel_ops.classifiers.reply_json import find_json
from semtel_ops.classifiers.spec import ClassifierSpec

MAX_REPLY_CHARS = 65_536  # some hundred times the longest answer we ask for

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
    found = find_json(answer, lambda value: spec.answer_kind.answer_key(spec, value) is not None)
    if found is None:
        return spec.answer_kind.read_text(spec, answer)
    value, bare = found
    return spec.answer_kind.read(spec, value, straight=straight and bare)
