"""Surroundings of alerts: links and channels, with and without Airflow."""

from semtel_ops.alerts.context import AlertContext
from semtel_ops.settings import AlertsConfig, ChannelConfig

AIRFLOW = AlertContext(dag_id="weekly", airflow_url="https://airflow.example")


def test_the_address_in_the_configuration_takes_precedence_over_the_one_airflow_reports():
    configured = AlertsConfig(airflow_url="https://proxy.example/airflow")
    assert AIRFLOW.place(configured).airflow_url == "https://proxy.example/airflow"
    assert AIRFLOW.place(AlertsConfig()).airflow_url == "https://airflow.example"


def test_a_shell_has_no_dag_to_link_to():
    place = AlertContext().place(AlertsConfig(), report="report.html", data_docs="docs.html")
    assert (place.airflow_url, place.dag_id) == (None, None)
    assert (place.report, place.data_docs) == ("report.html", "docs.html")


def test_a_shell_opens_only_channels_that_need_no_connection():
    webhook = ChannelConfig(kind="webhook", url_env="HOOK", name="hook")
    slack = ChannelConfig(kind="slack", conn_id="slack_default")
    opened = AlertContext().open_channels(AlertsConfig(channels=(webhook, slack)))
    assert [channel.name for channel in opened] == ["hook"]
