"""A test alert tries every channel, says which ones failed and why, and leaves nothing behind."""

import pytest

from semtel_ops.alerts.channel import Channel
from semtel_ops.alerts.context import AlertContext
from semtel_ops.errors import AlertError, ConfigError
from semtel_ops.settings import ChannelConfig
from semtel_ops.steps.alert_test import DELIVERED, raise_if_undelivered, send_test
from semtel_ops.testing.manual_clock import ManualClock


@pytest.fixture(autouse=True)
def pipeline(tmp_path, ledger_url, monkeypatch):
    path = tmp_path / "pipeline.yaml"
    path.write_text("alerts: {airflow_url: 'http://airflow.example'}\n", encoding="utf-8")
    monkeypatch.setenv("SEMTEL_PIPELINE", str(path))
    return path


class Heard:
    """Channels by name, and the alerts they were sent."""

    def __init__(self, *names, **broken):
        self.alerts = []
        self._channels = [
            Channel(ChannelConfig(kind="webhook", url_env="HOOK", name=name), self._sender(name, broken.get(name)))
            for name in (*names, *broken)
        ]

    def _sender(self, name, error):
        def send(alert):
            if error is not None:
                raise error
            self.alerts.append((name, alert))

        return send

    @property
    def context(self):
        return AlertContext(open_channels=lambda config: self._channels)


def test_every_channel_gets_the_same_alert_at_the_time_of_the_clock():
    heard = Heard("ops", "oncall")
    assert send_test(alerts=heard.context, clock=ManualClock(1_795_000_000.0)) == {"ops": DELIVERED, "oncall": DELIVERED}
    (first, alert), (second, other) = heard.alerts
    assert (first, second) == ("ops", "oncall")
    assert alert == other
    assert alert.raised_at.timestamp() == 1_795_000_000.0


def test_it_can_go_to_one_channel():
    heard = Heard("ops", "oncall")
    assert send_test(alerts=heard.context, to="oncall") == {"oncall": DELIVERED}
    assert [name for name, _ in heard.alerts] == ["oncall"]


def test_a_channel_that_fails_keeps_no_other_from_being_tried():
    heard = Heard("ops", broken=LookupError("no such host"))
    results = send_test(alerts=heard.context)
    assert results == {"ops": DELIVERED, "broken": "LookupError: no such host"}
    with pytest.raises(AlertError, match=r"failed for 1 of 2 channels: broken: LookupError: no such host"):
        raise_if_undelivered(results)


def test_an_endless_error_is_cut():
    results = send_test(alerts=Heard(broken=ValueError("x" * 5_000)).context)
    assert len(results["broken"]) == 500


def test_where_all_was_delivered_the_result_goes_on():
    results = {"ops": DELIVERED}
    assert raise_if_undelivered(results) is results


def test_an_unknown_channel_is_named_with_those_that_are_known():
    with pytest.raises(ConfigError, match=r"alerts\.channels: 'nobody' is not a channel; known: ops, oncall"):
        send_test(alerts=Heard("ops", "oncall").context, to="nobody")


def test_without_channels_it_says_where_to_add_one():
    with pytest.raises(ConfigError, match="is empty: add a channel"):
        send_test(alerts=Heard().context)


def test_another_file_of_settings_can_be_tried(tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text("alerts: {channels: [{kind: webhook, url_env: HOOK, name: other}]}\n", encoding="utf-8")
    opened = []

    def remember(config):
        opened.append([channel.name for channel in config.channels])
        return []

    for config in (None, str(other)):
        with pytest.raises(ConfigError):
            send_test(alerts=AlertContext(open_channels=remember), config=config)
    assert opened == [[], ["other"]]


def test_nothing_is_written_to_the_ledger(tmp_path):
    send_test(alerts=Heard("ops").context)
    assert not (tmp_path / "ledger.db").exists()
