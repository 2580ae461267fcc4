"""Raise the alerts of a run, resolve those whose cause is gone, and notify the channels.

Alerts are computed from the run's files and the ledger, so a repetition, in another task or after a crash, neither duplicates
nor loses any. Notification comes last, and its failure does not fail the run: later tasks retry it, up to a maximum number of
attempts.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from semtel_ops.alerts.build import AlertInputs, alerts_of, budget_spent, deadline_missed, task_failed
from semtel_ops.alerts.channel import Channel
from semtel_ops.alerts.context import AlertContext
from semtel_ops.alerts.model import Alert
from semtel_ops.clock import Clock, SystemClock
from semtel_ops.concurrency.outages import Outage
from semtel_ops.errors import BudgetExceededError
from semtel_ops.runs.deadline import due_at
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import ledger_of, ledger_of_environment
from semtel_ops.settings import AlertKind, AlertsConfig, Settings, pipeline_of
from semtel_ops.steps.alert_inputs import inputs_of, outages_of, place_of, spent_on_bridge
from semtel_ops.store.alert_ledger import RESOLVED, AlertLedger, AlertRow
from semtel_ops.store.files import exists
from semtel_ops.store.layout import Lake

log = logging.getLogger(__name__)

NOTIFY_FOR = timedelta(days=3)
"""Older changes are not sent any more, so that a new channel is not flooded; they stay in the ledger."""

_JUDGED = frozenset({AlertKind.GATE_STOPPED, AlertKind.GATE_WARNED, AlertKind.LABEL_DRIFT, AlertKind.QUARANTINE})


def alert_run(run: str, *, alerts: AlertContext | None = None, clock: Clock | None = None) -> dict[str, Any]:
    """Raise the run's alerts, resolve those of its week whose cause is gone, and notify the channels."""
    plan = RunPlan.load(run)
    if plan.dry_run or not plan.ledger:
        return {"run": run, "week": plan.week, "raised": [], "resolved": [], "open": []}
    context, clock = alerts or AlertContext(), clock or SystemClock()
    at = datetime.fromtimestamp(clock.now(), UTC)
    with ledger_of(plan) as ledger:
        inputs = inputs_of(plan, place_of(plan, context), ledger)
        alert_ledger, current = AlertLedger(ledger), alerts_of(inputs, plan.config.alerts, at)
        raised = raise_all(alert_ledger, current)
        resolved = _resolve(alert_ledger, inputs, current, at)
        deliveries = send_pending(alert_ledger, context.open_channels(plan.config.alerts), clock=clock)
        still_open = [row.key for row in alert_ledger.alerts(plan.week, run_id=plan.run_id, state="open")]
    return {"run": run, "week": plan.week, "raised": raised, "resolved": resolved, "open": still_open, **deliveries}


def alert_progress(
    plan: RunPlan,
    shard: Mapping[str, Any],
    *,
    alerts: AlertContext | None = None,
    clock: Clock | None = None,
) -> list[str]:
    """Record a finished shard and raise alerts that cannot wait for the end of the run; returns the keys of new ones.

    These are a budget that is (nearly) spent, a missed deadline, and a long outage of an endpoint.
    """
    context, clock = alerts or AlertContext(), clock or SystemClock()
    config, number = plan.config.alerts, shard["shard"]
    with ledger_of(plan) as ledger:
        ledger.save_shard(
            plan.week, plan.run_id, number, state="landed", conversations=shard["conversations"], rows=shard.get("rows"),
            requests=shard.get("requests"), reused=shard.get("reused"), cost_usd=shard.get("paid_usd"),
            input_tokens=shard.get("input_tokens"), output_tokens=shard.get("output_tokens"), seconds=shard.get("seconds"),
        )  # fmt: skip
        inputs = AlertInputs(
            week=plan.week,
            run_id=plan.run_id,
            place=place_of(plan, context),
            spent_usd=spent_on_bridge(plan) + sum(row["cost_usd"] or 0.0 for row in ledger.shards(plan.week, plan.run_id)),
            budget_usd=plan.config.budget_usd,
            outages=outages_of(plan, number),
            due_at=due_at(plan),
        )
        current = alerts_of(inputs, config, datetime.fromtimestamp(clock.now(), UTC))
        alert_ledger = AlertLedger(ledger)
        raised = raise_all(alert_ledger, current)
        if current:
            send_pending(alert_ledger, context.open_channels(config), clock=clock)
    return raised


