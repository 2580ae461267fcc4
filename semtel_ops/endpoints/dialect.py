"""Variants of the OpenAI request format: servers differ, and their refusals show which parameters they accept."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import orjson

from semtel_ops.endpoints.model import ChatRequest, RequestFrame


class ReplyFormat(IntEnum):
    """Values of `response_format`, from strict to none; after a refusal, the next is used."""

    JSON_SCHEMA = 0
    JSON_OBJECT = 1
    TEXT = 2


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an endpoint is known to accept, learned from its refusals.

    Attributes:
        max_tokens_name: `max_tokens` (most servers) or `max_completion_tokens` (OpenAI's reasoning models).
        sampling: whether temperature and seed are accepted.
    """

    reply_format: ReplyFormat = ReplyFormat.JSON_SCHEMA
    max_tokens_name: str = "max_tokens"
    sampling: bool = True


def after_refusal(dialect: Dialect, message: str) -> Dialect | None:
    """The dialect to try after a 400 whose text names a parameter; None if the error is about something else.

    `message` is the provider's text. Providers name the parameter in it; they agree on little else.
    """
    text = message.lower()
    if any(word in text for word in ("response_format", "json_schema", "json_object", "structured output", "guided_json")):
        if dialect.reply_format is ReplyFormat.TEXT:
            return None
        return replace(dialect, reply_format=ReplyFormat(dialect.reply_format + 1))
    if "max_completion_tokens" in text or ("max_tokens" in text and "not supported" in text):
        # Never back: a server that refuses the newer name too refuses the number of tokens, not the name.
        renamed = dialect.max_tokens_name == "max_completion_tokens"
        return None if renamed else replace(dialect, max_tokens_name="max_completion_tokens")
    if dialect.sampling and ("temperature" in text or "'seed'" in text):
        return replace(dialect, sampling=False)
    return None


class BodyWriter:
    """Writes request bodies for one model and dialect: a frame is serialized once, the text for each request."""

    def __init__(self, model: str, dialect: Dialect, *, service_tier: str | None = None) -> None:
        self.dialect = dialect
        self._service_tier = service_tier
        self._model = model
        self._ends: dict[int, tuple[RequestFrame, bytes, bytes]] = {}

    def write(self, request: ChatRequest) -> bytes:
        """The JSON body. Lone surrogates, which JSON cannot carry, become U+FFFD."""
        cached = self._ends.get(id(request.frame))
        # The cache keeps the frame itself: a new frame could otherwise get the id of a deleted frame.
        if cached is None or cached[0] is not request.frame:
            head, tail = self._around(request.frame)
            cached = self._ends[id(request.frame)] = (request.frame, head, tail)
        _, head, tail = cached
        text = _dumps(request.text)
        if not request.follow_up:
            return b"".join((head, text, b"}", tail))
        follow_up = b"".join(b"," + _dumps({"role": message.role, "content": message.content}) for message in request.follow_up)
        return b"".join((head, text, b"}", follow_up, tail))

    def _around(self, frame: RequestFrame) -> tuple[bytes, bytes]:
        messages = [{"role": message.role, "content": message.content} for message in frame.messages]
        before = b"".join(_dumps(message) + b"," for message in messages)
        head = b'{"model":' + _dumps(self._model) + b',"messages":[' + before + b'{"role":"user","content":'
        options = _dumps(self._options(frame))
        return head, b"]," + options[1:]

    def _options(self, frame: RequestFrame) -> dict[str, Any]:
        options: dict[str, Any] = {self.dialect.max_tokens_name: frame.max_output_tokens}
        if self._service_tier is not None:
            options["service_tier"] = self._service_tier
        if self.dialect.sampling:
            if frame.temperature is not None:
                options["temperature"] = frame.temperature
            if frame.seed is not None:
                options["seed"] = frame.seed
        if frame.schema is not None and self.dialect.reply_format is ReplyFormat.JSON_SCHEMA:
            schema = {"name": frame.schema_name, "strict": True, "schema": frame.schema}
            options["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif frame.schema is not None and self.dialect.reply_format is ReplyFormat.JSON_OBJECT:
            options["response_format"] = {"type": "json_object"}
        return options


def _dumps(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        return orjson.dumps(_well_formed(value))


def _well_formed(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_well_formed(key): _well_formed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_well_formed(item) for item in value]
    return value
