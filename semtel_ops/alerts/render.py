"""An alert as text, Markdown, HTML and the payload of each channel. Pure.

Names, ids and reasons come from sources, forms and endpoints: each is one line without control characters and, in each
channel, without markup.

The text of a resolved alert says why it was resolved; a notice is written like an open alert.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from semtel_ops.alerts.model import Alert
from semtel_ops.humanize import count, money, number, tally, words
from semtel_ops.report.html import html_templates

if TYPE_CHECKING:
    from jinja2 import Template

_SLACK_TEXT = 2_900  # Slack refuses a section over 3,000 characters
_SLACK_HEADER = 150
_PAGERDUTY_SUMMARY = 1_024
_PAGERDUTY_KEY = 255
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]+")
_MARKDOWN = re.compile(r"[\\\[\]<>`!]")
"""What begins links, images, HTML and code."""
_MARKDOWN_ADDRESS = "$&'*+,/:;=?@~%#-._"
"""What a link's address may hold in Markdown; other characters would end it, and are percent-encoded."""
_LINKS = {
    "reprocess": "Reprocess (opens a form with the fields filled in)",
    "run": "Run in Airflow",
    "report": "Report of the week",
    "data_docs": "Quality checks in detail (Data Docs)",
    "runbook": "Runbook",
}


def title(alert: Alert) -> str:
    """A single line: severity or RESOLVED, kind, week."""
    state = alert.severity.value.upper() if _shown_as_raised(alert) else "RESOLVED"
    week = f" · week {_line(alert.week)}" if alert.week else ""
    return f"[{state}] {words(alert.kind)}{week}"


def facts(alert: Alert) -> dict[str, str]:
    """Name → value, both as display text; unknown values are left out."""
    values = {"Week": alert.week, "Run": alert.run_id}
    if alert.counts is not None:
        counts = alert.counts
        values["Rows"] = (
            f"{number(counts.landed)} of {number(counts.expected)} expected landed ({count(counts.sampled, 'conversation')}): "
            f"{tally(dict(sorted(counts.by_status.items())))}"
        )
    values["Most affected classifier"] = alert.worst or ""
    values["Example conversations"] = ", ".join(alert.examples)
    values["Cost so far"] = "" if alert.cost_usd is None else money(alert.cost_usd)
    return {name: _line(value) for name, value in values.items() if value}


def findings(alert: Alert) -> list[str]:
    """Observed and expected values of the failed checks; none for a resolved alert."""
    return [_line(finding) for finding in alert.findings] if _shown_as_raised(alert) else []


def links(alert: Alert) -> Iterator[tuple[str, str]]:
    """Label and address of each link, the reprocess form first."""
    for name, label in _LINKS.items():
        address = getattr(alert.links, name)
        if address is not None and (_shown_as_raised(alert) or name != "reprocess"):
            yield label, address


def sentence(alert: Alert) -> str:
    """What happened; for a resolved alert, also why it was resolved."""
    what = _line(alert.what)
    if _shown_as_raised(alert):
        return f"{what[:1].upper()}{what[1:]}."
    return f"Resolved: {_line(alert.resolution or '')}. Original alert: {what}."


def text(alert: Alert) -> str:
    """Plain lines, for logs, a terminal and the text part of a mail."""
    lines = [title(alert), sentence(alert), *(f"- {finding}" for finding in findings(alert))]
    lines += [f"{name}: {value}" for name, value in facts(alert).items()]
    lines += [f"{label}: {_line(address)}" for label, address in links(alert)]
    return "\n".join(lines)


def markdown(alert: Alert) -> str:
    """For pages and chats that show Markdown."""
    failed = [f"- {_markdown(finding)}" for finding in findings(alert)]
    known = [f"**{name}:** {_markdown(value)}" for name, value in facts(alert).items()]
    shown = [_markdown_link(label, address) for label, address in links(alert)]
    parts = [
        f"### {_markdown(title(alert))}",
        _markdown(sentence(alert)),
        "\n".join(failed),
        "  \n".join(known),
        " · ".join(shown),
    ]
    return "\n\n".join(part for part in parts if part)


