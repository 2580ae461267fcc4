"""Replies that arrive whole and are wrong all the same."""

from dataclasses import dataclass, replace
from typing import Any

import orjson

from semtel_ops.simulator.config import Fault


@dataclass(frozen=True, slots=True)
class Answer:
    """What the pretended model says; `text` is None where it refuses in `refusal`."""

    text: str | None
    finish_reason: str = "stop"
    refusal: str | None = None


def spell(value: Any) -> str:
    """An answer as the text of a reply: JSON, or the bare label."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def spoil(value: Any, fault: Fault | None) -> Answer:
    """The reply for an answer; `fault` may be any reply defect but WRONG_LABEL, which is an answer in itself."""
    if fault is Fault.NEAR_MISS:
        return Answer(spell(_misspelt(value)))
    if fault is Fault.MISSING_MEMBER and isinstance(value, dict):
        return Answer(spell(dict(list(value.items())[:-1])))
    text = spell(value)
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


def cut_to(answer: Answer, max_tokens: int) -> Answer:
    """The answer as far as `max_tokens` reach, four bytes to a token."""
    if answer.text is None or len(answer.text) <= max_tokens:
        return answer
    data = answer.text.encode()
    if len(data) <= max_tokens * 4:
        return answer
    return replace(answer, text=data[: max_tokens * 4].decode("utf-8", "ignore"), finish_reason="length")


def _misspelt(value: Any) -> Any:
    """Every word almost as offered: create becomes created, 7 becomes "7"."""
    if isinstance(value, dict):
        return {key: _misspelt(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_misspelt(one) for one in value]
    if isinstance(value, str):
        return value + ("d" if value.endswith("e") else "s")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
