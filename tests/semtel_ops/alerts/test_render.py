"""The same alert for a terminal, a chat, a pager, a mail and a program."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from semtel_ops.alerts import Alert, Counts, Links
from semtel_ops.alerts import render as write
from semtel_ops.settings import AlertKind, AlertSeverity

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
ALERT = Alert(
    key="gate_stopped",
    kind=AlertKind.GATE_STOPPED,
    severity=AlertSeverity.CRITICAL,
    week="2026-W47",
    run_id="r1",
    what="week 2026-W47 is not published",
    links=Links(
        "docs/runbook.md#gate-stopped", run="https://a.example/run", reprocess="https://a.example/form?week=2026-W47&x=1"
    ),
    raised_at=NOW,
    findings=("topic < 5% & more",),
    counts=Counts(40, 80, 79, {"success": 38, "error": 41}),
    worst="topic",
    examples=("c1", "c2"),
    cost_usd=0.25,
)
ENDED = ALERT.resolved(NOW + timedelta(hours=2), "run r2 passed the gate")


def test_text_says_what_broke_how_much_for_example_what_it_cost_and_what_to_press():
    assert write.text(ALERT).splitlines() == [
        "[CRITICAL] gate stopped · week 2026-W47",
        "Week 2026-W47 is not published.",
        "- topic < 5% & more",
        "Week: 2026-W47",
        "Run: r1",
        "Rows: 79 of 80 expected landed (40 conversations): 41 error, 38 success",
        "Most affected classifier: topic",
        "Example conversations: c1, c2",
        "Cost so far: $0.25",
        "Reprocess (opens a form with the fields filled in): https://a.example/form?week=2026-W47&x=1",
        "Run in Airflow: https://a.example/run",
        "Runbook: docs/runbook.md#gate-stopped",
    ]


def test_its_end_says_why_and_has_nothing_to_press_anew():
    text = write.text(ENDED)
    assert text.startswith("[RESOLVED] gate stopped")
    assert "Resolved: run r2 passed the gate. Original alert: week 2026-W47 is not published." in text
    assert "Reprocess" not in text


def test_a_notice_is_told_as_what_happened():
    notice = ALERT.resolved(NOW, "all rows have landed")
    assert write.text(notice).startswith("[CRITICAL]")
    assert write.webhook(notice)["event"] == "raised"


def test_markdown_links_what_a_browser_can_open():
    text = write.markdown(ALERT)
    assert "[Run in Airflow](https://a.example/run)" in text
    assert "Runbook: `docs/runbook.md#gate-stopped`" in text


def test_slack_gets_buttons_and_no_markup_from_outside():
    blocks = write.slack_blocks(ALERT)
    assert [block["type"] for block in blocks] == ["header", "section", "section", "section", "actions"]
    assert "topic &lt; 5% &amp; more" in blocks[1]["text"]["text"]
    assert [button["url"] for button in blocks[-1]["elements"]] == [ALERT.links.reprocess, ALERT.links.run]
    longest = write.slack_blocks(replace(ALERT, what="x" * 9_000))
    assert all(len(block["text"]["text"]) <= 3_000 for block in longest if "text" in block)


def test_a_pager_opens_and_closes_the_same_incident():
    opened, closed = write.pagerduty_event(ALERT), write.pagerduty_event(ENDED)
    assert (opened["action"], closed["action"]) == ("trigger", "resolve")
    assert opened["dedup_key"] == closed["dedup_key"] == "semtel/2026-W47/r1/gate_stopped"
    assert opened["severity"] == "critical"
    assert len(write.pagerduty_event(replace(ALERT, what="x" * 9_000))["summary"]) <= 1_024


def test_a_mail_holds_no_markup_but_its_own():
    subject, html = write.email(ALERT)
    assert subject == "[semtel] [CRITICAL] gate stopped · week 2026-W47"
    assert "topic &lt; 5% &amp; more" in html
    assert 'href="https://a.example/form?week=2026-W47&amp;x=1"' in html


def test_a_mail_has_the_sentence_the_findings_what_is_known_and_the_links():
    assert Mail(write.email(ALERT)[1]).text == [
        "Week 2026-W47 is not published.",
        "topic < 5% & more",
        "Week", "2026-W47", "Run", "r1", "Rows", "79 of 80 expected landed (40 conversations): 41 error, 38 success",
        "Most affected classifier", "topic", "Example conversations", "c1, c2", "Cost so far", "$0.25",
        "Reprocess (opens a form with the fields filled in)", "Run in Airflow", "Runbook:", "docs/runbook.md#gate-stopped",
    ]  # fmt: skip
    ended = Mail(write.email(ENDED)[1])
    assert ended.text[0].startswith("Resolved: run r2 passed the gate.")
    assert "topic < 5% & more" not in ended.text
    bare = replace(ALERT, week="", run_id="", findings=(), counts=None, worst=None, examples=(), cost_usd=None)
    assert {"ul", "li", "p"} <= set(Mail(write.email(bare)[1]).tags) <= {"ul", "li", "p", "a", "code"}


ATTACKS = [
    "<script>alert(1)</script>",
    "</li></ul></table><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    "<a href=javascript:alert(1)>press</a>",
    "{{ 7 * 7 }}{% raw %}{{ facts.__class__ }}",
    'user: say "<b>yes</b>" & it\'s\nassistant: &lt;done&gt;',
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_an_alert_becomes_markup_of_a_mail(attack):
    links = Links(f"https://a.example/{attack}", run=f"http://a.example/?q={attack}", report=attack, data_docs=f"s3://{attack}")
    alert = replace(
        ALERT, what=attack, findings=(attack,), worst=attack, examples=(attack,), week=attack, run_id=attack, links=links
    )
    mail = Mail(write.email(alert)[1])
    assert set(mail.tags) == {"p", "ul", "li", "table", "tr", "th", "td", "a", "code"}
    assert set(mail.attributes) == {
        ("th", "align", "left"), ("a", "href", links.run), ("a", "href", links.runbook),
    }  # fmt: skip
    assert any(attack.split("\n")[0] in line for line in mail.text)
    assert "49" not in "".join(mail.text)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "JavaScript:alert(1)", " https://a.example", "data:text/html,x", "//a.example", "/a", ""]
)
def test_only_web_addresses_become_links_of_a_mail(address):
    mail = Mail(write.email(replace(ALERT, links=Links(address, run=address, report=address)))[1])
    assert "a" not in mail.tags
    assert mail.tags.count("code") == 3


class Mail(HTMLParser):
    """The tags, attributes and texts of an HTML mail."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data):
        if data.strip():
            self.text.append(data.strip())


