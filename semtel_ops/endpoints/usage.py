"""Tokens of a reply: as the provider counts them, where its counts are plausible, or else our estimate."""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final, NamedTuple

from semtel_ops.endpoints.model import ChatReply, ChatRequest, RequestFrame
from semtel_ops.tokens import TiktokenCounter

MAX_TOKENS: Final = 10_000_000
"""More than any model takes or gives: a larger number is no count."""

_MESSAGE_TOKENS: Final = 4
"""What a chat format adds to a message."""

_INPUT: Final = (
    "prompt_tokens",  # OpenAI
    "input_tokens",  # Anthropic, OpenAI Responses
    "promptTokenCount",  # Gemini
    "prompt_eval_count",  # Ollama
    "inputTokens",  # Bedrock
)
_OUTPUT: Final = (
    "completion_tokens",  # OpenAI
    "output_tokens",  # Anthropic, OpenAI Responses
    "candidatesTokenCount",  # Gemini
    "eval_count",  # Ollama
    "outputTokens",  # Bedrock
    "generated_tokens",  # TGI
)
_DETAILS: Final = ("completion_tokens_details", "output_tokens_details")
"""Where OpenAI's chat completions and Responses, and servers like them, have `reasoning_tokens`."""
_THOUGHTS: Final = ("reasoning_tokens", "thoughtsTokenCount")  # OpenAI; Gemini
_TOTAL: Final = ("total_tokens", "totalTokenCount", "totalTokens")


class Usage(NamedTuple):
    """Tokens of a request and its reply; None: the provider gives no plausible count.

    `reasoning_tokens` are those of `output_tokens` that are thoughts.
    """

    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None = None


def read_usage(*places: Any) -> Usage:
    """The counts in the first of the places that has any; a total tells what is missing beside another count."""
    for place in places:
        if not isinstance(place, dict):
            continue
        asked, answered = place.get("prompt_tokens"), place.get("completion_tokens")
        plain = type(asked) is int and type(answered) is int and 0 < asked <= MAX_TOKENS and 0 < answered <= MAX_TOKENS
        if plain and place.get(_DETAILS[0]) is None:
            return Usage(asked, answered)  # nearly every reply of a model that does not reason
        asked, answered, total = _first(place, _INPUT), _first(place, _OUTPUT), _first(place, _TOTAL)
        thoughts = _thoughts(place)
        if thoughts and answered is not None and asked is not None and total == asked + answered + thoughts:
            answered += thoughts  # Gemini and xAI count thoughts beside the answer, and bill both
        if total is not None and answered is not None and asked is None:
            asked = max(total - answered, 0)
        if total is not None and asked is not None and answered is None:
            answered = max(total - asked, 0)
        if answered is not None and thoughts is not None:
            thoughts = min(thoughts, answered)
        if asked:  # no prompt is empty: gateways that do not know the count send 0
            return Usage(asked, answered, thoughts)
        if answered:
            return Usage(None, answered, thoughts)
    return Usage(None, None)


def with_estimate(reply: ChatReply, request: ChatRequest) -> ChatReply:
    """The reply with our own count of the tokens that its provider did not count."""
    if not reply.usage_estimated or reply.input_tokens:
        return reply
    return replace(reply, input_tokens=prompt_tokens(request))


def prompt_tokens(request: ChatRequest) -> int:
    """Our own count of a request's tokens, near the provider's for models with a similar tokenizer."""
    texts = [request.text, *(message.content for message in request.follow_up)]
    return _frame_tokens(request.frame) + sum(reply_tokens(text) + _MESSAGE_TOKENS for text in texts)


def reply_tokens(text: str) -> int:
    """Our own count of a text's tokens."""
    return _counter().count(text) if text else 0


@cache
def _counter() -> TiktokenCounter:
    return TiktokenCounter()


@cache
def _frame_tokens(frame: RequestFrame) -> int:
    texts = [*(message.content for message in frame.messages), "" if frame.schema is None else str(frame.schema)]
    return sum(reply_tokens(text) + _MESSAGE_TOKENS for text in texts)


def _thoughts(place: Mapping[str, Any]) -> int | None:
    """Tokens of thought, in the details of a usage or beside its other counts."""
    details = next((place[name] for name in _DETAILS if isinstance(place.get(name), dict)), place)
    return _first(details, _THOUGHTS)


def _first(place: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    return next((count for name in names if (count := _count(place.get(name))) is not None), None)


def _count(value: Any) -> int | None:
    """The value as a count of tokens; None for what cannot be one."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(MAX_TOKENS)):
        value = int(value)
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= MAX_TOKENS else None
