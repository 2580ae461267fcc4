"""Reads the JSON of a completion as a reply, in the forms in which servers send it.

Besides chat completions: legacy completions, answers in a `delta`, OpenAI's Responses, and replies in the formats of Ollama,
Anthropic, Gemini, Cohere and TGI, which gateways pass on unchanged. What is not understood is no reply, rather than an empty
one.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from semtel_ops.endpoints.finish_reasons import finish_reason
from semtel_ops.endpoints.flex import FLEX
from semtel_ops.endpoints.lenient_json import read_json
from semtel_ops.endpoints.message_text import MessageText, message_text
from semtel_ops.endpoints.model import ChatReply, Endpoint, FinishReason, Lane, RateLimits
from semtel_ops.endpoints.refusal import error_from_response, has_error
from semtel_ops.endpoints.usage import read_usage, reply_tokens
from semtel_ops.errors import EndpointError, EndpointErrorKind

MAX_TEXT_CHARS: Final = 100_000
"""Longer texts are cut: no answer is that long, and whoever reads the text rejects it for its length."""

_NAME = re.compile(r"[\w.:/@+#~()\-]{1,200}", re.ASCII)
_WORD_CHARS: Final = 4  # shorter names occur in many texts by chance, and quote nothing
_MESSAGES: Final = b'"messages"'
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_FINISHES: Final = ("finish_reason", "native_finish_reason", "stop_reason", "done_reason")
_BAD_GATEWAY = 502
_MAX_CHOICES = 20
_ENVELOPES: Final = ("data", "result", "response", "body")


def parse_completion(
    data: Any,
    endpoint: Endpoint,
    *,
    lane: Lane | None = None,
    latency_s: float = 0.0,
    rate_limits: RateLimits | None = None,
    sent: bytes = b"",
) -> ChatReply | EndpointError | None:
    """Parse the JSON of a completion; never raises.

    Returns the reply; an error if the completion says that the provider failed or withheld its reply; None if the JSON is not a
    completion.

    Args:
        lane: by whose price the reply is billed. None: by the tier that the reply names, or else the tier that was requested.
        sent: the body of the request, if known: an error inside the completion must not repeat it.
    """
    data = _unwrapped(data)
    if not isinstance(data, dict):
        return None
    choice = _choice(data)
    if choice is None:
        return None if has_error(data) else _withheld(data, endpoint)
    finish = finish_reason([choice[name] for name in _FINISHES if name in choice])
    error = choice.get("error") or data.get("error")
    if finish is None or (error and finish in {FinishReason.OTHER, FinishReason.LENGTH}):
        return _failure(error, endpoint, sent)
    content = _content(choice, finish)
    if content is None:
        return _withheld(data, endpoint) if choice.get("message", "") is None else None
    if lane is None:
        lane = Lane.FLEX if (data.get("service_tier") or endpoint.service_tier) == FLEX else Lane.REALTIME
    text = _storable(content.text)
    asked, answered, thoughts = read_usage(data.get("usage"), choice.get("usage"), data.get("usageMetadata"), data)
    if not answered and text:
        answered = None
    return ChatReply(
        text=text,
        finish_reason=FinishReason.REFUSAL if content.refused else finish,
        model=_name(data, "model", endpoint, sent) or _name(data, "modelVersion", endpoint, sent) or endpoint.model,
        input_tokens=asked or 0,
        output_tokens=reply_tokens(text) if answered is None else answered,
        latency_s=latency_s,
        rate_limits=rate_limits,
        lane=lane,
        usage_estimated=asked is None or answered is None,
        system_fingerprint=_name(data, "system_fingerprint", endpoint, sent),
        reasoning_tokens=thoughts,
    )


def _name(data: Mapping[str, Any], key: str, endpoint: Endpoint, sent: bytes) -> str | None:
    """A name without spaces, of at most 200 characters; None where there is none, or where it repeats what was asked.

    Names are kept and shown, so a server must not bring words of a conversation into them.
    """
    value = data.get(key)
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        return None
    if value == endpoint.model or len(value) < _WORD_CHARS:
        return value
    return value if sent.find(value.encode(), sent.find(_MESSAGES)) < 0 else None


def _unwrapped(data: Any) -> Any:
    """The completion in what some gateways put around it: JSON in a text, a list with one element, or an envelope."""
    if isinstance(data, str) and data.lstrip().startswith("{"):
        data = read_json(data)
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if isinstance(data, dict) and not data.get("choices"):
        inner = (data.get(name) for name in _ENVELOPES)
        return next((value for value in inner if isinstance(value, dict) and value.get("choices")), data)
    return data


def _choice(data: dict[str, Any]) -> dict[str, Any] | None:
    """The object with the answer: the first choice, or what other APIs have in its place; empty for a blocked prompt."""
    choices = data.get("choices")
    if isinstance(choices, list) and choices:
        # One completion was asked for: of several choices, the first that says anything.
        said = (choice for choice in choices[:_MAX_CHOICES] if isinstance(choice, dict) and _says(choice))
        choice = choices[0] if len(choices) == 1 else next(said, choices[0])
        return choice if isinstance(choice, dict) else None
    output = data.get("output")
    if isinstance(output, list) and output:  # OpenAI's Responses
        incomplete = data.get("incomplete_details")
        reason = incomplete.get("reason") if isinstance(incomplete, dict) else None
        return {"message": {"content": output}, "finish_reason": reason or data.get("status"), "error": data.get("error")}
    if isinstance(data.get("message"), dict) and ("done" in data or "finish_reason" in data):  # Ollama's /api/chat; Cohere
        return data
    if data.get("role") == "assistant" and "content" in data:  # Anthropic
        return {"message": data, "finish_reason": data.get("stop_reason")}
    candidates = data.get("candidates")
    if isinstance(candidates, list) and candidates and isinstance(candidates[0], dict):  # Gemini
        return {"message": candidates[0], "finish_reason": candidates[0].get("finishReason")}
    if isinstance(data.get("generated_text"), str):  # TGI
        return {"text": data["generated_text"], "finish_reason": FinishReason.STOP.value}
    return {"message": {}, "finish_reason": FinishReason.CONTENT_FILTER.value} if _is_blocked(data) else None


def _says(choice: dict[str, Any]) -> bool:
    message = choice.get("message")
    return bool(message.get("content") if isinstance(message, dict) else choice.get("text"))


def _content(choice: dict[str, Any], finish: FinishReason) -> MessageText | None:
    """The text of a choice; None where it has none, unless it says why."""
    for name in ("message", "delta"):
        if isinstance(choice.get(name), dict):
            return message_text(choice[name])
    if isinstance(choice.get("text"), str):
        return MessageText(choice["text"], refused=False)
    empty = finish in {FinishReason.CONTENT_FILTER, FinishReason.REFUSAL} and choice.get("message") is None
    return MessageText("", refused=False) if empty else None


def _withheld(data: Mapping[str, Any], endpoint: Endpoint) -> EndpointError | None:
    """The error for a completion without a message; None for what is no completion at all."""
    if "choices" not in data or not any(data.get(name) for name in ("id", "object", "model", "usage", "created")):
        return None
    return EndpointError(
        f"{endpoint.name}: the completion has no message: the provider withheld its reply",
        kind=EndpointErrorKind.WITHHELD,
        status=200,
    )


def _is_blocked(data: Mapping[str, Any]) -> bool:
    for name in ("promptFeedback", "prompt_feedback"):  # Gemini
        feedback = data.get(name)
        if isinstance(feedback, dict) and (feedback.get("blockReason") or feedback.get("block_reason")):
            return True
    if data.get("input_sensitive") is True or data.get("output_sensitive") is True:  # MiniMax
        return True
    results = data.get("prompt_filter_results")  # Azure
    return isinstance(results, list) and any(map(_is_filtered, results))


def _is_filtered(result: Any) -> bool:
    verdicts = result.get("content_filter_results") if isinstance(result, dict) else None
    values = verdicts.values() if isinstance(verdicts, dict) else ()
    return any(isinstance(verdict, dict) and verdict.get("filtered") is True for verdict in values)


def _failure(error: Any, endpoint: Endpoint, sent: bytes) -> EndpointError:
    """The error inside a completion, classified as the same error with an HTTP status would be."""
    error = error if isinstance(error, dict) else {"message": error if isinstance(error, str) else "finish_reason: error"}
    code = error.get("code")
    status = code if type(code) is int and 400 <= code < 600 else _BAD_GATEWAY
    try:
        raw = orjson.dumps({"error": error})
    except (TypeError, orjson.JSONEncodeError):
        raw = b"{}"
    return error_from_response(endpoint.name, status, {}, raw, sent=sent)


def _storable(text: str) -> str:
    """The text, cut to `MAX_TEXT_CHARS`, with U+FFFD for characters that Parquet or a database refuses: surrogates and NUL."""
    if len(text) > MAX_TEXT_CHARS:
        text = text[:MAX_TEXT_CHARS]
    if text.isascii() and "\x00" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)
