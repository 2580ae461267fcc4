"""Channels through Airflow's connections and notifiers, and the callbacks of tasks."""

import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from airflow.sdk import Connection

from semtel_airflow.notifiers import TaskFailed, TaskSucceeded, alert_context, open_channels
from semtel_ops.alerts.build import AlertInputs, Place, alerts_of
from semtel_ops.errors import ConfigError, QualityGateError, SourceError
from semtel_ops.settings import AlertsConfig
from semtel_ops.steps import alert
from semtel_ops.testing.webhook import listening_webhook

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
CHECK = {"id": "non_success_share", "classifier": "topic", "passed": False, "severity": "stop", "observed": "50.0%",
         "expected": "at most 5.0%", "notes": ""}  # fmt: skip
# An id as a source may hold it: notifiers render their fields as templates when they are called.
FACTS = AlertInputs("2026-W47", "r1", Place("docs/runbook.md", "https://airflow.example"), verdict="stop", checks=[CHECK],
                 examples={"topic": ["{{ 7 * 191 }}"]})  # fmt: skip
(ALERT,) = alerts_of(FACTS, AlertsConfig(), NOW)


def channel(**settings):
    (opened,) = open_channels(AlertsConfig(channels=(settings,)))
    return opened


@pytest.fixture
def connection(monkeypatch):
    """Airflow knows exactly this connection."""

    def know(**fields):
        known = Connection(conn_id="known", conn_type="generic", **fields)
        monkeypatch.setattr(Connection, "get", staticmethod(lambda conn_id: known))

    return know


def test_a_webhook_is_a_connection_with_its_url_and_its_token(connection):
    with listening_webhook() as hook:
        connection(host=hook.url, password="secret")
        channel(kind="webhook", conn_id="known").send(ALERT)
        assert (hook.received[0]["kind"], hook.headers["Authorization"]) == ("gate_stopped", "Bearer secret")


def test_a_webhook_in_the_environment_needs_no_connection(monkeypatch):
    with listening_webhook() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        channel(kind="webhook", url_env="HOOK").send(ALERT)
        assert len(hook.received) == 1


def test_a_webhook_without_a_host_is_a_setting_that_is_wrong(connection):
    connection(password="secret")
    with pytest.raises(ConfigError, match="enter the URL of the webhook as its host"):
        channel(kind="webhook", conn_id="known").send(ALERT)


def stand_in(monkeypatch, module, name):
    """Airflow's notifier replaced by one that remembers; it fails where it would render templates."""
    told = []

    class Notifier:
        def __init__(self, **fields):
            self.fields = fields

        def notify(self, context):
            told.append(self.fields)

    monkeypatch.setitem(sys.modules, module, SimpleNamespace(**{name: Notifier}))
    return told


def test_slack_is_told_in_blocks(monkeypatch):
    told = stand_in(monkeypatch, "airflow.providers.slack.notifications.slack_webhook", "SlackWebhookNotifier")
    channel(kind="slack", conn_id="slack_default").send(ALERT)
    assert told[0]["slack_webhook_conn_id"] == "slack_default"
    assert told[0]["text"].startswith("[CRITICAL] gate stopped · week 2026-W47")
    assert told[0]["blocks"][0]["type"] == "header"


def test_a_pager_is_told_when_it_begins_and_when_it_ends(monkeypatch):
    told = stand_in(monkeypatch, "airflow.providers.pagerduty.notifications.pagerduty", "PagerdutyNotifier")
    pager = channel(kind="pagerduty", conn_id="pagerduty_events_default")
    pager.send(ALERT)
    pager.send(ALERT.resolved(datetime(2026, 11, 23, 5, tzinfo=UTC), "run r2 passed the gate"))
    assert [(one["action"], one["dedup_key"]) for one in told] == [
        ("trigger", "semtel/2026-W47/r1/gate_stopped"), ("resolve", "semtel/2026-W47/r1/gate_stopped"),
    ]  # fmt: skip


def test_a_mail_goes_to_whom_it_should_through_airflows_own_notifier(monkeypatch):
    from airflow.providers.smtp.notifications import smtp

    sent = []

    class Hook:
        from_email, subject_template, html_content_template = "semtel@example.com", None, None

        def __init__(self, **fields): ...
        def __enter__(self):
            return self

        def __exit__(self, *error): ...
        def send_email_smtp(self, **fields):
            sent.append(fields)

    monkeypatch.setattr(smtp, "SmtpHook", Hook)
    channel(kind="email", conn_id="smtp_default", to=["on-call@example.com"]).send(ALERT)
    assert (sent[0]["to"], sent[0]["from_email"]) == (["on-call@example.com"], "semtel@example.com")
    assert "gate stopped" in sent[0]["subject"]
    assert "1337" not in sent[0]["html_content"], "what comes from outside is never rendered as a template"


