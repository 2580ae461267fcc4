"""Responses of the page: JSON, charts and files with their security headers, and errors as one line."""

import logging
from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException

from semtel_airflow.page.params import problem_of
from semtel_ops.errors import ConfigError, SemtelError
from semtel_ops.page import NotThereError

log = logging.getLogger(__name__)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
"""No inline script or style, nothing from other hosts, and no frame but Airflow's own."""

REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
)
"""For a report, which is one file with inline style and without scripts."""

HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Content-Security-Policy": POLICY}
ASK_AGAIN = "private, no-cache"
NEVER_KEEP = "no-store"


def json_answer(value: Any, *, keep: str = ASK_AGAIN, status: int = 200) -> Response:
    """A value as JSON: datetimes in UTC with their zone, no NaN."""
    body = orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)
    return Response(body, status, media_type="application/json", headers={**HEADERS, "Cache-Control": keep})


def tagged(request: Request, tag: str) -> Response | None:
    """`304 Not Modified` if the browser already has this version, else None."""
    known_tags = {text.strip().removeprefix("W/") for text in request.headers.get("if-none-match", "").split(",")}
    if f'"{tag}"' not in known_tags:
        return None
    return Response(status_code=304, headers={**HEADERS, "ETag": f'"{tag}"', "Cache-Control": ASK_AGAIN})


def file_answer(body: bytes | str, media_type: str, tag: str, policy: str = POLICY) -> Response:
    headers = {**HEADERS, "Content-Security-Policy": policy, "ETag": f'"{tag}"', "Cache-Control": ASK_AGAIN}
    return Response(body, media_type=media_type, headers=headers)


def now() -> datetime:
    return datetime.now(UTC)


def add_error_handlers(app: FastAPI) -> None:
    """Answer errors with `{"error": "one sentence"}`; details that only an administrator can act on go to the log."""

    @app.exception_handler(RequestValidationError)
    def _invalid_request(request: Request, error: RequestValidationError) -> Response:
        return json_answer({"error": problem_of(request, error.errors())}, keep=NEVER_KEEP, status=400)

    @app.exception_handler(StarletteHTTPException)
    def _refused(_request: Request, error: HTTPException) -> Response:
        return json_answer({"error": str(error.detail)}, keep=NEVER_KEEP, status=error.status_code)

    @app.exception_handler(NotThereError)
    def _not_found(_request: Request, error: NotThereError) -> Response:
        return json_answer({"error": str(error)}, keep=NEVER_KEEP, status=404)

    @app.exception_handler(SemtelError)
    def _unavailable(_request: Request, error: SemtelError) -> Response:
        log.error("the page cannot be shown: %s", error)
        what = "a setting is invalid" if isinstance(error, ConfigError) else "the ledger or the lake cannot be read"
        return json_answer({"error": f"{what}; see the API server's log"}, keep=NEVER_KEEP, status=503)

    @app.exception_handler(Exception)
    def _unexpected(_request: Request, error: Exception) -> Response:
        log.error("the page failed", exc_info=error)
        return json_answer({"error": "this view failed; see the API server's log"}, keep=NEVER_KEEP, status=500)
