"""The form's routes. Values from the address are shown escaped, and nothing of them is ever run or kept."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from airflow.sdk import Param
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from semtel_airflow.reprocess_form import reprocess_params
from semtel_ops.report.links import REPROCESS_DAG

STATIC = Path(__file__).resolve().parent / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; "
    "frame-ancestors 'self'; base-uri 'none'"
)
LONGEST = 4096
"""Characters of a value that are shown; the form's own fields are bounded likewise."""

may_trigger = Depends(requires_access_dag("POST", DagAccessEntity.RUN, param_dag_id=REPROCESS_DAG))

app = FastAPI(title="Reprocess", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[may_trigger])


@app.exception_handler(HTTPException)
async def ask_to_sign_in(request: Request, error: HTTPException) -> Response:
    """Whoever follows a link from a chat without being signed in signs in first, and then comes back here."""
    if error.status_code == 401 and "text/html" in request.headers.get("accept", ""):
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"../api/v2/auth/login?next={quote(back, safe='')}", status_code=303)
    return await http_exception_handler(request, error)


@app.get("/")
def form(request: Request) -> HTMLResponse:
    """The form, with the fields that the address names filled in."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return HTMLResponse(page_of(reprocess_params(), request.query_params), headers=headers)


@app.get("/form.js")
def script() -> FileResponse:
    return FileResponse(STATIC / "form.js", media_type="text/javascript")


@app.get("/form.css")
def style() -> FileResponse:
    return FileResponse(STATIC / "form.css", media_type="text/css")


def page_of(params: Mapping[str, Param], given: Mapping[str, str]) -> str:
    """The page's HTML."""
    sections: dict[str, list[str]] = {}
    for name, param in params.items():
        sections.setdefault(param.schema["section"], []).append(_field(name, param, given.get(name)))
    fields = "".join(
        f"<fieldset><legend>{escape(title)}</legend>{''.join(held)}</fieldset>" for title, held in sections.items()
    )
    unknown = [name for name in given if name not in params]
    told = f"<p class=bad>The link names fields this form does not have: {escape(', '.join(unknown)[:LONGEST])}</p>"
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Reprocess weeks</title>"
        "<meta name=viewport content='width=device-width, initial-scale=1'><link rel=stylesheet href=form.css></head>"
        f"<body><main><h1>Reprocess weeks</h1>{told if unknown else ''}"
        "<p>Filled in from the link you followed; nothing has been started.</p>"
        f"<form id=form data-dag='{escape(REPROCESS_DAG)}'>{fields}<p id=said role=alert></p>"
        "<button type=submit>Trigger</button></form></main><script src=form.js></script></body></html>"
    )


def _field(name: str, param: Param, given: str | None) -> str:
    schema: Mapping[str, Any] = param.schema
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kind = next(one for one in kinds if one != "null")
    value = given if given is not None else param.resolve(suppress_exception=True)
    attributes = f"id='{name}' name='{name}' data-kind='{kind}'"
    if kind == "boolean":
        on = value is True or value == "true"
        control = f"<input type=checkbox {attributes}{' checked' if on else ''}>"
    elif "enum" in schema:
        control = f"<select {attributes}>{''.join(_option(word, value) for word in schema['enum'])}</select>"
    else:
        control = _input(attributes, schema, kind, value)
    help_text = escape(str(schema.get("description_md", "")).replace("`", "").replace("*", ""))
    return f"<label for='{name}'><span>{escape(schema['title'])}</span>{control}<small>{help_text}</small></label>"


def _option(word: str | None, value: Any) -> str:
    chosen = " selected" if word == value else ""
    return f"<option value='{escape(word or '')}'{chosen}>{escape(word or '(empty)')}</option>"


def _input(attributes: str, schema: Mapping[str, Any], kind: str, value: Any) -> str:
    text = ",".join(value) if isinstance(value, list) else "" if value is None else str(value)
    shown = escape(text[:LONGEST], quote=True)
    if "minLength" in schema:
        return f"<textarea {attributes} rows=2 required minlength={schema['minLength']}>{shown}</textarea>"
    numeric = " inputmode=decimal" if kind in {"number", "integer"} else ""
    return f"<input type=text {attributes}{numeric} value='{shown}'>"
