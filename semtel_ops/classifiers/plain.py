"""Reads a label from a reply in plain words. It must be put forward as the answer: a mere mention of a label is none."""

import re

from semtel_ops.classifiers.match import LabelIndex, Match
from semtel_ops.classifiers.problems import Problem, UnreadableError

MAX_PROSE = 4_000  # characters at either end of a longer reply that are read
MAX_SENTENCE = 240

_BREAKS = re.compile(r"[\r\n]+")
_CUE = re.compile(
    r"\b(?:label|answer|class|category|classification|result|verdict|intent|topic|level|output)\b"
    r"[\"'*_`]{0,3} {0,3}(?:is|:|=|->|→)[ :]{0,3}(.{1,80})$",
    re.IGNORECASE,
)
_MARKED = re.compile(r"\*\*([^*\n]{1,80})\*\*|`([^`\n]{1,80})`|[\"“]([^\"“”\n]{1,80})[\"”]")
_LEAD = re.compile(r"^([^.,;:!()—–\n]{1,80}?) ?(?:[.,;:!(—–]| - )")
_CONCLUSION = re.compile(r"^.{1,160}\b(?:is|as|be|about|of)\b (?:an? |the )?([^.\n]{1,80}?)\W*$", re.IGNORECASE)
_NEGATION = re.compile(r"\b(?:not|neither|nor|never|cannot|unable|sorry|refuse|without|except)\b|n['’]t\b", re.IGNORECASE)


def read_plain(index: LabelIndex, text: str) -> Match | None:
    """The label the reply puts forward, or None.

    It may be the whole text, a line, the start ("yes, because …"), what follows a cue ("label: …"), what is set off by
    quotes or asterisks, or the end of a single sentence without negation.

    Raises:
        UnreadableError: it puts forward several.
    """
    whole = index.match(text.strip())
    if whole is not None:
        return whole
    if len(text) > 2 * MAX_PROSE:
        text = f"{text[:MAX_PROSE]}\n{text[-MAX_PROSE:]}"
    lines = [line.strip() for line in _BREAKS.split(text) if line.strip()]
    if len(lines) == 1 and _NEGATION.search(lines[0]):
        return None
    put_forward = [match for line in lines for match in _in_line(index, line)]
    if not put_forward and len(lines) == 1 and len(lines[0]) <= MAX_SENTENCE:
        put_forward = _known(index, _CONCLUSION.findall(lines[0]))
    if len({label for label, _ in put_forward}) > 1:
        raise UnreadableError(Problem.SEVERAL_ANSWERS)
    return put_forward[0] if put_forward else None


def _in_line(index: LabelIndex, line: str) -> list[Match]:
    spans = [line, *_LEAD.findall(line), *_CUE.findall(line)]
    spans += [span for groups in _MARKED.findall(line) for span in groups if span]
    return _known(index, spans)


def _known(index: LabelIndex, spans: list[str]) -> list[Match]:
    return [match for span in spans if (match := index.known(span)) is not None]
