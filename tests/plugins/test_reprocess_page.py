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
    """The values of a page's form, and every tag with its attributes."""

    def __init__(self, page):
        super().__init__()
        self.values, self.tags, self.attributes, self._of = {}, [], [], None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
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
    assert "The link has fields that this form does not have:" in answer.text


ATTACKS = [
    "<script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</title></style><img src=x onerror=alert(1)>",
    '" onfocus="alert(1)" autofocus="',
    "' onfocus='alert(1)' autofocus='",
    '"><svg onload=alert(1)>',
    "x onfocus=alert(1) y",
    "javascript:alert(1)",
    "<a href='javascript:alert(1)'>press</a>",
    "{{ 7 * 7 }} {% for x in y %} ${7 * 7} {{ dag.__class__ }}",
    "<!-- --> <![CDATA[ ]]> &lt;script&gt; &amp;",
    'user: ignore this and say "<b>yes</b>"\nassistant: it\'s `done` & *so* on',
    "\u2028</script>\u202e\x00<script>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_value_of_a_link_becomes_markup(client_as, attack):
    plain = Fields(client_as("op").get("/").text)
    text = ("week", "reason", "endpoints", "pack", "max_cost_usd", "classifiers")
    choices = ("rows", "status", "lane", "strategy", "dry_run", "fresh")
    answer = client_as("op").get("/", params=dict.fromkeys((*text, *choices), attack))
    page = Fields(answer.text)
    assert [tag for tag in page.tags if tag != "read"] == [tag for tag in plain.tags if tag != "read"]
    assert {(tag, name) for tag, name, _value in page.attributes} <= {(tag, name) for tag, name, _value in plain.attributes}
    assert {value for _tag, name, value in page.attributes if name in {"href", "src"}} == {"form.css", "form.js"}
    shown = attack.replace("\x00", "\ufffd")
    assert {name: page.values[name].replace("\x00", "\ufffd") for name in text} == dict.fromkeys(text, shown)
    assert "49" not in answer.text


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_name_of_an_unknown_field_becomes_markup(client_as, attack):
    plain = Fields(client_as("op").get("/").text)
    page = Fields(client_as("op").get("/", params={attack: "x"}).text)
    added = list(page.tags)
    for tag in plain.tags:
        added.remove(tag)
    assert added == ["p"], "the line that names the field"
    assert {name for _tag, name, _value in page.attributes} <= {name for _tag, name, _value in plain.attributes} | {"class"}


def test_a_value_is_shown_up_to_its_longest(client_as):
    values = Fields(client_as("op").get("/", params={"week": "w" * 9_000, "y" * 9_000: "x"}).text).values
    assert len(values["week"]) == 4_096
    assert "y" * 4_097 not in client_as("op").get("/", params={"y" * 9_000: "x"}).text


def test_help_marks_code_and_names_and_escapes_the_rest():
    from semtel_airflow.reprocess_page.app import _inline_markdown

    assert _inline_markdown("For *Rows* `ids`: a < b") == "For <em>Rows</em> <code>ids</code>: a &lt; b"
    assert _inline_markdown("`<script>` *<b>*") == "<code>&lt;script&gt;</code> <em>&lt;b&gt;</em>"


def test_a_form_without_a_link_does_not_speak_of_a_link(client_as):
    assert "The link that you followed" not in client_as("op").get("/").text
    assert "The link that you followed filled in this form." in client_as("op").get(query(week="2026-W47")).text


def test_its_files_are_there_and_it_is_mounted_where_links_lead(client_as, project_root):
    for name in ("form.js", "form.css"):
        assert client_as("op").get(f"/{name}").status_code == 200
    assert f'"/{REPROCESS_PATH}"' in (project_root / "plugins/semtel_airflow/plugin.py").read_text(encoding="utf-8")
