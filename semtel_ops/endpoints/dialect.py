"""Variants of the OpenAI request format: servers differ, and their refusals show which parameters they accept."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import orjson

from semtel_ops.endpoints.lenient_json import well_formed
from semtel_ops.endpoints.model import ChatRequest, RequestFrame
from semtel_ops.endpoints.reasoning import UNSET, Reasoning
from semtel_ops.endpoints.refusal.parameters import (
    MAX_COMPLETION_TOKENS,
    MAX_TOKENS,
    REASONING_EFFORT,
    RESPONSE_FORMAT,
    SEED,
    SYSTEM_ROLE,
    TEMPERATURE,
)
from semtel_ops.errors import EndpointError, EndpointErrorKind


class ReplyFormat(IntEnum):
    """Values of `response_format`, from strict to none; after a refusal, the next is used."""

    JSON_SCHEMA = 0
    JSON_OBJECT_SCHEMA = 1  # with the schema in it: llama.cpp, Together, Fireworks, SGLang
    JSON_OBJECT = 2
    TEXT = 3


_TEXT_BEGINS = b"\\n\\n"
"""How a head ends in which the text of the request has begun."""
_TOKENS_NAMES = (MAX_TOKENS, MAX_COMPLETION_TOKENS)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an endpoint is known to accept, learned from its refusals.

    Attributes:
        max_tokens_name: `max_tokens` (most servers) or `max_completion_tokens` (OpenAI's reasoning models).
        temperature, seed, reasoning_effort: whether the parameter is accepted.
        system_role: whether there may be system messages; otherwise, the first user message begins with them.
    """

    reply_format: ReplyFormat = ReplyFormat.JSON_SCHEMA
    max_tokens_name: str = MAX_TOKENS
    temperature: bool = True
    seed: bool = True
    system_role: bool = True
    reasoning_effort: bool = True

    def __str__(self) -> str:
        """The form of a request in words, for messages."""
        reply = f"reply format {self.reply_format.name.lower()}"
        omitted = [name for name, kept in self._accepted().items() if not kept]
        return f"{reply}, {self.max_tokens_name}" + "".join(f", no {name}" for name in omitted)

    def _accepted(self) -> dict[str, bool]:
        return {
            TEMPERATURE: self.temperature,
            SEED: self.seed,
            SYSTEM_ROLE: self.system_role,
            REASONING_EFFORT: self.reasoning_effort,
        }

    def joined(self, other: "Dialect") -> "Dialect":
        """What both dialects have learned."""
        return Dialect(
            max(self.reply_format, other.reply_format),
            MAX_COMPLETION_TOKENS if MAX_COMPLETION_TOKENS in {self.max_tokens_name, other.max_tokens_name} else MAX_TOKENS,
            self.temperature and other.temperature,
            self.seed and other.seed,
            self.system_role and other.system_role,
            self.reasoning_effort and other.reasoning_effort,
        )


def after_refusal(dialect: Dialect, error: EndpointError) -> Dialect | None:
    """The dialect to try after a refusal that names parameters; None if the error is about something else.

    Only what is named changes. The caller must not try a dialect twice for a request: a server may refuse both names of
    `max_tokens`.
    """
    if error.kind is not EndpointErrorKind.UNSUPPORTED:
        return None
    changed = dialect
    if RESPONSE_FORMAT in error.params and dialect.reply_format is not ReplyFormat.TEXT:
        changed = replace(changed, reply_format=ReplyFormat(dialect.reply_format + 1))
    if not {MAX_TOKENS, MAX_COMPLETION_TOKENS}.isdisjoint(error.params):
        (other,) = (name for name in _TOKENS_NAMES if name != dialect.max_tokens_name)
        changed = replace(changed, max_tokens_name=other)
    if TEMPERATURE in error.params:
        changed = replace(changed, temperature=False)
    if SEED in error.params:
        changed = replace(changed, seed=False)
    if SYSTEM_ROLE in error.params:
        changed = replace(changed, system_role=False)
    if REASONING_EFFORT in error.params:
        changed = replace(changed, reasoning_effort=False)
    return None if changed == dialect else changed


class BodyWriter:
    """Writes request bodies for one model and dialect: a frame is serialized once, the text for each request."""

    def __init__(self, model: str, dialect: Dialect, *, service_tier: str | None = None, reasoning: Reasoning = UNSET) -> None:
        self.dialect = dialect
        self._reasoning = reasoning
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
        if head.endswith(_TEXT_BEGINS):
            text = text[1:]
        if not request.follow_up:
            return b"".join((head, text, b"}", tail))
        follow_up = b"".join(b"," + _dumps({"role": message.role, "content": message.content}) for message in request.follow_up)
        return b"".join((head, text, b"}", follow_up, tail))

    def _around(self, frame: RequestFrame) -> tuple[bytes, bytes]:
        messages = [{"role": message.role, "content": message.content} for message in frame.messages]
        opening = b"" if self.dialect.system_role else _fold_system(messages)
        before = b"".join(_dumps(message) + b"," for message in messages)
        head = b'{"model":' + _dumps(self._model) + b',"messages":[' + before + b'{"role":"user","content":' + opening
        options = _dumps(self._options(frame))
        return head, b"]," + options[1:]

    def _options(self, frame: RequestFrame) -> dict[str, Any]:
        room = self._reasoning.room_tokens(frame.reasoning_effort)
        options: dict[str, Any] = {self.dialect.max_tokens_name: frame.max_output_tokens + room}
        effort = self._reasoning.effort_of(frame.reasoning_effort)
        if self.dialect.reasoning_effort and effort is not None:
            options[REASONING_EFFORT] = effort.value
        if self._service_tier is not None:
            options["service_tier"] = self._service_tier
        if self.dialect.temperature and frame.temperature is not None:
            options["temperature"] = frame.temperature
        if self.dialect.seed and frame.seed is not None:
            options["seed"] = frame.seed
        if frame.schema is not None and self.dialect.reply_format is not ReplyFormat.TEXT:
            options["response_format"] = self._response_format(frame)
        return options

    def _response_format(self, frame: RequestFrame) -> dict[str, Any]:
        match self.dialect.reply_format:
            case ReplyFormat.JSON_SCHEMA:
                schema = {"name": frame.schema_name, "strict": True, "schema": frame.schema}
                return {"type": "json_schema", "json_schema": schema}
            case ReplyFormat.JSON_OBJECT_SCHEMA:
                return {"type": "json_object", "schema": frame.schema}
            case _:
                return {"type": "json_object"}


def _fold_system(messages: list[dict[str, str]]) -> bytes:
    """Move system messages into the first user message; returns the beginning of the request's text, in JSON, if that is it."""
    instructions = "".join(f"{message['content']}\n\n" for message in messages if message["role"] == "system")
    messages[:] = [message for message in messages if message["role"] != "system"]
    first = next((message for message in messages if message["role"] == "user"), None)
    if first is not None:
        first["content"] = instructions + first["content"]
        return b""
    return _dumps(instructions)[:-1] if instructions else b""


def _dumps(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        return orjson.dumps(well_formed(value))