@pytest.mark.parametrize(("alert", "event"), [(ALERT, "raised"), (ENDED, "resolved")])
def test_a_webhook_gets_all_of_it_as_json(alert, event):
    body = json.loads(json.dumps(write.webhook(alert)))
    assert (body["event"], body["kind"], body["severity"]) == (event, "gate_stopped", "critical")
    assert body["counts"] == {
        "sampled": 40, "expected": 80, "landed": 79, "succeeded": 38, "by_status": {"success": 38, "error": 41},
    }  # fmt: skip
    assert body["links"]["reprocess"] == ALERT.links.reprocess


HOSTILE = (
    "<script>alert(1)</script>", "<!channel> <@U1> <https://evil.example|click>", "](javascript:alert(1)) ![x](https://evil.example/p.png)",
    "{{7*7}} {% raw %} ${jndi:ldap://x}", "a\r\nBcc: all@example.com", "\x1b[2J\x00\x07", "\u202egnp.exe\u202c", "tag\U000e0041", '" onmouseover="x',
    "x" * 5_000,
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_text_in_every_channel(text):
    alert = replace(
        ALERT, run_id=text, what=text, findings=(text,), worst=text, examples=(text,), counts=Counts(1, 1, 1, {text: 1}), week=text,
        links=Links(f"javascript:{text}", run=f"https://a.example/?q={text}"),
    )  # fmt: skip
    for shown in (alert, alert.resolved(NOW + timedelta(hours=1), text)):
        lines = [write.title(shown), write.sentence(shown), *write.facts(shown).values(), *write.findings(shown)]
        assert all(line.isprintable() for line in lines)
        subject, html = write.email(shown)
        assert subject.isprintable()
        reader = Elements()
        reader.feed(html)
        assert not set(reader.tags) - {"p", "ul", "li", "table", "tr", "th", "td", "a", "code"}
        assert {name for name, _ in reader.attributes} <= {"align", "href"}
        assert all(value.startswith("https://a.example/") for name, value in reader.attributes if name == "href")
        markup = [block["text"]["text"] for block in write.slack_blocks(shown) if block["type"] == "section"]
        assert not any(set("<>") & set(part) for part in [*markup, write.slack_text(shown)])
        assert all(len(part) <= 2_900 for part in markup)
        assert len(write.pagerduty_event(shown)["dedup_key"]) <= 255
        outside_code = re.sub(r"`[^`]*`", "", write.markdown(shown))
        assert not re.search(r"(?<!\\)[<`!]|(?<!\\)\]\(javascript", outside_code)
        assert json.loads(json.dumps(write.webhook(shown)))["run_id"] == text, "a program gets what it is"


class Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
