"""The page behind Airflow's login: who gets in, what may be asked, and that nothing asked wrongly does any harm."""

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from semtel_ops.store.files import write_json
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import metadata
from semtel_ops.store.tables import CONVERSATIONS
from tests.support.hostile import HOSTILE, NAME, write_hostile_place
from tests.support.ledger_year import LAST_WEEK, run_of, write_year

pytestmark = pytest.mark.airflow

SECRET = "what nobody but an operator may read"
VALID = {
    "week": LAST_WEEK,
    "until": LAST_WEEK,
    "run_id": run_of(LAST_WEEK),
    "classifier": "topic",
    "by": "topic",
    "label": "technology",
    "column": "0",
    "metric": "cost_usd",
    "endpoint": "east",
    "conversation_id": "c1",
    "alignment": "luna",
    "reason": "not JSON",
    "offset": "0",
}
"""A right value for every parameter of every route: a new one has to be added here, and is attacked from then on."""

ATTACKS = (
    "' OR '1'='1",
    "1; DROP TABLE run; --",
    "2026-W46' UNION SELECT * FROM run --",
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "/etc/passwd",
    "file:///etc/passwd",
    "s3://bucket/key",
    "<script>alert(1)</script>",
    "${7*7}{{7*7}}",
    "a\x00b",
    "a\r\nSet-Cookie: x=1",
    "2026-W99",
    "-1",
    "1e309",
    "",
    "x" * 5_000,
)


@pytest.fixture(scope="module")
def place(tmp_path_factory, project_root):
    """Eight weeks in a ledger, and of the last one what the page reads from the lake."""
    folder = tmp_path_factory.mktemp("page")
    with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        write_year(ledger, weeks=8, prompts=project_root / "include/prompts")
    lake = Lake(str(folder / "lake"))
    row = {"week": LAST_WEEK, "shard": 0, "conversation_id": "c1", "content_hash": "h", "chars": 2, "sample_weight": 1.0}
    talk = Path(lake.conversations(LAST_WEEK, 0))
    talk.parent.mkdir(parents=True)
    turns = [{"role": "user", "content": SECRET}]
    pq.write_table(pa.Table.from_pylist([{**row, "turns": turns}], schema=CONVERSATIONS), talk)
    report = Path(lake.run(LAST_WEEK, run_of(LAST_WEEK)).report)
    report.parent.mkdir(parents=True)
    report.write_text("<!doctype html><title>A week</title>", encoding="utf-8")
    write_alignment_page(folder)
    entry = {"place": "a.jsonl:1", "reason": "not JSON", "detail": "column 3"}
    quarantine = Path(lake.run(LAST_WEEK, run_of(LAST_WEEK)).quarantine("extract"))
    quarantine.parent.mkdir(parents=True)
    quarantine.write_text(json.dumps(entry) + "\n", encoding="utf-8")
    moved = {"at": 10.0, "endpoint": "east", "what": "concurrency", "old": 8, "new": 16, "reason": "room", "count": 1}
    write_json(lake.run(LAST_WEEK, run_of(LAST_WEEK)).limits(0), {"changes": [moved], "endpoints": []})
    return folder


def write_alignment_page(folder):
    page = folder / "lake" / "experiments" / "luna" / "report.html"
    page.parent.mkdir(parents=True)
    page.write_text("<!doctype html><title>An alignment</title>", encoding="utf-8")


@pytest.fixture(scope="module")
def hostile_place(tmp_path_factory, project_root):
    folder = tmp_path_factory.mktemp("hostile")
    write_hostile_place(folder, project_root / "include/prompts")
    write_alignment_page(folder)
    return folder


@pytest.fixture(scope="module")
def app():
    from airflow.api_fastapi.app import init_auth_manager
    from airflow.utils.db import initdb

    initdb()
    init_auth_manager()
    from semtel_airflow.page.app import app

    return app


@pytest.fixture
def visit(app, place, monkeypatch):
    """A browser of somebody with a role; of nobody without one. The place is the page's, unless a test says otherwise."""
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi.testclient import TestClient

    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{place}/ledger.db")
    monkeypatch.setenv("SEMTEL_LAKE", str(place / "lake"))
    monkeypatch.delenv("SEMTEL_PAGE_TEXT", raising=False)

    def enter(role="viewer", *, text=False, nobody=False, name="somebody"):
        if text:
            monkeypatch.setenv("SEMTEL_PAGE_TEXT", "true")
        if not nobody:
            app.dependency_overrides[get_user] = lambda: SimpleAuthManagerUser(username=name, role=role)
        return TestClient(app, raise_server_exceptions=False)

    yield enter
    app.dependency_overrides.clear()


