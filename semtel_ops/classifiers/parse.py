"""Reads replies as labellings. Never raises: a reply that cannot be read is a labelling with a problem.

Each reply is tried as JSON in the requested form; then, without the model's reasoning, as JSON inside fences or prose, repaired
JSON, and plain words, in this order. `match` matches labels and says how. Two answers that differ count as no answer.
"""

import re
from typing import Any

from semtel_ops.classifiers.labels import Labelling
from semtel_ops.classifiers.listing import labels_ahead
from semtel_ops.classifiers.problems import Problem, UnreadableError
from semtel_ops.classifiers.reply_json import NO_JSON, find_json, whole_json
from semtel_ops.classifiers.spec import ClassifierSpec
from semtel_ops.classifiers.thoughts import answer_in

_FENCE = re.compile(r"\A\s*(?:```\w*\s*)?")

MAX_REPLY_CHARS = 65_536  # about a hundred times the longest answer that is requested


def read_reply(spec: ClassifierSpec, text: str, *, cut: bool = False) -> Labelling:
    """The answer in the reply to a request with one conversation and one classifier.

    `cut`: the reply reached its limit of tokens. Then only an answer at its beginning counts: what follows other words may be a
    draft, since servers also send reasoning without any mark.
    """
    try:
        return _read_text(spec, text, cut=cut)
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


def _read_text(spec: ClassifierSpec, text: str, *, cut: bool) -> Labelling:
    if len(text) > MAX_REPLY_CHARS:
        raise UnreadableError(Problem.TOO_LONG)
    value = whole_json(text)
    if value is not NO_JSON:
        return spec.answer_kind.read(spec, value, straight=True)
    answer, thought, _ = answer_in(text)
    if cut and not thought:
        answer = _beginning(spec, answer)
    parsed = find_json(answer, lambda value: spec.answer_kind.answer_key(spec, value) is not None)
    if parsed is None:
        return spec.answer_kind.read_text(spec, answer)
    return spec.answer_kind.read(spec, parsed[0], straight=False)


def _beginning(spec: ClassifierSpec, answer: str) -> str:
    """What may be an answer in a reply that was cut off: JSON from the beginning on, or a first line that begins with a label.

    Raises:
        UnreadableError: it begins with other words.
    """
    text = _FENCE.sub("", answer, count=1)
    if text[:1] in {"{", "[", '"', "'"}:
        return text
    line = text.partition("\n")[0]
    if not labels_ahead(spec.index, line):
        raise UnreadableError(Problem.UNFINISHED)
    return line
