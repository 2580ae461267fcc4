"""Defects of complete replies: wrong format, missing parts, refusals."""

from dataclasses import dataclass, replace
from typing import Any

import orjson

from semtel_ops.simulator.fault_kinds import Fault


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply of the simulated model; `text` is None where there is a `refusal`.

    Attributes:
        reasoning_tokens: tokens spent before the text; None for a model that does not reason.
    """

    text: str | None
    finish_reason: str = "stop"
    refusal: str | None = None
    reasoning_tokens: int | None = None


def as_text(value: Any) -> str:
    """The text of a reply: a label as it is, other answers as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def apply_defect(value: Any, fault: Fault | None) -> Answer:
    """The reply with an answer and a defect. WRONG_LABEL changes nothing here: its answer already is wrong."""
    if fault is Fault.NEAR_MISS:
        return Answer(as_text(_misspell(value)))
    if fault is Fault.MISSING_MEMBER and isinstance(value, dict):
        return Answer(as_text(dict(list(value.items())[:-1])))
    text = as_text(value)
    if fault is Fault.FENCED:
        return Answer(f"```json\n{text}\n```")
    if fault is Fault.PROSE:
        return Answer(f"Sure! Having read it, my classification is:\n\n{text}\n\nLet me know if I can help further.")
    if fault is Fault.EMPTY:
        return Answer("")
    if fault is Fault.LENGTH:
        return Answer(text[: len(text) // 2], finish_reason="length")
    if fault is Fault.CONTENT_FILTER:
        return Answer("", finish_reason="content_filter")
    if fault is Fault.REFUSAL:
        return Answer(None, refusal="I'm sorry, but I can't help with that.")
    return Answer(text)


def truncate(answer: Answer, max_tokens: int) -> Answer:
    """The answer, cut to `max_tokens` of four bytes each."""
    if answer.text is None or len(answer.text) <= max_tokens:
        return answer
    data = answer.text.encode()
    if len(data) <= max_tokens * 4:
        return answer
    return replace(answer, text=data[: max_tokens * 4].decode("utf-8", "ignore"), finish_reason="length")


def _misspell(value: Any) -> Any:
    """The answer with every value slightly wrong: create becomes created, 7 becomes "7"."""
    if isinstance(value, dict):
        return {key: _misspell(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_misspell(item) for item in value]
    if isinstance(value, str):
        return value + ("d" if value.endswith("e") else "s")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