def routes():
    """Every route of the page with a right value for each of its parameters."""
    from fastapi.routing import APIRoute

    from semtel_airflow.page.app import app

    return {
        route.path: {field.alias: VALID[field.alias] for field in route.dependant.query_params}
        for route in app.routes
        if isinstance(route, APIRoute)
    }


def spelled(path):
    """A path with its own parameters filled in."""
    return path.replace("{name}", "page.js").replace("{anything:path}", "nothing/here")


def rows_of_everything(place):
    with open_ledger(f"sqlite:///{place}/ledger.db") as ledger, ledger.read() as connection:
        return {name: len(connection.execute(table.select()).all()) for name, table in metadata.tables.items()}


def test_a_stranger_is_refused_on_every_route_and_by_every_file(visit):
    from semtel_airflow.page.app import FILES

    stranger = visit(nobody=True)
    refused = {path: stranger.get(spelled(path), params=query).status_code for path, query in routes().items()}
    refused |= {name: stranger.get(f"/static/{name}").status_code for name in FILES}
    refused |= {path: stranger.get(path).status_code for path in ("/", "/docs", "/openapi.json", "/api", "/static/nothing.js")}
    assert set(refused.values()) == {401}, refused


def test_a_stranger_with_a_made_up_token_is_refused(visit):
    stranger = visit(nobody=True)
    for headers in ({"Authorization": "Bearer made-up"}, {"Cookie": "_token=made-up"}):
        assert stranger.get("/api/runs", headers=headers).status_code in (401, 403)


def test_nothing_can_be_changed_through_the_page(visit):
    reader = visit("admin", text=True)
    for path in routes():
        for method in ("post", "put", "patch", "delete"):
            assert getattr(reader, method)(spelled(path)).status_code == 405, (method, path)


def test_somebody_without_a_role_is_refused(visit):
    assert {visit(None).get(spelled(path), params=query).status_code for path, query in routes().items()} == {403}


@pytest.mark.parametrize("role", ["viewer", "user", "op", "admin"])
def test_whoever_may_read_the_dag_sees_every_view(visit, role):
    reader = visit(role)
    seen = {path: reader.get(spelled(path), params=query).status_code for path, query in routes().items()}
    assert seen.pop("/{anything:path}") == 404
    assert seen.pop("/api/conversation") == 403
    assert set(seen.values()) == {200}, seen


@pytest.mark.parametrize(
    ("role", "text", "status"),
    [
        ("viewer", False, 403), ("user", False, 403), ("op", False, 403), ("admin", False, 403),
        ("viewer", True, 403), ("user", True, 403), ("op", True, 200), ("admin", True, 200),
    ],
)  # fmt: skip
def test_text_takes_both_the_switch_and_the_right_to_edit_connections(visit, role, text, status):
    reader = visit(role, text=text)
    told = reader.get("/api/conversation", params={"week": LAST_WEEK, "conversation_id": "c1"})
    assert told.status_code == status
    assert (SECRET in told.text) is (status == 200)
    assert reader.get("/api/start").json()["may_read_text"] is (status == 200)
    if status == 200:
        assert told.headers["cache-control"] == "no-store"


def test_no_other_route_holds_text_of_a_conversation(visit):
    reader = visit("admin", text=True)
    for path, query in routes().items():
        if path != "/api/conversation":
            assert SECRET not in reader.get(spelled(path), params=query).text, path


@pytest.mark.parametrize("attack", ATTACKS, ids=[ascii(attack)[:30] for attack in ATTACKS])
def test_a_wrong_value_of_any_parameter_is_answered_in_one_line_and_does_nothing(visit, place, attack):
    reader = visit("admin", text=True)
    before = rows_of_everything(place)
    for path, query in routes().items():
        for name in query:
            told = reader.get(spelled(path), params={**query, name: attack})
            harmless = told.status_code == 200 and told.json().get("jobs") == []  # jobs of a run that is not there
            assert told.status_code in (400, 404) or harmless, (path, name, told.status_code)
            assert "root:" not in told.text
            if not harmless:
                (said,) = told.json().values()
                assert "\n" not in said
                assert "Traceback" not in said
                assert len(attack) < 3 or attack not in said
    assert rows_of_everything(place) == before