@pytest.mark.parametrize(
    ("kind", "module", "name"),
    [
        ("slack", "airflow.providers.slack.notifications.slack_webhook", "SlackWebhookNotifier"),
        ("pagerduty", "airflow.providers.pagerduty.notifications.pagerduty", "PagerdutyNotifier"),
    ],
)
def test_airflows_notifiers_take_what_they_are_given(kind, module, name, monkeypatch):
    notifiers = pytest.importorskip(module, reason=f"pip install 'semtel-ops[alerts]' brings the {kind} provider")
    sent = []
    hook = SimpleNamespace(send=lambda **fields: sent.append(fields) or SimpleNamespace(status_code=200, api_url=""),
                           send_event=lambda **fields: sent.append(fields))  # fmt: skip
    monkeypatch.setattr(getattr(notifiers, name), "hook", hook)
    channel(kind=kind, conn_id="known").send(ALERT)
    assert "1337" not in str(sent[0])


def test_a_missing_provider_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "airflow.providers.slack.notifications.slack_webhook", None)
    with pytest.raises(
        ConfigError, match=r"needs the package apache-airflow-providers-slack: pip install 'semtel-ops\[alerts\]'"
    ):
        channel(kind="slack", conn_id="slack_default").send(ALERT)


def context(error=None, *, task_id="sample", map_index=-1, try_number=1, **params):
    task = SimpleNamespace(task_id=task_id, map_index=map_index, try_number=try_number, run_id="manual__1", dag_id="weekly",
                           log_url="https://airflow.example/log")  # fmt: skip
    dag_run = SimpleNamespace(run_after=datetime(2026, 11, 25, tzinfo=UTC), conf={})
    interval = datetime(2026, 11, 16, tzinfo=UTC)
    return {"ti": task, "exception": error, "params": params, "dag_run": dag_run, "data_interval_start": interval}


@pytest.fixture
def raised(monkeypatch):
    calls = []
    monkeypatch.setattr(alert, "alert_failure", lambda week, run_id, **named: calls.append((week, run_id, named)))
    monkeypatch.setattr(alert, "end_failure", lambda week, run_id, **named: calls.append((week, run_id, named)))
    return calls


def test_a_failed_task_is_raised_with_the_week_of_its_run_and_the_kind_of_its_error(raised):
    TaskFailed().notify(context(SourceError("a path")))
    ((week, run_id, named),) = raised
    assert (week, run_id, named["task"], named["error"], named["part"]) == (
        "2026-W47",
        "manual__1",
        "sample",
        "SourceError",
        False,
    )
    assert named["link"] == "https://airflow.example/log"
    TaskFailed().notify(context(SourceError("a path"), week="2026-W40", map_index=3))
    assert (raised[1][0], raised[1][2]["part"]) == ("2026-W40", True)
    TaskFailed().notify(context(week="not a week", task_id="close"))
    assert (raised[2][0], raised[2][2]["error"], raised[2][2]["consequence"]) == ("", "killed", True)


@pytest.mark.parametrize(
    "given",
    [
        {"op_args": [{"run": "lake/runs/week=2026-W41/run=r/run.json", "shard": 2}]},
        {"op_kwargs": {"run": "s3://lake/runs/week=2026-W41/run=r/run.json"}},
        {"op_kwargs": {"gathered": {"run": "lake/runs/week=2026-W41/run=r/run.json"}, "now": None}},
        {"shard": {"run": "lake/runs/week=2026-W41/run=r/run.json"}},
    ],
)
def test_a_failed_part_of_a_run_of_several_weeks_is_of_its_own_week(raised, given):
    failed = context(SourceError("a path"), week="2026-W40", until="2026-W42", map_index=1)
    TaskFailed().notify(failed | {"task": SimpleNamespace(**given)})
    assert (raised[0][0], raised[0][2]["until"]) == ("2026-W41", None)


def test_a_failed_task_of_several_weeks_says_up_to_which(raised):
    waiting = SimpleNamespace(op_args=[object()], op_kwargs={"weighed": object()})
    TaskFailed().notify(context(SourceError("a path"), week="2026-W40", until="2026-W42") | {"task": waiting})
    TaskFailed().notify(context(SourceError("a path"), week="2026-W40", until=None))
    assert [(week, named["until"]) for week, _, named in raised] == [("2026-W40", "2026-W42"), ("2026-W40", None)]


def test_a_stopped_gate_is_not_told_twice(raised):
    TaskFailed().notify(context(QualityGateError("stopped")))
    assert raised == []


def test_only_a_task_that_was_tried_again_can_end_its_failure(raised):
    TaskSucceeded().notify(context())
    TaskSucceeded().notify(context(try_number=2, map_index=0))
    assert raised == []
    TaskSucceeded().notify(context(try_number=2))
    assert raised[0][2]["task"] == "sample"


def test_a_ledger_that_does_not_answer_makes_no_task_red(monkeypatch, caplog):
    def broken(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(alert, "alert_failure", broken)
    TaskFailed().notify(context(SourceError("a path")))
    assert "no alert about task sample could be sent: OSError: no route to host" in caplog.text


def test_links_start_where_airflow_says_it_is(monkeypatch):
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example/sub")
    assert alert_context("weekly").airflow_url == "https://airflow.example/sub"
