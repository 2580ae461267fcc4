"""The text of a message, in the forms in which servers send content: a text, parts, an object, or a call of a function.

Of parts, those that are text are joined; reasoning is left out, and a refusal is a refusal. A message that has nothing but
reasoning becomes a text inside `THOUGHT`, the mark of a model's reasoning: so the reply is seen to have reasoning, and a draft
in it is not read as the answer.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson

THOUGHT: Final = "<think>{}</think>"

_MAX_NESTED = 8  # parts inside parts
_MAX_REASONING_CHARS = 8_000  # kept for the reader of a row; nothing is read from it

_INNER: Final = ("text", "value", "content", "parts", "json")
_PART_KEYS: Final = frozenset({*_INNER, "role", "index", "id", "thought", "annotations", "logprobs", "cache_control"})
_OTHER_TEXT_TYPES: Final = frozenset({"message", "final", "json"})
_REASONING_FIELDS: Final = (
    "reasoning_content",  # DeepSeek, vLLM, SGLang, llama.cpp
    "reasoning",  # OpenRouter, vLLM, Groq
    "reasoning_details",  # OpenRouter
    "thinking",  # Ollama
    "thinking_blocks",  # LiteLLM
)


class MessageText(NamedTuple):
    """Content of a message: its text, and whether the model declined to answer."""

    text: str
    refused: bool


def message_text(message: Mapping[str, Any]) -> MessageText:
    """The text of a message, a delta, or another object with `content`."""
    content = message.get("content")
    refused = bool(message.get("refusal"))
    if isinstance(content, str):
        if content and not content.isspace():
            return MessageText(content, refused)
        text, thoughts = content, ""
    else:
        kinds = list(_parts(content, _MAX_NESTED))
        text = "".join(part for kind, part in kinds if kind == "text")
        thoughts = "\n".join(part for kind, part in kinds if kind == "thought")
        refused = refused or any(kind == "refusal" for kind, _ in kinds)
    if text.strip():
        return MessageText(text, refused)
    called = _only_arguments(message)
    if called:
        return MessageText(called, refused)
    return MessageText(_as_thought(thoughts or _reasoning(message)) or text, refused)


def _parts(value: Any, nested: int) -> Iterator[tuple[str, str]]:
    """(text, thought or refusal; its text) for each part of content."""
    if value is None or nested == 0:
        return
    if isinstance(value, str):
        yield "text", value
    elif isinstance(value, list):
        for part in value:
            yield from _parts(part, nested - 1)
    elif isinstance(value, dict):
        yield from _object(value, nested)
    else:  # a bare number or boolean: the answer, parsed by the server
        yield "text", _dumped(value)


def _object(part: dict[str, Any], nested: int) -> Iterator[tuple[str, str]]:
    kind = part.get("type")
    if kind == "refusal":
        yield "refusal", str(part.get("refusal") or "")
    elif part.get("thought") is True or (isinstance(kind, str) and _is_reasoning(kind)):
        yield "thought", _reasoning({"reasoning": part})
    elif not isinstance(kind, str) and not _PART_KEYS.issuperset(part):  # the answer, parsed by the server
        yield "text", _dumped(part)
    elif not isinstance(kind, str) or "text" in kind or kind in _OTHER_TEXT_TYPES:
        yield from _parts(next((part[name] for name in _INNER if name in part), None), nested - 1)


def _is_reasoning(kind: str) -> bool:
    word = kind.lower()
    return "think" in word or "reason" in word or "thought" in word or word == "summary_text"


def _only_arguments(message: Mapping[str, Any]) -> str:
    """Arguments of the only function that the message calls.

    Requests never offer functions, so a call is how a server answers in the form of a schema.
    """
    calls = message.get("tool_calls")
    calls = calls if isinstance(calls, list) else []
    calls = [*calls, {"function": message["function_call"]}] if isinstance(message.get("function_call"), dict) else calls
    function = calls[0].get("function") if len(calls) == 1 and isinstance(calls[0], dict) else None
    arguments = function.get("arguments") if isinstance(function, dict) else None
    return arguments if isinstance(arguments, str) else _dumped(arguments) if isinstance(arguments, dict) else ""


def _reasoning(message: Mapping[str, Any]) -> str:
    """The first reasoning of a message; only its beginning, since nothing is read from it."""
    for name in _REASONING_FIELDS:
        pieces = list(_strings(message.get(name), _MAX_NESTED))
        if any(piece.strip() for piece in pieces):
            return "\n".join(pieces)[:_MAX_REASONING_CHARS]
    return ""


def _strings(value: Any, nested: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif nested and isinstance(value, list):
        for item in value:
            yield from _strings(item, nested - 1)
    elif nested and isinstance(value, dict):
        for name in ("text", "thinking", "reasoning", "summary", "content"):
            yield from _strings(value.get(name), nested - 1)


def _as_thought(reasoning: str) -> str:
    return THOUGHT.format(reasoning) if reasoning.strip() else ""


def _dumped(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except (TypeError, orjson.JSONEncodeError):  # keys or numbers that JSON cannot have
        return ""
