"""Metrics of runs, sent as Airflow sends its own: to StatsD, Datadog or OpenTelemetry, as configured in `[metrics]`."""

import logging
import re
from collections.abc import Mapping

log = logging.getLogger(__name__)

_MARKS = re.compile(r"[\x00-\x20\x7f|,:=#@]")
"""Characters that end a value, a tag or a metric on the wire: a value with one could send metrics of its own."""


class AirflowMetrics:
    """Sends each metric with tags and, with `[metrics] legacy_names_on`, again with the values of the tags in its name.

    Plain StatsD has no tags: its `semtel.rows.batch.success` is `semtel.rows` with the tags lane and status elsewhere.
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
            send(name, value, tags={key: _MARKS.sub("_", tag) for key, tag in tags.items()})
            if tags and conf.getboolean("metrics", "legacy_names_on", fallback=True):
                parts = (normalize_name_for_stats(tags[key], log_warning=False).replace(".", "_") for key in sorted(tags))
                send(".".join((name, *parts)), value)
        except Exception as error:  # noqa: BLE001 - a metric must not fail a run
            log.debug("metric %s was not sent: %s", name, error)
