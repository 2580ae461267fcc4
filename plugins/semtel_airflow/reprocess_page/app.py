"""The form's routes. Values from the address are shown escaped, and nothing of them is ever run or kept."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from airflow.sdk import Param
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from jinja2 import Template
from markupsafe import Markup, escape

from semtel_airflow.reprocess_form import reprocess_params
from semtel_ops.report.html import html_templates
from semtel_ops.report.links import REPROCESS_DAG

STATIC = Path(__file__).resolve().parent / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; "
    "frame-ancestors 'self'; base-uri 'none'"
)
TITLE = "Reprocess weeks"
LONGEST = 4096
"""Characters of a value that are shown; the form's own fields are bounded likewise."""


async def ask_to_sign_in(request: Request, error: HTTPException) -> Response:
    """Whoever follows a link from a chat without being signed in signs in first, and then comes back here."""
    if error.status_code == 401 and "text/html" in request.headers.get("accept", ""):
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"../api/v2/auth/login?next={quote(back, safe='')}", status_code=303)
    return await http_exception_handler(request, error)


def form_app(title: str, dag_id: str, params: Callable[[], Mapping[str, Param]]) -> FastAPI:
    """The application of a form that triggers a DAG.

    Args:
        params: the fields of the DAG.
    """
    may_trigger = Depends(requires_access_dag("POST", DagAccessEntity.RUN, param_dag_id=dag_id))
    made = FastAPI(title=title, docs_url=None, redoc_url=None, openapi_url=None, dependencies=[may_trigger])
    made.exception_handler(HTTPException)(ask_to_sign_in)

    @made.get("/")
    def form(request: Request) -> HTMLResponse:
        """The form, with the fields that the address names filled in."""
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return HTMLResponse(page_of(params(), request.query_params, title=title, dag_id=dag_id), headers=headers)

    @made.get("/form.js")
    def script() -> FileResponse:
        return FileResponse(STATIC / "form.js", media_type="text/javascript")

    @made.get("/form.css")
    def style() -> FileResponse:
        return FileResponse(STATIC / "form.css", media_type="text/css")

    return made


def page_of(params: Mapping[str, Param], given: Mapping[str, str], *, title: str = TITLE, dag_id: str = REPROCESS_DAG) -> str:
    """The page's HTML."""
    sections: dict[str, list[_Field]] = {}
    for name, param in params.items():
        sections.setdefault(param.schema["section"], []).append(_field(name, param, given.get(name)))
    unknown = ", ".join(name for name in given if name not in params)[:LONGEST]
    return _template().render(title=title, dag=dag_id, sections=sections, prefilled=bool(given), unknown=unknown)


@dataclass(frozen=True, slots=True)
class _Field:
    """A field as the template shows it.

    Attributes:
        kind: JSON type of the value: string, array, boolean, number or integer.
        value: as text; lists are separated by commas.
        options: of a choice; the empty word is no choice.
        min_length: of a text that is required.
    """

    name: str
    title: str
    help: str
    kind: str
    value: str
    checked: bool
    options: Sequence[str] | None
    min_length: int | None


def _field(name: str, param: Param, given: str | None) -> _Field:
    schema: Mapping[str, Any] = param.schema
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    value = given if given is not None else param.resolve(suppress_exception=True) if param.has_value else None
    text = ",".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return _Field(
        name=name,
        title=schema["title"],
        help=str(schema.get("description_md", "")),
        kind=next(kind for kind in kinds if kind != "null"),
        value=text[:LONGEST],
        checked=value is True or value == "true",
        options=[word or "" for word in schema["enum"]] if "enum" in schema else None,
        min_length=schema.get("minLength"),
    )


@cache
def _template() -> Template:
    environment = html_templates("semtel_airflow.reprocess_page")
    environment.filters["inline_markdown"] = _inline_markdown
    return environment.get_template("form.html.j2")


def _inline_markdown(text: str) -> Markup:
    """`code` and *emphasis* as HTML; everything else is escaped."""
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(re.sub(r"\*([^*]+)\*", r"<em>\1</em>", html))  # noqa: S704 - escaped above


app = form_app(TITLE, REPROCESS_DAG, reprocess_params)