def alert_outages(
    plan: RunPlan,
    down: Sequence[Outage],
    *,
    alerts: AlertContext | None = None,
    clock: Clock | None = None,
) -> list[str]:
    """Raise alerts for long outages while they last; returns the keys of new ones."""
    context, clock = alerts or AlertContext(), clock or SystemClock()
    with ledger_of(plan) as ledger:
        inputs = AlertInputs(plan.week, plan.run_id, place_of(plan, context), outages=down)
        alert_ledger = AlertLedger(ledger)
        raised = raise_all(alert_ledger, alerts_of(inputs, plan.config.alerts, datetime.fromtimestamp(clock.now(), UTC)))
        send_pending(alert_ledger, context.open_channels(plan.config.alerts), clock=clock)
    return raised


def alert_failure(
    week: str,
    run_id: str,
    *,
    task: str,
    error: str,
    part: bool = False,
    consequence: bool = False,
    until: str | None = None,
    link: str | None = None,
    alerts: AlertContext | None = None,
    clock: Clock | None = None,
) -> list[str]:
    """Raise an alert for a task that failed after its retries, and notify the channels; returns the keys of new ones.

    If the budget was exceeded, one alert for the budget is raised instead, however many shards failed. See `build.task_failed`.

    Args:
        consequence: the task only reports the run's result; nothing is raised if an alert of the run is already open.
        link: URL of the task's log.
    """
    context, clock = alerts or AlertContext(), clock or SystemClock()
    at = datetime.fromtimestamp(clock.now(), UTC)
    config, inputs = _inputs_so_far(week, run_id, context)
    with ledger_of_environment() as ledger:
        alert_ledger = AlertLedger(ledger)
        if consequence and alert_ledger.alerts(week, run_id=run_id, state="open"):
            return []
        if error == BudgetExceededError.__name__:
            alert = budget_spent(inputs, task=task, at=at)
        else:
            alert = task_failed(inputs, task=task, error=error, at=at, part=part, until=until)
        raised = raise_all(alert_ledger, [alert if link is None else replace(alert, links=replace(alert.links, run=link))])
        send_pending(alert_ledger, context.open_channels(config), clock=clock)
    return raised


def end_failure(week: str, run_id: str, *, task: str, alerts: AlertContext | None = None, clock: Clock | None = None) -> bool:
    """Resolve the alert of a failed task that has since succeeded; returns whether there was one."""
    context, clock = alerts or AlertContext(), clock or SystemClock()
    at = datetime.fromtimestamp(clock.now(), UTC)
    key = f"{AlertKind.TASK_FAILED.value}:{task}"
    with ledger_of_environment() as ledger:
        alert_ledger = AlertLedger(ledger)
        if not alert_ledger.resolve(week, [(run_id, key)], at=at, resolution=f"{task} has succeeded"):
            return False
        send_pending(alert_ledger, context.open_channels(_configured()), clock=clock)
    return True


def alert_deadline(
    week: str,
    run_id: str,
    *,
    due: datetime,
    alerts: AlertContext | None = None,
    clock: Clock | None = None,
) -> list[str]:
    """Raise an alert for a run that has missed its deadline, and notify the channels.

    Does nothing before the run's own deadline, if that is later.
    """
    context, clock = alerts or AlertContext(), clock or SystemClock()
    at = datetime.fromtimestamp(clock.now(), UTC)
    config, inputs = _inputs_so_far(week, run_id, context)
    if inputs.published or (inputs.due_at is not None and inputs.due_at > at):
        return []
    with ledger_of_environment() as ledger:
        alert_ledger = AlertLedger(ledger)
        raised = raise_all(alert_ledger, [deadline_missed(inputs, inputs.due_at or due, at)])
        send_pending(alert_ledger, context.open_channels(config), clock=clock)
    return raised


def raise_all(alert_ledger: AlertLedger, alerts: Sequence[Alert]) -> list[str]:
    """Record alerts; returns the keys of new ones."""
    raised = alert_ledger.raise_all([_row(alert) for alert in alerts])
    for alert in alerts:
        if alert.key in raised:
            log.warning("alert %s (%s): %s", alert.key, alert.severity.value, alert.what)
    return raised


