"""Checks of every request before it is processed (outages, keys, Azure's api-version), and the bodies of error replies."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from semtel_ops.simulator.bodies import Refused, content_filtered
from semtel_ops.simulator.connection_faults import HangResponse, ResetResponse
from semtel_ops.simulator.fault_kinds import Fault
from semtel_ops.simulator.quota import retry_headers
from semtel_ops.simulator.state import Simulator

_MAX_BODY_BYTES = 64_000_000
# orjson reads 1024 nested levels, but writes only 254.
_MAX_DEPTH = 200

_REFUSALS: dict[Fault, tuple[int, str, str, dict[str, str]]] = {
    Fault.TOO_MANY: (429, "Rate limit reached.", "rate_limit_exceeded", retry_headers(1.0)),
    Fault.TOO_MANY_BARE: (429, "Too many requests.", "rate_limit_exceeded", {}),
    Fault.TOO_MANY_ABSURD: (
        429,
        "Requests have exceeded token rate limit. Please retry after 86400 seconds.",
        "429",
        {"retry-after": "86400"},
    ),
    Fault.SERVER_ERROR: (500, "The server had an error while processing your request.", "server_error", {}),
    Fault.UNAVAILABLE: (503, "The engine is currently overloaded, please try again later.", "overloaded", {}),
}


def check_caller(request: Request, simulator: Simulator) -> Response | None:
    """The response during an outage; None where the request may be processed.

    Raises:
        Refused: an outage with status 503, a wrong key, or no api-version.
    """
    outage = simulator.outage()
    if outage is not None:
        if outage.how == "reset":
            return ResetResponse()
        if outage.how == "hang":
            return HangResponse(simulator.config.hang_s)
        raise Refused(503, "The service is temporarily unavailable.", code="service_unavailable", kind="server_error")
    simulator.check_key(request.headers)
    path = request.scope["path"]
    if path.startswith("/openai/") and not path.startswith("/openai/v1/") and "api-version" not in request.query_params:
        raise Refused(404, "Resource not found: the api-version query parameter is missing.", code="404")
    return None


async def read_json(request: Request) -> dict[str, Any]:
    """The request's body.

    Raises:
        Refused: the body is too large or not a JSON object.
    """
    if int(request.headers.get("content-length") or 0) > _MAX_BODY_BYTES:
        raise Refused(413, f"The request is larger than {_MAX_BODY_BYTES} bytes.", code="request_too_large")
    body = parse_object(await request.body())
    if body is None:
        raise Refused(400, "We could not parse the JSON body of your request.")
    return body


def parse_object(raw: bytes) -> dict[str, Any] | None:
    """A JSON object; None for anything else, and for objects nested so deep that orjson cannot write them."""
    try:
        body = orjson.loads(raw)
        if raw.count(b"[") + raw.count(b"{") > _MAX_DEPTH:
            orjson.dumps(body)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None
    return body if isinstance(body, dict) else None


def refuse(fault: Fault, hang_s: float) -> Response | None:
    """The response of a fault that happens before the model answers; None for faults of the reply.

    Raises:
        Refused: the fault is an error reply.
    """
    if fault is Fault.RESET:
        return ResetResponse()
    if fault is Fault.HANG:
        return HangResponse(hang_s)
    if fault is Fault.CONTENT_FILTER_400:
        raise content_filtered()
    if fault in _REFUSALS:
        status, message, code, headers = _REFUSALS[fault]
        kind = "server_error" if status >= 500 else "requests"
        raise Refused(status, message, code=code, kind=kind, headers=headers)
    return None
