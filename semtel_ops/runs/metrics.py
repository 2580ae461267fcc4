"""Metrics of a run: few names, few values per tag, no ids.

Counters, added up over tasks: `semtel.requests`, `semtel.input_tokens`, `semtel.output_tokens`, `semtel.cost_usd`,
`semtel.rows` and `semtel.rows_reused` by lane when a shard has landed, rows by status too; `semtel.refusals` by endpoint while
it is asked.

Gauges, each of one task, so that of several tasks at one endpoint the last one shows: `semtel.concurrency`, `semtel.in_flight`
and `semtel.goodput` (successes a second) by endpoint, and `semtel.deadline_margin_s`: seconds between the expected end of the
shard and the run's deadline; below zero it will be late.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from semtel_ops.clock import Clock
from semtel_ops.concurrency.endpoint_limiter import Snapshot

_COUNTED = ("requests", "input_tokens", "output_tokens", "cost_usd")


class Metrics(Protocol):
    """Destination of metrics. Must not raise, since a run does not depend on its metrics."""

    def count(self, name: str, value: float, tags: Mapping[str, str]) -> None:
        """Add to a counter."""
        ...

    def gauge(self, name: str, value: float, tags: Mapping[str, str]) -> None:
        """Set a gauge."""
        ...


class NoMetrics:
    """Discards all metrics."""

    def count(self, name: str, value: float, tags: Mapping[str, str]) -> None: ...

    def gauge(self, name: str, value: float, tags: Mapping[str, str]) -> None: ...


def count_landed(metrics: Metrics, landed: Mapping[str, Any], lane: str) -> None:
    """Count the requests and rows of one attempt at a shard, from its manifest. A shard that lands again counts again."""
    for name in _COUNTED:
        if landed.get(name):
            metrics.count(f"semtel.{name}", landed[name], {"lane": lane})
    for status, rows in landed.get("by_status", {}).items():
        metrics.count("semtel.rows", rows, {"lane": lane, "status": status})
    if landed.get("reused"):
        metrics.count("semtel.rows_reused", landed["reused"], {"lane": lane})


class ShardMeter:
    """Reports the requests and limits of one task at every `look`."""

    def __init__(self, metrics: Metrics, clock: Clock, *, expected_rows: int, due_at: float | None) -> None:
        """`due_at`: wall clock, seconds since 1970."""
        self._metrics = metrics
        self._clock = clock
        self._expected = expected_rows
        self._due_at = due_at
        self._looked_at = self._began_at = clock.monotonic()
        self._before: dict[str, Snapshot] = {}
        self._first_rows: int | None = None

    def look(self, endpoints: Iterable[Snapshot], rows: int) -> None:
        """`rows`: landed so far, those of earlier attempts included."""
        now = self._clock.monotonic()
        passed_s, self._looked_at = now - self._looked_at, now
        for endpoint in endpoints:
            tags, before = {"endpoint": endpoint.endpoint}, self._before.get(endpoint.endpoint)
            refused = endpoint.refusals - (before.refusals if before else 0)
            if refused:
                self._metrics.count("semtel.refusals", refused, tags)
            self._metrics.gauge("semtel.concurrency", endpoint.limit, tags)
            self._metrics.gauge("semtel.in_flight", endpoint.inflight, tags)
            if passed_s > 0:
                succeeded = endpoint.successes - (before.successes if before else 0)
                self._metrics.gauge("semtel.goodput", succeeded / passed_s, tags)
            self._before[endpoint.endpoint] = endpoint
        self._tell_margin(now, rows)

    def _tell_margin(self, now: float, rows: int) -> None:
        if self._first_rows is None:
            self._first_rows = rows
        landed, left = rows - self._first_rows, self._expected - rows
        if self._due_at is None or (left and landed <= 0):
            return
        to_go_s = left * (now - self._began_at) / landed if left else 0.0
        self._metrics.gauge("semtel.deadline_margin_s", self._due_at - self._clock.now() - to_go_s, {})