def send_pending(alerts: AlertLedger, channels: Sequence[Channel], *, clock: Clock | None = None) -> dict[str, int]:
    """Send every channel the notifications it has not received; failed deliveries do not raise.

    A channel that was notified of an alert is also notified of its resolution. An alert that was resolved before it could be
    sent is not sent at all, except notices.
    """
    now = datetime.fromtimestamp((clock or SystemClock()).now(), UTC)
    counts = {"delivered": 0, "undelivered": 0}
    for row in alerts.changed_since(now - NOTIFY_FOR):
        alert = alert_of(row)
        delivered = {(delivery.event, delivery.channel) for delivery in alerts.deliveries(row) if delivery.state == "delivered"}
        for channel in channels:
            event = "raised" if alert.is_open or alert.is_notice else "resolved"
            was_notified = ("raised", channel.name) in delivered
            if not channel.wants(alert) or (event == "resolved" and not was_notified):
                continue
            if alerts.take(row, event, channel.name, at=now):
                problem = _send(channel, alert)
                alerts.record_delivery(row, event, channel.name, problem=problem)
                counts["delivered" if problem is None else "undelivered"] += 1
    return counts


def alert_of(row: AlertRow) -> Alert:
    """The alert stored in a row, in its current state."""
    alert = replace(Alert.from_json(row.body), raised_at=row.raised_at)
    if row.state != RESOLVED or row.resolved_at is None:
        return alert
    return alert.resolved(row.resolved_at, row.resolution or "")


def _send(channel: Channel, alert: Alert) -> str | None:
    """Send an alert; return the error, or None."""
    try:
        channel.send(alert)
    except Exception as error:  # noqa: BLE001 - channels raise any type, and no run may fail for it
        problem = f"{type(error).__name__}: {error}"[:300]
        log.warning("channel %s: notification of %s failed and will be retried: %s", channel.name, alert.key, problem)
        return problem
    log.info("channel %s: notification of %s delivered", channel.name, alert.key)
    return None


def _resolve(alerts: AlertLedger, inputs: AlertInputs, current: Sequence[Alert], at: datetime) -> list[str]:
    """Resolve the week's open alerts whose cause is gone; returns their keys."""
    still = {alert.key for alert in current if alert.is_open}
    closed = []
    for row in alerts.alerts(inputs.week, state="open"):
        reason = _why_over(row, inputs, still)
        if reason is not None:
            alerts.resolve(inputs.week, [(row.run_id, row.key)], at=at, resolution=reason)
            log.info("alert %s of run %s is resolved: %s", row.key, row.run_id, reason)
            closed.append(row.key)
    return closed


def _why_over(row: AlertRow, inputs: AlertInputs, still: set[str]) -> str | None:
    """Why an open alert of the week can be resolved, judged by the week's latest run; None if it cannot."""
    mine = row.run_id == inputs.run_id
    if row.key in still:
        return None if mine else f"run {inputs.run_id} has the same problem; see its alert"
    if row.kind in _JUDGED:
        stopped = inputs.verdict in {None, "stop"}
        return None if stopped else f"run {inputs.run_id} passed the gate"
    if row.kind == AlertKind.TASK_FAILED and mine:
        return None  # until that task succeeds
    return f"run {inputs.run_id} is published" if inputs.published else None


def _row(alert: Alert) -> AlertRow:
    return AlertRow(
        week=alert.week,
        run_id=alert.run_id,
        key=alert.key,
        kind=alert.kind.value,
        severity=alert.severity.value,
        what=alert.what,
        body=alert.to_json(),
        raised_at=alert.raised_at,
        changed_at=alert.raised_at,
        state="open" if alert.is_open else RESOLVED,
        resolved_at=alert.resolved_at,
        resolution=alert.resolution,
    )


def _inputs_so_far(week: str, run_id: str, context: AlertContext) -> tuple[AlertsConfig, AlertInputs]:
    """Configuration and alert inputs of a run that may have failed before its plan, or even its week, was known."""
    settings = Settings.from_env()
    url = Lake(settings.lake).run(week, run_id).plan
    if week and exists(url):
        plan = RunPlan.load(url)
        with ledger_of_environment() as ledger:
            return plan.config.alerts, inputs_of(plan, place_of(plan, context), ledger)
    config = _configured()
    return config, AlertInputs(week, run_id, context.place(config))


def _configured() -> AlertsConfig:
    return pipeline_of(Settings.from_env()).alerts