def slack_blocks(alert: Alert) -> list[dict[str, Any]]:
    """Block Kit: a header, the sentence with its findings, the facts, and a button for each web address."""
    body = "\n".join([sentence(alert), *(f"• {finding}" for finding in findings(alert))])
    known = "\n".join(f"*{_slack(name)}:* {_slack(value)}" for name, value in facts(alert).items())
    buttons = [
        {"type": "button", "text": {"type": "plain_text", "text": label[:75]}, "url": address}
        for label, address in links(alert)
        if _is_address(address)
    ]
    places = "\n".join(f"{label}: {_slack(_code(address))}" for label, address in links(alert) if not _is_address(address))
    return [
        {"type": "header", "text": {"type": "plain_text", "text": title(alert)[:_SLACK_HEADER]}},
        *(_section(part) for part in (_slack(body), known, places) if part),
        *([{"type": "actions", "elements": buttons}] if buttons else []),
    ]  # fmt: skip


def slack_text(alert: Alert) -> str:
    """What notifications show instead of the blocks; Slack reads markup in it."""
    return _slack(f"{title(alert)}: {sentence(alert)}")


def pagerduty_event(alert: Alert) -> dict[str, Any]:
    """Arguments of PagerDuty's notifier, for an Events API v2 event. The same `dedup_key` opens and resolves an incident."""
    return {
        "action": "trigger" if _shown_as_raised(alert) else "resolve",
        "dedup_key": _pagerduty_key(alert.dedup_key),
        "summary": f"{title(alert)}: {sentence(alert)}"[:_PAGERDUTY_SUMMARY],
        "severity": alert.severity.value,
        "source": "semtel-ops",
        "component": _line(alert.worst or "") or "semantic_telemetry",
        "class_type": alert.kind.value,
        "custom_details": {**facts(alert), "findings": findings(alert)},
        "links": [{"href": address, "text": label} for label, address in links(alert) if _is_address(address)],
    }


def email(alert: Alert) -> tuple[str, str]:
    """Subject and HTML."""
    html = _email_template().render(
        sentence=sentence(alert),
        findings=findings(alert),
        facts=facts(alert),
        links=list(links(alert)),
    )
    return f"[semtel] {title(alert)}", html


def webhook(alert: Alert) -> dict[str, Any]:
    """JSON with every field, and the plain text."""
    counts = alert.counts
    return {
        "event": "raised" if _shown_as_raised(alert) else "resolved",
        "dedup_key": alert.dedup_key,
        "kind": alert.kind.value,
        "severity": alert.severity.value,
        "week": alert.week,
        "run_id": alert.run_id,
        "text": text(alert),
        "what": alert.what,
        "findings": list(alert.findings),
        "counts": None
        if counts is None
        else {
            "sampled": counts.sampled,
            "expected": counts.expected,
            "landed": counts.landed,
            "succeeded": counts.succeeded,
            "by_status": dict(counts.by_status),
        },
        "worst_classifier": alert.worst,
        "examples": list(alert.examples),
        "cost_usd": alert.cost_usd,
        "links": {name: getattr(alert.links, name) for name in _LINKS},
        "raised_at": alert.raised_at.isoformat(),
        "resolved_at": None if alert.resolved_at is None else alert.resolved_at.isoformat(),
        "resolution": alert.resolution,
    }


@cache
def _email_template() -> "Template":
    environment = html_templates("semtel_ops.alerts")
    environment.tests["web_address"] = _is_address
    return environment.get_template("email.html.j2")


def _shown_as_raised(alert: Alert) -> bool:
    """Whether the alert is written as raised: it is open or a notice. Otherwise it is written as resolved."""
    return alert.is_open or alert.is_notice


def _section(text: str) -> dict[str, Any]:
    """`verbatim`: Slack makes no links of the names and addresses in the text."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:_SLACK_TEXT], "verbatim": True}}


def _is_address(address: str) -> bool:
    """Whether it is a web address; files and other schemes such as `javascript:` are shown as text, never as a link."""
    return address.startswith(("https://", "http://"))


def _line(text: str) -> str:
    """One line without control characters, and without characters that reverse the text behind them."""
    return _UNSHOWN.sub(" ", text).strip()


def _markdown(text: str) -> str:
    return _MARKDOWN.sub(r"\\\g<0>", text)


def _markdown_link(label: str, address: str) -> str:
    return f"[{label}]({quote(address, safe=_MARKDOWN_ADDRESS)})" if _is_address(address) else f"{label}: {_code(address)}"


def _code(text: str) -> str:
    return f"`{_line(text).replace('`', ' ')}`"


def _pagerduty_key(key: str) -> str:
    return key if len(key) <= _PAGERDUTY_KEY else f"semtel/{hashlib.sha256(key.encode()).hexdigest()}"


def _slack(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
