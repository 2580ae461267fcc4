"""Which alerts a channel receives, and what a webhook is sent."""

import base64
import hashlib
import hmac
import socket
import threading
import time
from contextlib import contextmanager, suppress
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


def two_secrets():
    return [f"whsec_{base64.b64encode(word).decode()}" for word in (b"the old secret..........", b"the new secret..........")]


def test_requests_are_signed_with_both_secrets_while_one_replaces_the_other(monkeypatch):
    with listening_webhook() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        monkeypatch.setenv("SECRET", " ".join(two_secrets()))
        channel(secret_env="SECRET").send(TRIAL)
        sent = {name.lower(): value for name, value in hook.headers.items()}
    given = sent["webhook-signature"].split(" ")
    for secret, made in zip((b"the old secret..........", b"the new secret.........."), given, strict=True):
        assert made == signature(secret, sent["webhook-id"], int(sent["webhook-timestamp"]), hook.raw)


@pytest.mark.parametrize("held", ["whsec_", "whsec_AAAA not-base64!", "whsec_AAAA whsec_", " "])
def test_a_variable_that_holds_half_a_secret_signs_nothing(monkeypatch, held):
    monkeypatch.setenv("HOOK", "http://127.0.0.1:9/hook")
    monkeypatch.setenv("SECRET", held)
    with pytest.raises(ConfigError, match="SECRET"):
        channel(secret_env="SECRET").send(TRIAL)


@contextmanager
def answering(*parts, pause_s=0.0):
    """A server that answers each call with these bytes, and with a pause after each."""
    stop = threading.Event()

    def serve(listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client, suppress(OSError):
                client.recv(65_536)
                for part in parts:
                    client.sendall(part)
                    if stop.wait(pause_s):
                        break

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}/secret-path"
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("scheme", "answer"),
    [
        ("http", [b"\x00\xff no http\r\n\r\n"]),
        ("http", [HEAD, b"X: " + b"a" * 70_000 + b"\r\n\r\n"]),  # a header without end
        ("http", [HEAD, *(b"X: 1\r\n" for _ in range(200)), b"\r\n"]),
        ("http", [b"HTTP/1.1 304 Not Modified\r\n\r\n"]),
        ("http", [b"HTTP/1.1 500 Oh\r\nContent-Length: 99999999999\r\n\r\n"]),
        ("http", [b""]),
        ("https", [HEAD, b"\r\n"]),  # no TLS
    ],
    ids=["no HTTP", "long header", "many headers", "not modified", "huge body", "closed", "no TLS"],
)  # fmt: skip
def test_whatever_answers_a_failure_is_one_kind_of_error_that_shows_no_path(scheme, answer):
    with answering(*answer) as place, pytest.raises(AlertError, match=r"webhook at 127\.0\.0\.1: ") as failed:
        post_json(Address(f"{scheme}://{place}"), webhook(TRIAL))
    assert "secret-path" not in str(failed.value)


def test_an_answer_that_comes_byte_by_byte_is_left(monkeypatch):
    monkeypatch.setitem(post_json.__globals__, "_TIMEOUT_S", 0.5)
    with answering(HEAD, *(b"a" for _ in range(100)), pause_s=0.2) as place:
        began = time.monotonic()
        with pytest.raises(AlertError, match="did not answer within"):
            post_json(Address(f"http://{place}"), webhook(TRIAL))
        assert time.monotonic() - began < 3


def test_a_huge_answer_is_not_read():
    with answering(HEAD, b"Content-Length: 99999999999\r\n\r\n", *(b"a" * 65_536 for _ in range(50))) as place:
        post_json(Address(f"http://{place}"), webhook(TRIAL))


@pytest.mark.parametrize(
    "url",
    ["", "hook", "file:///etc/passwd", "ftp://a/b", "http://", "http:///x", "http://[::1", "http://a:99999/", "http://a/b c",
     "http://a/\r\nX: y", "http://user:hunter2@127.0.0.1/x", "javascript:alert(1)"],
)  # fmt: skip
def test_what_is_no_address_of_a_server_is_a_setting_that_is_wrong_and_not_shown(url):
    with pytest.raises(ConfigError, match="webhook: ") as wrong:
        post_json(Address(url), {})
    assert "hunter2" not in str(wrong.value)
    assert wrong.value.value == "…"


def test_a_token_cannot_add_a_header():
    with listening_webhook() as hook:
        with pytest.raises(AlertError):
            post_json(Address(hook.url, "token\r\nX-Evil: 1"), {})
        assert hook.calls == 0


def test_ids_of_a_run_get_into_no_header(monkeypatch):
    with listening_webhook() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        monkeypatch.setenv("SECRET", "s")
        channel(secret_env="SECRET").send(replace(TRIAL, run_id="a\r\nX-Evil: 1", week="\n\n"))
        assert not {"x-evil"} & {name.lower() for name in hook.headers}
