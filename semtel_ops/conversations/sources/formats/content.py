"""The text of a message's content, which is text, parts, or a part."""

import math
from typing import Any

from semtel_ops.conversations.sources.formats.text import clean
from semtel_ops.conversations.sources.records import BadRecordError, Reason

# A part that is not text is replaced by a marker of ours: names and descriptions in the part could be personal data.
_MARKERS: tuple[tuple[str, str], ...] = (
    ("image", "[image]"),
    ("audio", "[audio]"),
    ("video", "[video]"),
    ("file", "[file]"),
    ("document", "[file]"),
    ("tool", "[tool]"),
    ("function", "[tool]"),
)
_OTHER_MARKER = "[attachment]"
# What a model thinks before it answers is not said to anybody. The beginnings of kinds: `reasoning_recap` is one.
_THOUGHTS = ("think", "thought", "reasoning", "redacted_thinking")


def read_content(content: Any, number: int) -> str:
    """The text of a content. Each part of a list is on its own line; parts that are not text become markers such as `[image]`.

    Thoughts of a model are left out. NaN, which tables write for a missing text, is empty.

    Raises:
        BadRecordError: the content, or a part of it, has the wrong type.
    """
    if isinstance(content, str):
        return clean(content)
    if content is None or (isinstance(content, float) and math.isnan(content)):
        return ""
    if isinstance(content, list):
        return "\n".join(filter(None, (_part(part, number) for part in content)))
    if isinstance(content, dict):
        return _part(content, number)
    if isinstance(content, bytes):
        raise BadRecordError(Reason.UNKNOWN_ENCODING, f"message {number}: its bytes are not UTF-8")
    raise BadRecordError(Reason.WRONG_TYPE, f"message {number}: expected text, found {type(content).__name__}")


def _part(part: Any, number: int) -> str:
    if isinstance(part, str):
        return clean(part)
    if part is None:
        return ""
    if not isinstance(part, dict):
        actual = type(part).__name__
        raise BadRecordError(Reason.WRONG_TYPE, f"message {number}: expected a part of text, found {actual}")
    kind = part.get("type") or part.get("content_type")
    kind = kind if isinstance(kind, str) else ""
    if is_thought(kind) or part.get("thought") is True or part.get("isThought") is True:
        return ""
    text = part.get("text", part.get("refusal"))
    if isinstance(text, dict):  # the Assistants API: {"text": {"value": …}}
        text = text.get("value")
    if isinstance(text, str):
        return clean(text)
    if not kind and "parts" in part:  # Gemini: {"content": {"parts": […]}}
        return read_content(part["parts"], number)
    if kind == "contentBlock":  # LM Studio
        return "" if _is_thinking_block(part) else read_content(part.get("content"), number)
    kind = kind or next((name for name in part if isinstance(name, str)), "")
    return "" if is_thought(kind) or kind == "debugInfoBlock" else marker_for(kind)


def _is_thinking_block(block: dict[str, Any]) -> bool:
    style = block.get("style")
    return isinstance(style, dict) and style.get("type") == "thinking"


def is_thought(kind: str) -> bool:
    """Whether parts or messages of this kind are what a model thinks before it answers."""
    return kind.startswith(_THOUGHTS)


def marker_for(kind: str) -> str:
    """The marker that replaces a part of this kind."""
    for word, marker in _MARKERS:
        if word in kind.lower():
            return marker
    return _OTHER_MARKER
