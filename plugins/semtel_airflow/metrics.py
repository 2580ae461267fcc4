"""Our metrics in Airflow's own stream: StatsD, Datadog or OpenTelemetry, as `[metrics]` of this Airflow says."""

import logging
from collections.abc import Mapping

log = logging.getLogger(__name__)


class AirflowMetrics:
    """Sends each metric with tags and, where Airflow does so with its own, once more with the tags' values in its name.

    Plain StatsD knows no tags: there `semtel.rows.batch.success` is what `semtel.rows` with lane and status is elsewhere.
    """

    def count(self, name: str, value: float, tags: Mapping[str, str]) -> None:
        from airflow.sdk.observability import stats

        self._send(stats.incr, name, value, tags)

    def gauge(self, name: str, value: float, tags: Mapping[str, str]) -> None:
        from airflow.sdk.observability import stats

        self._send(stats.gauge, name, value, tags)

    def _send(self, send: object, name: str, value: float, tags: Mapping[str, str]) -> None:
        from airflow.sdk.configuration import conf
        from airflow.sdk.observability.stats import normalize_name_for_stats

        assert callable(send)
        try:
            send(name, value, tags=dict(tags))
            if tags and conf.getboolean("metrics", "legacy_names_on", fallback=True):
                parts = (normalize_name_for_stats(tags[key], log_warning=False).replace(".", "_") for key in sorted(tags))
                send(".".join((name, *parts)), value)
        except Exception as error:  # noqa: BLE001 - a run goes on without its metrics
            log.debug("metric %s was not sent: %s", name, error)
