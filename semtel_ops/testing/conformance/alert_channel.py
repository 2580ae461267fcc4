"""Conformance tests of alert channels."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from semtel_ops.alerts import Alert, AlertInputs, alerts_of
from semtel_ops.alerts.build import Place
from semtel_ops.alerts.channel import Channel
from semtel_ops.settings import AlertKind, AlertsConfig

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


class AlertChannelSuite:
    """Fixtures: `channel`, whose messages get into the list `received`; `refused`, whose receiver rejects all messages."""

    def test_an_alert_arrives_once_with_its_text_and_its_week(self, channel: Channel, received: Sequence[Any]) -> None:
        channel.send(make_alert())
        assert len(received) == 1
        assert "non success share of topic is 50.0 %" in str(received[0])
        assert "2026-W47" in str(received[0])

    def test_every_kind_of_alert_can_be_sent_open_and_resolved(self, channel: Channel, received: Sequence[Any]) -> None:
        sent = 0
        for kind in AlertKind:
            alert = replace(make_alert(), kind=kind, key=kind.value)
            for state in (alert, alert.resolved(NOW + timedelta(hours=2), "run r2 passed the gate")):
                channel.send(state)
                sent += 1
        assert len(received) == sent

    def test_a_resolved_alert_is_sent_as_resolved(self, channel: Channel, received: Sequence[Any]) -> None:
        channel.send(make_alert())
        channel.send(make_alert().resolved(NOW + timedelta(hours=2), "run r2 passed the gate"))
        assert "run r2 passed the gate" in str(received[1])
        assert str(received[0]) != str(received[1])

    def test_text_of_the_source_is_not_rendered_as_a_template(self, channel: Channel, received: Sequence[Any]) -> None:
        """Ids come from the source, and some senders render templates."""
        channel.send(make_alert("{{ 7 * 191 }}"))
        assert "1337" not in str(received[0])

    def test_a_rejected_message_is_an_error(self, refused: Channel) -> None:
        """Only an error is retried."""
        with pytest.raises(Exception):  # noqa: B017, PT011 - senders may raise any exception
            refused.send(make_alert())


def make_alert(example: str = "c000017") -> Alert:
    """The alert of a stopped week, with an example conversation."""
    check = {
        "id": "non_success_share", "classifier": "topic", "passed": False, "severity": "stop", "observed": "50.0 %",
        "expected": "at most 5.0 %", "notes": "",
    }  # fmt: skip
    place = Place("docs/runbook.md", "https://airflow.example")
    facts = AlertInputs("2026-W47", "r1", place, verdict="stop", checks=[check], examples={"topic": [example]})
    (alert,) = alerts_of(facts, AlertsConfig(), NOW)
    return alert
