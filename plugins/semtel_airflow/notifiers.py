"""Who is told of alerts, through Airflow's notifiers and connections, and the callbacks that raise what tasks cannot say.

Callbacks only log what goes wrong in them: nothing here may make a run red.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from airflow.sdk import BaseNotifier

from semtel_airflow.form import WEEK_PATTERN, request_of

log = logging.getLogger(__name__)

CLOSE = "close"
"""The task that gives a run's verdict; when it fails, another task has as a rule said why."""


class TaskFailed(BaseNotifier):
    """`on_failure_callback`: raises that a task failed after its retries. Tasks of a mapped group are one alert."""

    def notify(self, context: Mapping[str, Any]) -> None:
        from semtel_ops.errors import QualityGateError
        from semtel_ops.steps.alerting import alert_failure

        error, task = context.get("exception"), context["ti"]
        if isinstance(error, QualityGateError):
            return  # the gate has an alert of its own
        with _only_logged(task.task_id):
            alert_failure(
                _week_of(context),
                task.run_id,
                task=task.task_id,
                error="killed" if error is None else type(error).__name__,
                part=task.map_index >= 0,
                consequence=task.task_id == CLOSE,
                link=getattr(task, "log_url", None),
                **telling(task.dag_id),
            )


class TaskSucceeded(BaseNotifier):
    """`on_success_callback`: a task that was cleared and now succeeds ends the alert of its failure."""

    def notify(self, context: Mapping[str, Any]) -> None:
        from semtel_ops.steps.alerting import end_failure

        task = context["ti"]
        if task.try_number < 2 or task.map_index >= 0:
            return  # it has not failed, or it is one part of many: those end when the week is published
        with _only_logged(task.task_id):
            end_failure(_week_of(context), task.run_id, task=task.task_id, open_channels=open_channels)


def telling(dag_id: str | None) -> dict[str, Any]:
    """What steps that raise alerts are given: where this runs, and who is told."""
    from airflow.sdk.configuration import conf

    return {"dag_id": dag_id, "airflow_url": conf.get("api", "base_url", fallback=None) or None, "open_channels": open_channels}


def open_channels(config: Any) -> list[Any]:
    """The channels of `alerts:` in pipeline.yaml; what is wrong with one is said when it is told, not here."""
    from semtel_ops.alerts.channel import Channel, channel_of

    senders: dict[str, Callable[[Any, Any], None]] = {
        "slack": _slack,
        "pagerduty": _pagerduty,
        "email": _email,
        "webhook": _webhook,
    }

    def through_airflow(one: Any) -> Channel:
        return Channel(one, lambda alert: senders[one.kind](one, alert))

    return [channel_of(one) if one.conn_id is None else through_airflow(one) for one in config.channels]


# A notifier that is called renders its fields as templates, and ids come from outside: `notify` renders nothing.


def _slack(channel: Any, alert: Any) -> None:
    from semtel_ops.alerts import render

    notifier = _provider("airflow.providers.slack.notifications.slack_webhook", "SlackWebhookNotifier", "slack")
    blocks = render.slack_blocks(alert)
    notifier(
        slack_webhook_conn_id=channel.conn_id, text=f"{render.title(alert)}: {render.sentence(alert)}", blocks=blocks
    ).notify({})


def _pagerduty(channel: Any, alert: Any) -> None:
    from semtel_ops.alerts import render

    notifier = _provider("airflow.providers.pagerduty.notifications.pagerduty", "PagerdutyNotifier", "pagerduty")
    notifier(pagerduty_events_conn_id=channel.conn_id, **render.pagerduty_event(alert)).notify({})


def _email(channel: Any, alert: Any) -> None:
    from semtel_ops.alerts import render

    notifier = _provider("airflow.providers.smtp.notifications.smtp", "SmtpNotifier", "smtp")
    subject, html = render.email(alert)
    notifier(smtp_conn_id=channel.conn_id, to=list(channel.to), subject=subject, html_content=html).notify({})


def _webhook(channel: Any, alert: Any) -> None:
    from semtel_airflow.connections import resolve_connection
    from semtel_ops.alerts.channel import post_json
    from semtel_ops.errors import ConfigError

    fields = resolve_connection(channel.conn_id)
    if fields.base_url is None:
        raise ConfigError("conn_id", channel.conn_id, "is a connection without a host; its host is the webhook's URL")
    post_json(fields.base_url, alert, fields.api_key)


def _provider(module: str, name: str, provider: str) -> Any:
    from importlib import import_module

    from semtel_ops.errors import ConfigError

    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError:
        package = f"apache-airflow-providers-{provider}"
        raise ConfigError("alerts.channels.kind", provider, f"needs {package}; pip install 'semtel-ops[alerts]'") from None


def week_of(params: Mapping[str, Any], *, data_interval_start: datetime | None, run_after: datetime) -> str:
    """The week a run is of, as `plan` sees it; empty where the form holds none."""
    week = str(request_of(params, data_interval_start=data_interval_start, run_after=run_after)["week"])
    return week if re.fullmatch(WEEK_PATTERN, week) else ""


def _week_of(context: Mapping[str, Any]) -> str:
    run = context.get("dag_run")
    return week_of(
        context.get("params") or getattr(run, "conf", None) or {},
        data_interval_start=context.get("data_interval_start") or getattr(run, "data_interval_start", None),
        run_after=context["ti"].start_date if run is None else run.run_after,
    )


@contextmanager
def _only_logged(task: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - see the module's docstring
        log.warning("nobody could be told about task %s: %s: %s", task, type(error).__name__, error)
