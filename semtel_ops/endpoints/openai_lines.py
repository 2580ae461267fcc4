"""Batch lines of OpenAI and Azure: an input line is an HTTP request in JSON, a result line the response.

The body of an input line is the body that the realtime lane sends. Compatible servers write result lines of many shapes: body
or response as JSON text, a response without a status, a completion in the place of the response, an error beside, inside or
instead of it, an error under status 200 or 0.
"""

import json
from collections.abc import Mapping
from typing import Any

from semtel_ops.endpoints.batch_client import JobLine, NeverAsked, ResultLine
from semtel_ops.endpoints.completion import parse_completion
from semtel_ops.endpoints.dialect import BodyWriter, Dialect, after_refusal
from semtel_ops.endpoints.lenient_json import read_json
from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint, Lane
from semtel_ops.endpoints.reasoning import UNSET, Reasoning
from semtel_ops.endpoints.refusal import error_from_response
from semtel_ops.errors import EndpointError, EndpointErrorKind

_HEAD = b'{"custom_id":"'
# Azure uses /v1 here too, though not where a job is created.
_MIDDLE = b'","method":"POST","url":"/v1/chat/completions","body":'
_TAIL = b"}\n"
_MOST_CHARS = 400
_KEYS = ("custom_id", "customId", "custom-id", "CustomId", "customid", "key", "recordId")
_RESPONSES = ("response", "result", "output", "modelOutput", "data")
_COMPLETIONS = ("choices", "candidates", "content", "message")
_STATUSES = ("status_code", "statusCode", "status")
_NEVER_ASKED = {
    **{reason.value: reason for reason in NeverAsked},
    "batch_canceled": NeverAsked.CANCELLED,
    # The types of a result of Anthropic's.
    "expired": NeverAsked.EXPIRED,
    "canceled": NeverAsked.CANCELLED,
}
_STATUS_OF = {
    "rate_limit_exceeded": 429, "rate_limit_error": 429, "too_many_requests": 429, "insufficient_quota": 429,
    "request_timeout": 408, "timeout": 408, "timeout_error": 408,
    "server_error": 500, "internal_server_error": 500, "internal_error": 500, "api_error": 500,
    "overloaded": 503, "overloaded_error": 503, "service_unavailable": 503,
    "invalid_api_key": 401, "authentication_error": 401, "payment_required": 402, "billing_error": 402,
    "permission_error": 403, "model_not_found": 404, "not_found_error": 404, "deploymentnotfound": 404,
}  # fmt: skip
"""The HTTP status that a code stands for, for lines that have an error without a status."""


class OpenAILineWriter:
    """Writes lines for one model and dialect."""

    def __init__(self, model: str, dialect: Dialect, reasoning: Reasoning) -> None:
        self._bodies = BodyWriter(model, dialect, reasoning=reasoning)

    def write(self, key: str, request: ChatRequest) -> JobLine:
        body = self._bodies.write(request)
        return JobLine(b"".join((_HEAD, key.encode(), _MIDDLE, body, _TAIL)), len(body))


class OpenAILines:
    """`JobLines` of OpenAI's batch API."""

    def writer(self, model: str, dialect: Dialect, reasoning: Reasoning = UNSET) -> OpenAILineWriter:
        return OpenAILineWriter(model, dialect, reasoning)

    def read(self, line: Mapping[str, Any], endpoint: Endpoint) -> ResultLine:
        return ResultLine(_key(line), _answer(line, endpoint))

    def after_refusal(self, dialect: Dialect, error: EndpointError) -> Dialect | None:
        return after_refusal(dialect, error)


def _key(line: Mapping[str, Any]) -> str | None:
    asked = line.get("request")
    places = (line, asked) if isinstance(asked, dict) else (line,)
    value = next((place[name] for place in places for name in _KEYS if place.get(name) is not None), None)
    return value.strip() if isinstance(value, str) else None


def _answer(line: Mapping[str, Any], endpoint: Endpoint) -> ChatReply | EndpointError | NeverAsked:
    response = _response(line)
    # Fireworks, Gemini, Anthropic and Bedrock have the completion in the place of the response.
    whole = response if any(name in response for name in _COMPLETIONS) else None
    body = _parsed(response.get("body", whole))
    if isinstance(body, dict) and "choices" not in body and body.get("type") == "succeeded":  # Anthropic
        body = body.get("message")
    status = _status(response)
    if isinstance(body, dict) and (status is None or status < 300):
        reply = parse_completion(body, endpoint, lane=Lane.BATCH)
        if reply is not None:
            return reply
        if body.get("choices"):
            return _malformed(endpoint, "its body is not a chat completion")
    error = _error(line, response, body)
    code = _code(error) or _code(response)
    if code in _NEVER_ASKED:
        return _NEVER_ASKED[code]
    if status is not None and status >= 400:
        return _refusal(endpoint, status, body if isinstance(body, dict | list) and body else error)
    if error is None:
        return _malformed(endpoint, f"its status is {status!r}, and it has neither a completion nor an error")
    refusal = _refusal(endpoint, _status_of(error, code), error)
    # A guessed status: without words that classify the error, another try may succeed.
    return _malformed(endpoint, str(refusal)) if refusal.kind is EndpointErrorKind.BAD_REQUEST else refusal


def _response(line: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object with status and body; the line itself where a server left the envelope out."""
    for name in _RESPONSES:
        response = _parsed(line.get(name))
        if isinstance(response, dict):
            inner = response.get("response")
            return inner if isinstance(inner, dict) else response
        if isinstance(response, str):
            return {"body": response}
    return line if any(name in line for name in ("choices", "body", *_STATUSES)) else {"body": None}


def _parsed(value: Any) -> Any:
    """The value that JSON in a text stands for; any other value as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        parsed = read_json(value)
        return value if parsed is None else parsed
    return value


def _status(response: Mapping[str, Any]) -> int | None:
    """The HTTP status; None if there is none. Providers have sent 0, texts and floats."""
    value = next((response[name] for name in _STATUSES if response.get(name) is not None), None)
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 8:
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 100 <= value < 600:
        return int(value)
    return None


def _error(line: Mapping[str, Any], response: Mapping[str, Any], body: Any) -> Any:
    """The error of a line, as an object or a text; None if it has none. `{}`, as some servers send it, is none."""
    inside = body.get("error") if isinstance(body, dict) else body if isinstance(body, str) else None
    said = next((found for found in map(_parsed, (inside, response.get("error"), line.get("error"))) if found), None)
    return said[0] if isinstance(said, list) else said


def _code(error: Any) -> str:
    if not isinstance(error, dict):
        return ""
    return next((str(error[name]).lower() for name in ("code", "type") if isinstance(error.get(name), str | int)), "")


def _status_of(error: Any, code: str) -> int:
    if code.isdecimal() and 400 <= int(code[:4]) < 600:
        return int(code[:4])
    kind = str(error.get("type") or "").lower() if isinstance(error, dict) else ""
    return _STATUS_OF.get(code) or _STATUS_OF.get(kind, 400)


def _refusal(endpoint: Endpoint, status: int, error: Any) -> EndpointError:
    whole = {"error": {"message": error}} if isinstance(error, str) else error or {}
    return error_from_response(endpoint.name, status, {}, json.dumps(whole).encode("utf-8", "replace"))


def _malformed(endpoint: Endpoint, reason: str) -> EndpointError:
    return EndpointError(
        f"{endpoint.name}: a result line cannot be read: {reason}"[:_MOST_CHARS], kind=EndpointErrorKind.MALFORMED
    )
