"""The labelling page behind Airflow's login: who may label, what a request must look like, and that it shows nothing too early."""

import json
import logging
import re
from pathlib import Path

import pytest

from semtel_ops.steps.gold_draw import draw_gold
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.ledger_open import open_ledger, open_to_read
from semtel_ops.store.ledger_tables import metadata
from tests.support.gold import TEXTS, WEEK, publish_week, settings_of

pytestmark = pytest.mark.airflow

ATTACKS = (
    "' OR '1'='1", "1; DROP TABLE gold_label; --", "../../../../etc/passwd", "file:///etc/passwd", "<script>alert(1)</script>",
    "${7*7}{{7*7}}", "a\x00b", "a\r\nSet-Cookie: x=1", "-1", "", "x" * 5_000,
)  # fmt: skip
FROM_THE_PAGE = {"X-Semtel-Gold": "label"}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A published week, and a draw of eight conversations of it."""
    folder = tmp_path_factory.mktemp("gold")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{folder}/ledger.db")
        publish_week(folder)
        draw_gold(WEEK, settings=settings_of(folder), by="ada", size=8)
    return folder


@pytest.fixture
def place(published, tmp_path):
    """A ledger of the test's own, with the module's lake."""
    (tmp_path / "ledger.db").write_bytes((published / "ledger.db").read_bytes())
    (tmp_path / "lake").symlink_to(published / "lake")
    return tmp_path


@pytest.fixture(scope="module")
def app():
    from airflow.api_fastapi.app import init_auth_manager
    from airflow.utils.db import initdb

    initdb()
    init_auth_manager()
    from semtel_airflow.gold_page.app import app

    return app


@pytest.fixture
def visit(app, place, monkeypatch):
    """A browser of somebody with a role; of nobody without one."""
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi.testclient import TestClient

    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{place}/ledger.db")
    monkeypatch.setenv("SEMTEL_LAKE", str(place / "lake"))
    monkeypatch.delenv("SEMTEL_PAGE_TEXT", raising=False)

    def enter(role="op", *, text=True, name="ada", nobody=False):
        monkeypatch.setenv("SEMTEL_PAGE_TEXT", "true" if text else "false")
        if not nobody:
            app.dependency_overrides[get_user] = lambda: SimpleAuthManagerUser(username=name, role=role)
        return TestClient(app, raise_server_exceptions=False)

    yield enter
    app.dependency_overrides.clear()


@pytest.fixture
def draw(place):
    with open_to_read(f"sqlite:///{place}/ledger.db") as ledger:
        return GoldLedger(ledger).draws()[0].draw_id


@pytest.fixture
def asked(draw):
    return {"draw_id": draw, "classifier": "topic"}


def routes(draw):
    """Every route that reads, with a right value for each of its parameters."""
    of = {"draw_id": draw, "classifier": "topic"}
    return {
        "/": {}, "/static/gold.js": {}, "/api/draws": {}, "/api/question": of, "/api/next": of, "/api/previous": of,
        "/api/conversation": {**of, "conversation_id": "c1"}, "/api/agreement": of,
    }  # fmt: skip


def test_the_list_of_routes_is_whole(draw):
    from fastapi.routing import APIRoute

    from semtel_airflow.gold_page.app import app

    paths = {
        route.path.replace("{name}", "gold.js")
        for route in app.routes
        if isinstance(route, APIRoute) and "GET" in route.methods
    }
    assert paths == {*routes(draw), "/{anything:path}"}


def give(reader, asked, conversation, label="health", headers=FROM_THE_PAGE, **more):
    return reader.post("/api/label", json={**asked, "conversation_id": conversation, "label": label, **more}, headers=headers)


def test_a_stranger_is_refused_on_every_route_and_by_every_file(visit, draw, asked):
    from semtel_airflow.gold_page.app import FILES

    stranger = visit(nobody=True)
    refused = {path: stranger.get(path, params=query).status_code for path, query in routes(draw).items()}
    refused |= {name: stranger.get(f"/static/{name}").status_code for name in FILES}
    refused |= {
        path: stranger.post(path, json=asked, headers=FROM_THE_PAGE).status_code for path in ("/api/label", "/api/rule")
    }
    refused |= {path: stranger.get(path).status_code for path in ("/docs", "/openapi.json", "/static/none.js")}
    assert set(refused.values()) == {401}, refused


@pytest.mark.parametrize(
    ("role", "text", "allowed"),
    [
        ("viewer", True, False), ("user", True, False), ("op", False, False), ("admin", False, False), ("op", True, True),
        ("admin", True, True),
    ],
)  # fmt: skip
def test_only_who_may_read_text_can_label(visit, draw, asked, role, text, allowed):
    reader = visit(role, text=text)
    start = reader.get("/api/draws").json()
    assert (start["may_read_text"], bool(start["draws"])) == (allowed, allowed)
    for path, query in routes(draw).items():
        if path.startswith("/api/") and path != "/api/draws":
            told = reader.get(path, params=query)
            assert told.status_code == (403 if not allowed else 404 if path == "/api/conversation" else 200), path
            assert any(words in told.text for words in TEXTS) is (allowed and path == "/api/next")
    assert give(reader, asked, "c1").status_code == (404 if allowed else 403)


def test_a_label_is_kept_with_the_name_of_who_is_signed_in_and_only_then_the_models_comes(visit, draw, asked, place):
    reader = visit(name="ada")
    shown = reader.get("/api/next", params=asked)
    assert "llm" not in shown.text
    one = shown.json()["item"]["conversation_id"]
    told = give(reader, asked, one, seconds=4.25)
    assert told.status_code == 200
    assert told.json()["llm"]
    with open_to_read(f"sqlite:///{place}/ledger.db") as ledger:
        (kept,) = GoldLedger(ledger).labels_of(draw, "topic")
    assert (kept.person, kept.label, kept.seconds, kept.conversation_id) == ("ada", "health", 4.25, one)


def test_labels_of_others_are_shown_after_ones_own(visit, asked):
    ada = visit(name="ada")
    one = ada.get("/api/next", params=asked).json()["item"]["conversation_id"]
    give(ada, asked, one)
    ben = visit(name="ben")
    assert "ada" not in ben.get("/api/next", params=asked).text
    assert ben.get("/api/conversation", params={**asked, "conversation_id": one}).status_code == 404
    give(ben, asked, one, "money")
    assert ben.get("/api/conversation", params={**asked, "conversation_id": one}).json()["item"]["labels"] == {
        "ada": ["health"], "ben": ["money"],
    }  # fmt: skip
    body = {**asked, "conversation_id": one, "label": "money"}
    assert ben.post("/api/rule", json=body, headers=FROM_THE_PAGE).json() == {"label": "money", "labels": None}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Semtel-Gold": "1"},
        {**FROM_THE_PAGE, "Sec-Fetch-Site": "cross-site"},
        {**FROM_THE_PAGE, "Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_another_site_makes_a_browser_send_is_refused(visit, asked, place, headers):
    reader = visit()
    one = reader.get("/api/next", params=asked).json()["item"]["conversation_id"]
    assert give(reader, asked, one, headers=headers).status_code == 403
    assert reader.get("/api/next", params=asked).json()["done"] == 0


def test_a_form_of_another_site_is_no_answer(visit, asked):
    reader = visit()
    told = reader.post(
        "/api/label",
        content="draw_id=x&label=health",
        headers={**FROM_THE_PAGE, "Content-Type": "application/x-www-form-urlencoded"},
    )
    assert told.status_code == 400


def test_labels_are_only_taken_by_post(visit, draw, asked):
    reader = visit()
    for method in ("put", "patch", "delete"):
        for path in (*routes(draw), "/api/label"):
            assert getattr(reader, method)(path).status_code == 405, (method, path)
    assert reader.get("/api/label").status_code == 404


@pytest.mark.parametrize("attack", ATTACKS, ids=[ascii(attack)[:30] for attack in ATTACKS])
def test_a_wrong_value_is_answered_in_one_line_and_does_nothing(visit, draw, asked, place, attack):
    reader = visit("admin")
    one = reader.get("/api/next", params=asked).json()["item"]["conversation_id"]
    before = rows_of_everything(place)
    answers = [
        reader.get(path, params={**query, name: attack}) for path, query in routes(draw).items() for name in query
    ]  # fmt: skip
    body = {**asked, "conversation_id": one, "label": "health"}
    answers += [reader.post("/api/label", json={**body, name: attack}, headers=FROM_THE_PAGE) for name in body]
    answers += [reader.post("/api/label", json={**body, **wrong}, headers=FROM_THE_PAGE) for wrong in (
        {"labels": [attack]}, {"seconds": attack}, {"skipped": attack}, {"person": attack}, {"label": None},
    )]  # fmt: skip
    for told in answers:
        assert told.status_code in (400, 404), (told.request.url, told.text)
        (said,) = told.json().values()
        assert "\n" not in said
        assert "Traceback" not in said
        assert len(attack) < 3 or attack not in said
    assert rows_of_everything(place) == before


def rows_of_everything(place):
    with open_ledger(f"sqlite:///{place}/ledger.db") as ledger, ledger.read() as connection:
        return {name: len(connection.execute(table.select()).all()) for name, table in metadata.tables.items()}


def test_a_label_that_the_classifier_does_not_have_is_named_with_those_it_has(visit, asked):
    reader = visit()
    one = reader.get("/api/next", params=asked).json()["item"]["conversation_id"]
    told = give(reader, asked, one, "sickness")
    assert told.status_code == 400
    assert told.json()["error"].startswith("topic: 'sickness' is not a label; one of: technology, entertainment, health")


def test_no_cache_keeps_text_and_no_other_place_may_run_a_script(visit, draw):
    reader = visit()
    for path, query in routes(draw).items():
        told = reader.get(path, params=query)
        policy = told.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'self'" in policy
        assert told.headers["x-content-type-options"] == "nosniff"
        if path.startswith("/api/"):
            assert told.headers["cache-control"] == "no-store"


def test_every_reading_is_logged_with_the_reader_and_without_text(visit, asked, caplog):
    reader = visit()
    with caplog.at_level(logging.INFO, logger="semtel_airflow.gold_page.app"):
        one = reader.get("/api/next", params=asked).json()["item"]["conversation_id"]
        give(reader, asked, one)
    said = [record.getMessage() for record in caplog.records if record.name == "semtel_airflow.gold_page.app"]
    assert said == [f"ada read conversation {one} to label it"]


def test_text_of_a_conversation_is_data(visit, place, asked):
    told = visit().get("/api/next", params=asked)
    assert told.headers["content-type"] == "application/json"
    assert json.loads(told.text)["item"]["turns"][1] == {"role": "assistant", "content": "Gladly."}


def test_before_the_first_run_there_is_nothing_to_label_and_no_ledger_is_made(visit, asked, tmp_path, monkeypatch):
    reader = visit()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/new/ledger.db")
    assert reader.get("/api/draws").json()["draws"] == []
    told = reader.get("/api/next", params=asked)
    assert (told.status_code, told.json()) == (404, {"error": "no run has been recorded yet"})
    assert not (tmp_path / "new").exists()


def test_a_parameter_that_a_route_does_not_have_is_refused(visit, asked):
    told = visit().get("/api/next", params={**asked, "clasifier": "topic"})
    assert (told.status_code, told.json()) == (400, {"error": "'clasifier': no such parameter; known: classifier, draw_id"})


def test_its_files_ask_nobody_else_and_hold_no_inline_script_or_style(project_root):
    for path in (project_root / "plugins/semtel_airflow/gold_page/static").iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://", text), path.name
        assert not re.search(r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function)", text), path.name
        if path.suffix == ".html":
            assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text)


def test_every_file_that_the_page_imports_is_served(project_root):
    from semtel_airflow.gold_page.app import FILES

    for path in FILES.values():
        if path.suffix == ".js":
            for name in re.findall(r'from "\./([\w.]+)"', Path(path).read_text(encoding="utf-8")):
                assert name in FILES, (path.name, name)


def test_the_page_is_in_airflows_navigation():
    from semtel_airflow.page import page_views

    assert [(view["name"], view["href"]) for view in page_views()] == [
        ("Semantic telemetry", "/semtel/page"), ("Gold labels", "/semtel-gold/"),
    ]  # fmt: skip
