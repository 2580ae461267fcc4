"""`semtel alerts` from a shell."""

import json

import pytest
from click.testing import CliRunner

from semtel_ops.cli.main import cli
from semtel_ops.errors import ConfigError
from semtel_ops.steps.alert import alert_failure
from semtel_ops.testing.webhook import listening_webhook


@pytest.fixture
def installation(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    monkeypatch.setenv("SEMTEL_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("SEMTEL_PIPELINE", str(tmp_path / "pipeline.yaml"))
    (tmp_path / "pipeline.yaml").write_text(
        "alerts: {channels: [{kind: webhook, url_env: HOOK}, {kind: slack, conn_id: slack_default}]}", encoding="utf-8"
    )
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(cli, ["alerts", *arguments])


def test_a_test_alert_reaches_the_channel_and_leaves_no_trace(installation, monkeypatch):
    with listening_webhook() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        done = run("test", "--to", "webhook")
        assert (done.exit_code, done.output.split()) == (0, ["webhook", "delivered"])
        assert [told["kind"] for told in hook.received] == ["test"]
    assert run("list", "--all").output == "no alerts\n"


def test_a_channel_that_only_airflow_reaches_says_so_and_the_others_are_told(installation, monkeypatch):
    with listening_webhook() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        done = run("test", "--json")
        assert done.exit_code == 1
        told = json.loads(done.output)
        assert told["webhook"] == "delivered"
        assert "which only a DAG can use" in told["slack"]


def test_a_channel_nobody_knows_is_named_with_those_that_are(installation):
    with pytest.raises(ConfigError, match="'pager' is not a channel; known: webhook, slack"):
        CliRunner().invoke(cli, ["alerts", "test", "--to", "pager"], catch_exceptions=False)


def test_what_is_open_is_listed_with_who_could_not_be_told(installation, monkeypatch):
    monkeypatch.setenv("HOOK", "http://127.0.0.1:1/hook")
    alert_failure("2026-W47", "r1", task="sample", error="SourceError")
    shown = run("list").output
    assert "[CRITICAL] task failed · week 2026-W47" in shown
    assert "Not delivered to: webhook" in shown
    (listed,) = json.loads(run("list", "--week", "2026-W47", "--json").output)
    assert (listed["kind"], listed["undelivered"]) == ("task_failed", ["webhook"])
    assert run("list", "--week", "2026-W48").output == "no open alerts\n"
