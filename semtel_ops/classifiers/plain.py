"""Reads a label from a reply in plain words. The label must be given as the answer; mentioning it is not enough."""

import re

from semtel_ops.classifiers.listing import labels_ahead
from semtel_ops.classifiers.match import LabelIndex, Match
from semtel_ops.classifiers.problems import Problem, UnreadableError

MAX_PROSE = 4_000  # characters that are read at each end of a longer reply
MAX_SENTENCE = 240  # characters

_BREAKS = re.compile(r"[\r\n]+")
_CUE = re.compile(
    r"\b(?:label|answer|class|category|classification|result|verdict|intent|topic|level|output)\b"
    r"[\"'*_`]{0,3} {0,3}(?:is|:|=|->|→)[ :]{0,3}(.{1,80})$",
    re.IGNORECASE,
)
_MARKED = re.compile(r"\*\*([^*\n]{1,80})\*\*|`([^`\n]{1,80})`|[\"“]([^\"“”\n]{1,80})[\"”]")
_LEAD = re.compile(r"^([^.,;:!()—–，。；：！（\n]{1,80}?) ?(?:[.,;:!(—–，。；：！（]| - )")
_CONCLUSION = re.compile(r"^.{1,160}\b(?:is|as|be|about|of)\b (?:an? |the )?([^.\n]{1,80}?)\W*$", re.IGNORECASE)
_NEGATION = re.compile(r"\b(?:not|neither|nor|never|cannot|unable|sorry|refuse|without|except)\b|n['’]t\b", re.IGNORECASE)

_TAKEN_BACK = re.compile(
    r"\A\W*(?:but|or|not?|though|maybe|perhaps|never)\b|\bnot (?:sure|certain|clear|really|quite|exactly)\b|\bunsure\b",
    re.IGNORECASE,
)


def read_plain(index: LabelIndex, text: str) -> Match | None:
    """The label that the reply gives as its answer, or None.

    The label may be the whole text, a line, the start ("yes, because …"), after a cue ("label: …"), in quotes or asterisks, or
    the end of a single sentence. In a single sentence with a negation, it can only be the start.

    Raises:
        UnreadableError: the reply gives several labels.
    """
    whole = index.match(text.strip())
    if whole is not None:
        return whole
    if len(text) > 2 * MAX_PROSE:
        text = f"{text[:MAX_PROSE]}\n{text[-MAX_PROSE:]}"
    lines = [line.strip() for line in _BREAKS.split(text) if line.strip()]
    if len(lines) == 1 and _NEGATION.search(lines[0]):
        return _led(index, lines[0])
    matches = [match for line in lines for match in _line_matches(index, line)]
    if not matches and len(lines) == 1 and len(lines[0]) <= MAX_SENTENCE:
        matches = _spelled(index, _CONCLUSION.findall(lines[0]))
    if len({label for label, _ in matches}) > 1:
        raise UnreadableError(Problem.SEVERAL_ANSWERS)
    return matches[0] if matches else None


def _led(index: LabelIndex, line: str) -> Match | None:
    """The label at the start of a sentence that denies something else ("no, the user is not satisfied")."""
    lead = _LEAD.match(line)
    if lead is None or _TAKEN_BACK.search(line[lead.end() :]):
        return None
    return index.known(lead[1])


def _line_matches(index: LabelIndex, line: str) -> list[Match]:
    spans = [line, *_LEAD.findall(line), *_CUE.findall(line)]
    spans += [span for groups in _MARKED.findall(line) for span in groups if span]
    return _spelled(index, spans)


def _spelled(index: LabelIndex, spans: list[str]) -> list[Match]:
    """The labels that the spans spell; of a list of different labels, all."""
    return [match for span in spans for match in _labels_of(index, span)]


def _labels_of(index: LabelIndex, span: str) -> list[Match]:
    match = index.known(span)
    if match is not None:
        return [match]
    ahead = labels_ahead(index, span)
    return ahead if len({label for label, _ in ahead}) > 1 else []
