"""Alert channels that use Airflow's notifiers and connections, and the callbacks that raise alerts when tasks fail.

Callbacks log their errors and raise none: alerting never fails a run.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier

from semtel_airflow.form_fields import WEEK_PATTERN
from semtel_airflow.weekly_form import request_of
from semtel_ops.store.layout import week_of_run

if TYPE_CHECKING:
    from semtel_ops.alerts.channel import Channel
    from semtel_ops.alerts.channels.channel_kind import Address, Notifier
    from semtel_ops.alerts.context import AlertContext
    from semtel_ops.settings import AlertsConfig, ChannelConfig

log = logging.getLogger(__name__)

CLOSE = "close"
"""The task that decides the state of a run. It usually fails because an earlier task has failed."""


class TaskFailed(BaseNotifier):
    """`on_failure_callback`: raises an alert about a task that failed after its retries, one for a mapped task."""

    def notify(self, context: Mapping[str, Any]) -> None:
        from semtel_ops.errors import QualityGateError
        from semtel_ops.steps.alert import alert_failure

        error, task = context.get("exception"), context["ti"]
        if isinstance(error, QualityGateError):
            return  # the gate raises its own alert
        with _only_logged(task.task_id):
            part = _part_week_of(context)
            alert_failure(
                part or _week_of(context),
                task.run_id,
                task=task.task_id,
                error="killed" if error is None else type(error).__name__,
                part=task.map_index >= 0,
                consequence=task.task_id == CLOSE,
                until=None if part else _until_of(context),
                link=getattr(task, "log_url", None),
                alerts=alert_context(task.dag_id),
            )


class TaskSucceeded(BaseNotifier):
    """`on_success_callback`: resolves the alert of a failed task that was cleared and now succeeds."""

    def notify(self, context: Mapping[str, Any]) -> None:
        from semtel_ops.steps.alert import end_failure

        task = context["ti"]
        if task.try_number < 2 or task.map_index >= 0:
            return  # it never failed, or it is mapped: that alert is resolved when the week is published
        with _only_logged(task.task_id):
            end_failure(_week_of(context), task.run_id, task=task.task_id, alerts=alert_context(task.dag_id))


def alert_context(dag_id: str | None) -> "AlertContext":
    """The context of alerts that are raised in a task of a DAG: links to this Airflow, and its connections."""
    from airflow.sdk.configuration import conf

    from semtel_ops.alerts.context import AlertContext

    airflow_url = conf.get("api", "base_url", fallback=None) or None
    return AlertContext(dag_id=dag_id, airflow_url=airflow_url, open_channels=open_channels)


def open_channels(config: "AlertsConfig") -> "list[Channel]":
    """The channels under `alerts:` in pipeline.yaml. An invalid channel raises an error when it is used, not here."""
    from semtel_ops.alerts.channel import channel_of

    return [channel_of(channel, _AirflowConnections()) for channel in config.channels]


class _AirflowConnections:
    """Resolves `conn_id` of a channel; see `semtel_ops.alerts.channels.Connections`."""

    def address(self, config: "ChannelConfig") -> "Address":
        from semtel_airflow.connections import resolve_connection
        from semtel_ops.alerts.channels.channel_kind import Address
        from semtel_ops.errors import ConfigError

        fields = resolve_connection(config.conn_id or "")
        if fields.base_url is None:
            raise ConfigError(
                "conn_id", config.conn_id, "is a connection without a host; enter the URL of the webhook as its host"
            )
        return Address(fields.base_url, fields.api_key)

    def notify(self, config: "ChannelConfig", notifier: "Notifier", **fields: Any) -> None:  # noqa: ARG002 - it is in the fields
        from importlib import import_module

        from semtel_ops.errors import ConfigError

        try:
            made = getattr(import_module(notifier.module), notifier.name)(**fields)
        except ModuleNotFoundError:
            package = f"apache-airflow-providers-{notifier.provider}"
            raise ConfigError(
                "alerts.channels.kind", notifier.provider, f"needs the package {package}: pip install 'semtel-ops[alerts]'"
            ) from None
        # Calling the notifier would render its fields as templates, and ids come from the source; `notify` renders nothing.
        made.notify({})


def week_of(params: Mapping[str, Any], *, data_interval_start: datetime | None, run_after: datetime) -> str:
    """The week of a run, as `plan` determines it; empty if the week in the form is invalid."""
    week = str(request_of(params, data_interval_start=data_interval_start, run_after=run_after)["week"])
    return week if re.fullmatch(WEEK_PATTERN, week) else ""


def _week_of(context: Mapping[str, Any]) -> str:
    run = context.get("dag_run")
    return week_of(
        context.get("params") or getattr(run, "conf", None) or {},
        data_interval_start=context.get("data_interval_start") or getattr(run, "data_interval_start", None),
        run_after=context["ti"].start_date if run is None else run.run_after,
    )


def _part_week_of(context: Mapping[str, Any]) -> str | None:
    """The week in a task's arguments: in a run of several weeks, each mapped task belongs to one week."""
    task = context.get("task")
    arguments = [*getattr(task, "op_args", ()), *getattr(task, "op_kwargs", {}).values()]
    arguments += [getattr(task, name, None) for name in ("shard", "run")]
    # An argument is neither a mapping nor a string if the task failed before its arguments were rendered.
    urls = [argument.get("run", "") if isinstance(argument, Mapping) else argument for argument in arguments]
    weeks = [week_of_run(url) for url in urls if isinstance(url, str)]
    return next((week for week in weeks if week), None)


def _until_of(context: Mapping[str, Any]) -> str | None:
    """The last week of a form that names several."""
    until = str((context.get("params") or {}).get("until") or "")
    return until if until and re.fullmatch(WEEK_PATTERN, until) else None


@contextmanager
def _only_logged(task: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - see the module's docstring
        log.warning("no alert about task %s could be sent: %s: %s", task, type(error).__name__, error)
