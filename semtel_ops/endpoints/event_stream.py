"""Reads an event stream as the completion that its events add up to: some servers stream without being asked to.

Events are server-sent events, or objects one a line (Ollama); comments that keep a connection open are skipped.
"""

from typing import Any

from semtel_ops.endpoints.lenient_json import read_json

_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")


def is_event_stream(raw: bytes) -> bool:
    """Whether a body begins like server-sent events: a field, or a comment that keeps the connection open."""
    return raw[:1_000].lstrip().startswith((b"data:", b"event:", b"id:", b"retry:", b": "))


def completion_of(raw: bytes) -> dict[str, Any] | None:
    """The completion of an event stream, or the error that ended it; None if the stream ends in the middle."""
    whole: dict[str, Any] = {}
    message: dict[str, Any] = {"role": "assistant"}
    finish_reason, done = None, False
    parts: list[Any] = []
    for line in raw.splitlines():
        if not line.startswith((b"data:", b"{")):
            continue
        data = line.removeprefix(b"data:").strip()
        if data == b"[DONE]":
            done = True
            break
        event = read_json(data)
        if not isinstance(event, dict):
            continue
        if event.get("error"):
            return event
        choice = _first_choice(event)
        if isinstance(choice.get("message"), dict):
            return event
        whole = {**whole, **{key: value for key, value in event.items() if value is not None and key != "choices"}}
        delta = choice.get("delta")
        if isinstance(delta, dict) and isinstance(delta.get("content"), list):
            parts.extend(delta["content"])
        for name in _TEXTS:
            if isinstance(delta, dict) and isinstance(delta.get(name), str):
                message[name] = message.get(name, "") + delta[name]
        finish_reason = choice.get("finish_reason") or finish_reason
    if parts:
        message["content"] = parts
    if finish_reason is None and not (done and len(message) > 1):
        return None
    return {**whole, "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}]}


def _first_choice(event: dict[str, Any]) -> dict[str, Any]:
    choices = event.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if choice is None and isinstance(event.get("message"), dict) and "done" in event:  # Ollama
        return {"delta": event["message"], "finish_reason": (event.get("done_reason") or "stop") if event["done"] else None}
    return choice if isinstance(choice, dict) else {}
