"""Batch lines of OpenAI and Azure: an input line is an HTTP request in JSON, a result line the response.

The body of an input line is the body that the realtime lane sends.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from semtel_ops.endpoints.batch_client import JobLine, NeverAsked, ResultLine
from semtel_ops.endpoints.completion import parse_completion
from semtel_ops.endpoints.dialect import BodyWriter, Dialect, after_refusal
from semtel_ops.endpoints.lenient_json import read_json
from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint, Lane
from semtel_ops.endpoints.refusal import error_from_response, has_error
from semtel_ops.errors import EndpointError, EndpointErrorKind

_HEAD = b'{"custom_id":"'
# Azure uses /v1 here too, though not where a job is created.
_MIDDLE = b'","method":"POST","url":"/v1/chat/completions","body":'
_TAIL = b"}\n"
_NEVER_ASKED = frozenset(NeverAsked)


class OpenAILineWriter:
    """Writes lines for one model and dialect."""

    def __init__(self, model: str, dialect: Dialect) -> None:
        self._bodies = BodyWriter(model, dialect)

    def write(self, key: str, request: ChatRequest) -> JobLine:
        body = self._bodies.write(request)
        return JobLine(b"".join((_HEAD, key.encode(), _MIDDLE, body, _TAIL)), len(body))


class OpenAILines:
    """`JobLines` of OpenAI's batch API."""

    def writer(self, model: str, dialect: Dialect) -> OpenAILineWriter:
        return OpenAILineWriter(model, dialect)

    def read(self, line: Mapping[str, Any], endpoint: Endpoint) -> ResultLine:
        custom_id = line.get("custom_id")
        return ResultLine(custom_id if isinstance(custom_id, str) else None, _answer(line, endpoint))

    def after_refusal(self, dialect: Dialect, error: EndpointError) -> Dialect | None:
        return after_refusal(dialect, error)


def _answer(line: Mapping[str, Any], endpoint: Endpoint) -> ChatReply | EndpointError | NeverAsked:
    error, response = line.get("error"), line.get("response")
    status = response.get("status_code") if isinstance(response, dict) else None
    body = response.get("body") if isinstance(response, dict) else None
    if isinstance(body, str) and (parsed := read_json(body)) is not None:
        body = parsed
    if status == 200:
        reply = parse_completion(body, endpoint, lane=Lane.BATCH)
        if reply is not None:
            return reply
        if not has_error(body):
            return _malformed(endpoint, "its body is not a chat completion")
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, str) and code in _NEVER_ASKED:
        return NeverAsked(code)
    if not isinstance(status, int) or (status < 400 and status != 200):
        return _malformed(endpoint, f"its status is {status!r}")  # providers have sent 0
    return error_from_response(endpoint.name, status, {}, orjson.dumps(body or {"error": error}))


def _malformed(endpoint: Endpoint, reason: str) -> EndpointError:
    return EndpointError(f"{endpoint.name}: a result line cannot be read: {reason}", kind=EndpointErrorKind.MALFORMED)