@pytest.mark.parametrize("role", ["viewer", "admin"])
def test_what_others_wrote_is_data_in_every_answer(visit, hostile_place, monkeypatch, role):
    reader = visit(role, text=True, name=HOSTILE)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{hostile_place}/ledger.db")
    monkeypatch.setenv("SEMTEL_LAKE", str(hostile_place / "lake"))
    asked = {"endpoint": NAME, "label": f"{NAME}technology"}
    shown = 0
    for path, query in routes().items():
        told = reader.get(
            spelled(path), params={name: asked.get(name, value) for name, value in query.items() if name != "reason"}
        )
        expected = {"/{anything:path}": {404}, "/api/conversation": {403, 404}}.get(path, {200})
        assert told.status_code in expected, (path, told.text)
        assert told.headers["x-content-type-options"] == "nosniff"
        assert not {"set-cookie", "location", "refresh"} & set(told.headers)
        media = told.headers["content-type"].partition(";")[0]
        if media == "application/json":
            shown += HOSTILE in json.dumps(told.json(), ensure_ascii=False) or "hacked=1" in told.text
        elif media == "image/svg+xml":
            shown += "hacked=1" in told.text
            for element in ET.fromstring(told.text).iter():
                assert element.tag.partition("}")[2] not in {
                    "script",
                    "style",
                    "foreignObject",
                    "a",
                    "image",
                    "use",
                    "animate",
                    "set",
                }
                assert not [name for name in element.attrib if name.startswith("on") or name.endswith("href")]
        elif path != "/report":
            assert "hacked" not in told.text, path
    assert shown >= 8, "as it is, and as text"


@pytest.mark.parametrize("attack", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd", "page.js%00", "app.py", "."])
def test_only_the_pages_own_files_are_given(visit, attack):
    assert visit("admin").get(f"/static/{attack}").status_code in (404, 401)


def test_a_parameter_that_a_route_does_not_have_is_refused(visit):
    told = visit().get("/api/week", params={"week": LAST_WEEK, "wek": "1"})
    assert (told.status_code, told.json()) == (400, {"error": "'wek': no such parameter; known: week"})


def test_every_answer_forbids_scripts_and_styles_of_any_other_place(visit):
    reader = visit("admin", text=True)
    for path, query in routes().items():
        told = reader.get(spelled(path), params=query)
        policy = told.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'self'" in policy
        assert told.headers["x-content-type-options"] == "nosniff"
        assert "public" not in told.headers["cache-control"]
        if path in {"/report", "/alignment"}:
            assert "sandbox" in policy
            assert "script-src" not in policy
        else:
            assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path", ["/page", "/static/page.js", "/chart/share", "/chart/runs", "/chart/labellers", "/report", "/alignment"]
)
def test_what_a_browser_has_already_is_not_sent_again(visit, path):
    reader, query = visit(), routes().get(path, {})
    first = reader.get(path, params=query)
    again = reader.get(path, params=query, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_before_the_first_run_the_page_says_so_and_makes_no_ledger(visit, tmp_path, monkeypatch):
    reader = visit()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/new/ledger.db")
    assert reader.get("/api/start").json()["weeks"] == []
    told = reader.get("/api/runs")
    assert (told.status_code, told.json()) == (404, {"error": "no run has been recorded yet"})
    assert not (tmp_path / "new").exists()


def test_a_ledger_that_is_made_later_is_found(visit, tmp_path, monkeypatch, project_root):
    reader = visit()
    url = f"sqlite:///{tmp_path}/ledger.db"
    monkeypatch.setenv("DATABASE_URL", url)
    assert reader.get("/api/start").json()["weeks"] == []
    with open_ledger(url) as ledger:
        write_year(ledger, weeks=1, prompts=project_root / "include/prompts")
    assert reader.get("/api/start").json()["week"] == LAST_WEEK


def test_a_broken_ledger_is_one_clear_sentence(visit, tmp_path, monkeypatch):
    reader = visit()
    (tmp_path / "broken.db").write_bytes(b"this is not a database" * 100)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/broken.db")
    for path in ("/api/start", "/api/runs"):
        told = reader.get(path)
        assert told.status_code == 503
        assert told.json() == {"error": "the ledger or the lake cannot be read; see the API server's log"}


def test_a_wrong_setting_shows_no_value_of_it(visit, monkeypatch):
    reader = visit()
    monkeypatch.setenv("DATABASE_URL", "mysql://me:password@host/db")
    told = reader.get("/api/runs")
    assert told.status_code == 503
    assert "password" not in told.text
    assert "host" not in told.text


def test_the_pages_files_ask_nobody_else_and_hold_no_inline_script_or_style(project_root):
    static = project_root / "plugins/semtel_airflow/page/static"
    for path in static.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://", text), path.name
        assert not re.search(r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function)", text), path.name
        if path.suffix == ".html":
            assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text)


def test_processes_that_show_no_page_do_not_pay_for_it():
    code = (
        "import sys; from semtel_airflow import plugin;"
        "print(sorted({'semtel_airflow.page.app', 'altair'} & set(sys.modules)))"
        "; print(plugin.SemtelPlugin.external_views[0]['href'])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded, href = told.stdout.splitlines()[-2:]
    assert loaded == "[]"
    assert href == "/semtel/page"
