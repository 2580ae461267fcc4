"""Which alerts a channel receives, and what a webhook is sent."""

import base64
import hashlib
import hmac
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from semtel_ops.alerts.build import Place, trial_alert
from semtel_ops.alerts.channel import channel_of
from semtel_ops.alerts.channels.channel_kind import Address, post_json
from semtel_ops.alerts.channels.webhook import signature
from semtel_ops.alerts.render import webhook
from semtel_ops.errors import AlertError, ConfigError
from semtel_ops.settings import AlertKind, AlertsConfig, AlertSeverity, ChannelConfig, parse_config
from semtel_ops.testing.webhook import listening_webhook

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
TRIAL = trial_alert(Place("docs/runbook.md"), NOW)
WARNING = replace(TRIAL, kind=AlertKind.QUARANTINE, severity=AlertSeverity.WARNING)


def channel(**settings):
    return channel_of(ChannelConfig(**{"kind": "webhook", "url_env": "HOOK", **settings}))


def test_a_channel_receives_alerts_of_its_severity_and_kinds():
    assert channel().wants(WARNING)
    assert not channel(min_severity="critical").wants(WARNING)
    assert channel(events=["quarantine"]).wants(WARNING)
    assert not channel(events=["gate_stopped"]).wants(WARNING)
    assert channel(events=["gate_stopped"]).wants(TRIAL), "all channels receive a test alert"


def test_a_pager_receives_no_notices_because_nothing_would_close_them():
    pager = channel_of(ChannelConfig(kind="pagerduty", conn_id="pagerduty_events_default"))
    assert pager.wants(WARNING)
    assert not pager.wants(WARNING.resolved(NOW, "over"))


def test_a_webhook_is_told_with_the_token_it_wants(monkeypatch):
    with listening_webhook() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        channel().send(TRIAL)
        post_json(Address(hook.url, "secret"), webhook(TRIAL))
        assert [body["kind"] for body in hook.received] == ["test", "test"]
        assert hook.headers["Authorization"] == "Bearer secret"


def test_a_body_can_be_signed_as_it_is_sent():
    with listening_webhook() as hook:
        post_json(
            Address(hook.url), {"week": "Größe"}, headers_of=lambda body: {"X-Signature": hashlib.sha256(body).hexdigest()}
        )
        assert hook.headers["X-Signature"] == hashlib.sha256(hook.raw).hexdigest()


def test_a_webhook_with_a_secret_can_verify_what_it_is_sent(monkeypatch):
    with listening_webhook() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        monkeypatch.setenv("SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        sent = []
        for _ in range(2):
            channel(secret_env="SECRET").send(TRIAL)
            sent.append({name.lower(): value for name, value in hook.headers.items()})
    assert sent[0]["webhook-id"] == sent[1]["webhook-id"], "a receiver drops what it has"
    message_id, timestamp = sent[1]["webhook-id"], sent[1]["webhook-timestamp"]
    assert abs(int(timestamp) - time.time()) < 60
    signed = f"{message_id}.{timestamp}.".encode() + hook.raw
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert sent[1]["webhook-signature"] == f"v1,{expected}"


def test_a_signature_is_that_of_the_published_example():
    """The example of the specification's reference libraries."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    assert signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


@pytest.mark.parametrize(("value", "says"), [(None, "is not set"), ("whsec_not base64", "is not base64")])
def test_a_secret_that_cannot_sign_is_an_error_that_does_not_show_it(monkeypatch, value, says):
    monkeypatch.setenv("HOOK", "http://127.0.0.1:9/hook")
    monkeypatch.setenv("SECRET", value) if value else monkeypatch.delenv("SECRET", raising=False)
    with pytest.raises(ConfigError, match=says) as wrong:
        channel(secret_env="SECRET").send(TRIAL)
    assert "whsec_not" not in str(wrong.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_nothing_is_sent_to_where_it_leads(status):
    with listening_webhook() as hook, listening_webhook() as elsewhere:
        hook.status, hook.location = status, elsewhere.url
        with pytest.raises(AlertError, match=f"answered {status}"):
            post_json(Address(hook.url, "secret"), webhook(TRIAL))
        assert elsewhere.calls == 0


def test_what_a_webhook_refuses_is_said_without_its_path(monkeypatch):
    with listening_webhook() as hook:
        hook.status = 503
        with pytest.raises(AlertError, match=r"webhook at 127\.0\.0\.1: answered 503") as refused:
            post_json(Address(hook.url), webhook(TRIAL))
        assert "/hook" not in str(refused.value)
    with pytest.raises(AlertError, match="did not answer"):
        post_json(Address(hook.url), webhook(TRIAL))


def test_what_cannot_be_told_from_here_says_what_to_do(monkeypatch):
    monkeypatch.delenv("HOOK", raising=False)
    with pytest.raises(ConfigError, match="is not set; export it"):
        channel().send(TRIAL)
    with pytest.raises(ConfigError, match="which only a DAG can use"):
        channel_of(ChannelConfig(kind="slack", conn_id="slack_default")).send(TRIAL)
    with pytest.raises(ConfigError, match="must be an http"):
        post_json(Address("file:///etc/passwd"), webhook(TRIAL))


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        ([{"kind": "webhook"}], "exactly one of conn_id and url_env"),
        ([{"kind": "slack", "url_env": "X"}], "url_env is for webhooks"),
        ([{"kind": "email", "conn_id": "smtp_default"}], "email needs `to`"),
        ([{"kind": "slack", "conn_id": "a", "to": ["#week"]}], "slack has no `to`"),
        ([{"kind": "slak", "conn_id": "a"}], r"is not a kind of channel; did you mean slack\? known: slack, pagerduty, email"),
        ([{"kind": "slack", "conn_id": "a"}, {"kind": "slack", "conn_id": "b"}], "'slack' is given twice"),
        ([{"kind": "slack", "conn_id": "a", "events": ["gate_stoped"]}], "gate_stopped"),
    ],
)
def test_a_wrong_channel_is_one_clear_line(channels, message):
    with pytest.raises(ConfigError, match=message):
        parse_config({"channels": channels}, AlertsConfig, where="pipeline.yaml: alerts")
