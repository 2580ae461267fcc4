"""Our metrics where Airflow sends its own."""

import re
import socket

import pytest
from airflow.sdk.observability import stats

from semtel_airflow.metrics import AirflowMetrics


@pytest.fixture
def packets(monkeypatch):
    """A StatsD server of one socket, which Airflow is configured to send to; reads what came, in order."""
    pytest.importorskip("statsd", reason="Airflow sends StatsD metrics with the package statsd; pip install statsd")
    from airflow.sdk.observability.metrics import stats_utils

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(300)
        for name, value in {
            "STATSD_ON": "True",
            "STATSD_HOST": "127.0.0.1",
            "STATSD_PORT": str(server.getsockname()[1]),
        }.items():
            monkeypatch.setenv(f"AIRFLOW__METRICS__{name}", value)
        stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)

        def read(count):
            return [server.recv(4096).decode() for _ in range(count)]

        yield read
    monkeypatch.undo()
    stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)


def test_a_metric_arrives_by_its_name_and_with_its_tags_in_the_name(packets):
    metrics = AirflowMetrics()
    metrics.count("semtel.rows", 38, {"status": "success", "lane": "batch"})
    metrics.count("semtel.cost_usd", 0.25, {"lane": "batch"})
    metrics.gauge("semtel.concurrency", 12, {"endpoint": "east.us/1"})
    metrics.gauge("semtel.deadline_margin_s", -30.5, {})
    assert packets(8) == [
        "airflow.semtel.rows:38|c",
        "airflow.semtel.rows.batch.success:38|c",
        "airflow.semtel.cost_usd:0.25|c",
        "airflow.semtel.cost_usd.batch:0.25|c",
        "airflow.semtel.concurrency:12|g",
        "airflow.semtel.concurrency.east_us_1:12|g",
        "airflow.semtel.deadline_margin_s:0|g",  # below zero StatsD would subtract: it is set to zero first
        "airflow.semtel.deadline_margin_s:-30.5|g",
    ]


def test_the_name_alone_is_sent_where_airflow_sends_no_others(packets, monkeypatch):
    monkeypatch.setenv("AIRFLOW__METRICS__LEGACY_NAMES_ON", "False")
    AirflowMetrics().count("semtel.requests", 1, {"lane": "batch"})
    AirflowMetrics().count("semtel.requests", 2, {"lane": "batch"})
    assert packets(2) == ["airflow.semtel.requests:1|c", "airflow.semtel.requests:2|c"]


HOSTILE = ("east\nsemtel.rows:999|c", "east|c|#admin:1", "east,tag=1", "east\r\nx:1|g", "e\x00a\x1bst", "@0.1", "{{7*7}}")


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_name_sends_no_metrics_and_no_tags_of_its_own(packets, monkeypatch, name):
    AirflowMetrics().gauge("semtel.concurrency", 12, {"endpoint": name})
    AirflowMetrics().count("semtel.requests", 1, {})
    plain, named, last = packets(3)
    assert (plain, last) == ("airflow.semtel.concurrency:12|g", "airflow.semtel.requests:1|c")
    assert re.fullmatch(r"airflow\.semtel\.concurrency\.[\w-]+:12\|g", named)
    tags = []
    monkeypatch.setattr(stats, "gauge", lambda *_, **sent: tags.extend(sent.get("tags", {}).values()))
    AirflowMetrics().gauge("semtel.concurrency", 12, {"endpoint": name})
    assert tags
    assert not re.search(r"[\s\x00\x1b|,:=#@]", tags[0])


def test_metrics_that_cannot_be_sent_stop_nobody(monkeypatch):
    def broken(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(stats, "incr", broken)
    AirflowMetrics().count("semtel.requests", 1, {})
