"""The pre-filled form: who sees it, what a link fills in, and that a link cannot do more than that."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from semtel_ops.report.links import REPROCESS_PATH, reprocess_link
from semtel_ops.steps.reprocess_request import ReprocessRequest

pytestmark = pytest.mark.airflow


@pytest.fixture(scope="module")
def client_as():
    """`client_as(role)`: a browser of a person with this role; None: of nobody who is signed in."""
    from airflow.api_fastapi.app import init_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.security import get_user
    from airflow.utils.db import initdb
    from fastapi.testclient import TestClient

    from semtel_airflow.reprocess_page.app import app

    initdb()
    init_auth_manager()

    def client(role):
        app.dependency_overrides.clear()
        if role is not None:
            app.dependency_overrides[get_user] = lambda: SimpleAuthManagerUser(username="p", role=role)
        return TestClient(app, follow_redirects=False)

    yield client
    app.dependency_overrides.clear()


class Fields(HTMLParser):
    """The values of a page's form."""

    def __init__(self, page):
        super().__init__()
        self.values, self.tags, self._of = {}, [], None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        if tag == "option":
            if "selected" in given:
                self.values[self._of] = given["value"]
        elif "data-kind" in given:
            self._of = given["name"]
            self.values[self._of] = "checked" in given if given.get("type") == "checkbox" else given.get("value", "")

    def handle_data(self, data):
        if self.tags and self.tags[-1] == "textarea":
            self.values[self._of] += data
            self.tags.append("read")


def query(**fields):
    return "/?" + urlsplit(reprocess_link("http://a", fields)).query


def test_a_link_fills_the_form_in_and_leaves_the_rest_as_it_is(client_as):
    answer = client_as("op").get(
        query(week="2026-W47", classifiers=["topic", "knowledge_work"], rows="all", reason="gate stopped")
    )
    assert answer.status_code == 200
    values = Fields(answer.text).values
    assert {name: values[name] for name in ("week", "classifiers", "rows", "reason", "dry_run", "until", "lane")} == {
        "week": "2026-W47", "classifiers": "topic,knowledge_work", "rows": "all", "reason": "gate stopped",
        "dry_run": True, "until": "", "lane": "",
    }  # fmt: skip


def test_the_form_has_exactly_the_fields_that_a_request_knows(client_as):
    assert set(Fields(client_as("op").get("/").text).values) == set(ReprocessRequest.model_fields)


def test_only_those_who_may_trigger_see_it_and_strangers_sign_in_first(client_as):
    assert client_as(None).get("/").status_code == 401
    assert client_as("viewer").get("/").status_code == 403
    answer = client_as(None).get(query(week="2026-W47"), headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "../api/v2/auth/login?next=%2F%3Fweek%3D2026-W47"


def test_what_a_link_says_is_shown_and_never_run(client_as):
    attack = "'\"><script>alert(1)</script></textarea>"
    answer = client_as("op").get(query(week=attack, reason=attack, rows=attack, **{"<img src=x onerror=alert(1)>": "x"}))
    page = Fields(answer.text)
    assert page.tags.count("script") == 1, "the form's own"
    assert "img" not in page.tags
    assert page.values["week"] == attack
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "names fields this form does not have" in answer.text


def test_its_files_are_there_and_it_is_mounted_where_links_lead(client_as, project_root):
    for name in ("form.js", "form.css"):
        assert client_as("op").get(f"/{name}").status_code == 200
    assert f'"/{REPROCESS_PATH}"' in (project_root / "plugins/semtel_airflow/plugin.py").read_text(encoding="utf-8")
