"""Raise what people should know of a run, end what is over, and tell the channels.

Alerts are computed from the run's files and the ledger, so doing it again, in another task or after a crash, raises nothing
twice and forgets nothing. Telling comes last and fails alone: a channel that does not answer is tried again by whoever tells
next, a bounded number of times, and no run is red for it.
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
from semtel_ops.runs.resources import ledger_of_environment
from semtel_ops.settings import AlertKind, AlertsConfig, Settings, pipeline_of
from semtel_ops.steps.alert_inputs import facts_of, outages_of, place_of
from semtel_ops.store.alert_ledger import RESOLVED, AlertLedger, AlertRow
from semtel_ops.store.files import exists
from semtel_ops.store.layout import Lake

log = logging.getLogger(__name__)

TOLD_FOR = timedelta(days=3)
"""What nobody could be told for so long is old: it stays in the ledger, and no new channel is flooded with it."""

_JUDGED = frozenset({AlertKind.GATE_STOPPED, AlertKind.GATE_WARNED, AlertKind.LABEL_DRIFT, AlertKind.QUARANTINE})


def alert_run(run: str, *, alerts: AlertContext | None = None, clock: Clock | None = None) -> dict[str, Any]:
    """Raise the run's alerts, resolve those of its week whose cause is gone, and notify the channels."""
    plan = RunPlan.load(run)
    if plan.dry_run or not plan.ledger:
        return {"run": run, "week": plan.week, "raised": [], "resolved": [], "open": []}
    context, clock = alerts or AlertContext(), clock or SystemClock()
    at = datetime.fromtimestamp(clock.now(), UTC)
    with ledger_of_environment() as ledger:
        facts = facts_of(plan, place_of(plan, context), ledger)
        alert_ledger, found = AlertLedger(ledger), alerts_of(facts, plan.config.alerts, at)
        raised = raise_all(alert_ledger, found)
        resolved = _resolve(alert_ledger, facts, found, at)
        told = send_pending(alert_ledger, context.open_channels(plan.config.alerts), clock=clock)
        still_open = [row.key for row in alert_ledger.alerts(plan.week, run_id=plan.run_id, state="open")]
    return {"run": run, "week": plan.week, "raised": raised, "resolved": resolved, "open": still_open, **told}


def alert_progress(
    plan: RunPlan,
    shard: Mapping[str, Any],
    *,
    alerts: AlertContext | None = None,
    clock: Clock | None = None,
) -> list[str]:
    """Write a landed shard down, and raise what cannot wait for the end of the run; returns what is new.

    That is a budget that is spent or nearly so, a deadline that has passed, an endpoint that was down for long.
    """
    context, clock = alerts or AlertContext(), clock or SystemClock()
    config, number = plan.config.alerts, shard["shard"]
    with ledger_of_environment() as ledger:
        ledger.save_shard(
            plan.week, plan.run_id, number, state="landed", conversations=shard["conversations"], rows=shard.get("rows"),
            requests=shard.get("requests"), reused=shard.get("reused"), cost_usd=shard.get("paid_usd"),
            input_tokens=shard.get("input_tokens"), output_tokens=shard.get("output_tokens"), seconds=shard.get("seconds"),
        )  # fmt: skip
        facts = AlertInputs(
            week=plan.week,
            run_id=plan.run_id,
            place=place_of(plan, context),
            spent_usd=sum(row["cost_usd"] or 0.0 for row in ledger.shards(plan.week, plan.run_id)),
            budget_usd=plan.config.budget_usd,
            outages=outages_of(plan, number),
            due_at=due_at(plan),
        )
        found = alerts_of(facts, config, datetime.fromtimestamp(clock.now(), UTC))
        alert_ledger = AlertLedger(ledger)
        raised = raise_all(alert_ledger, found)
        if found:
            send_pending(alert_ledger, context.open_channels(config), clock=clock)
    return raised


def alert_outages(
    plan: RunPlan,
    down: Sequence[Outage],
    *,
    alerts: AlertContext | None = None,
    clock: Clock | None = None,
) -> list[str]:
    """Raise that endpoints have been left alone for long, while they are; returns what is new."""
    context, clock = alerts or AlertContext(), clock or SystemClock()
    with ledger_of_environment() as ledger:
        facts = AlertInputs(plan.week, plan.run_id, place_of(plan, context), outages=down)
        alert_ledger = AlertLedger(ledger)
        raised = raise_all(alert_ledger, alerts_of(facts, plan.config.alerts, datetime.fromtimestamp(clock.now(), UTC)))
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
    """Raise that a task failed after its retries, and tell the channels; returns what is new. See `build.task_failed`.

    Where the budget ended it, that is what is raised, however many shards it ends.

    Args:
        consequence: the task gives the run's verdict; where an alert of the run is open already, its failure is no news.
        link: of the task's log.
    """
    context, clock = alerts or AlertContext(), clock or SystemClock()
    at = datetime.fromtimestamp(clock.now(), UTC)
    config, facts = _facts_so_far(week, run_id, context)
    with ledger_of_environment() as ledger:
        alert_ledger = AlertLedger(ledger)
        if consequence and alert_ledger.alerts(week, run_id=run_id, state="open"):
            return []
        if error == BudgetExceededError.__name__:
            alert = budget_spent(facts, task=task, at=at)
        else:
            alert = task_failed(facts, task=task, error=error, at=at, part=part, until=until)
        raised = raise_all(alert_ledger, [alert if link is None else replace(alert, links=replace(alert.links, run=link))])
        send_pending(alert_ledger, context.open_channels(config), clock=clock)
    return raised


def end_failure(week: str, run_id: str, *, task: str, alerts: AlertContext | None = None, clock: Clock | None = None) -> bool:
    """Resolve that a task failed, now that it has succeeded; whether there was anything to resolve."""
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
    """Raise that a run is still on its way at its deadline, and tell the channels.

    A run that was given a later deadline of its own is left alone until then.
    """
    context, clock = alerts or AlertContext(), clock or SystemClock()
    at = datetime.fromtimestamp(clock.now(), UTC)
    config, facts = _facts_so_far(week, run_id, context)
    if facts.published or (facts.due_at is not None and facts.due_at > at):
        return []
    with ledger_of_environment() as ledger:
        alert_ledger = AlertLedger(ledger)
        raised = raise_all(alert_ledger, [deadline_missed(facts, facts.due_at or due, at)])
        send_pending(alert_ledger, context.open_channels(config), clock=clock)
    return raised


def raise_all(alerts: AlertLedger, found: Sequence[Alert]) -> list[str]:
    """Write alerts down; returns the keys of those that are news."""
    raised = alerts.raise_all([_row(alert) for alert in found])
    for alert in found:
        if alert.key in raised:
            log.warning("alert %s (%s): %s", alert.key, alert.severity.value, alert.what)
    return raised


def send_pending(alerts: AlertLedger, channels: Sequence[Channel], *, clock: Clock | None = None) -> dict[str, int]:
    """Tell every channel what it has not been told; never raises for a channel's sake.

    Who was told of an alert is told of its end. What ended before anybody could be told is not told at all, but notices are.
    """
    now = datetime.fromtimestamp((clock or SystemClock()).now(), UTC)
    told = {"delivered": 0, "undelivered": 0}
    for row in alerts.changed_since(now - TOLD_FOR):
        alert = alert_of(row)
        delivered = {(one.event, one.channel) for one in alerts.deliveries(row) if one.state == "delivered"}
        for channel in channels:
            event = "raised" if alert.is_open or alert.is_notice else "resolved"
            was_told = ("raised", channel.name) in delivered
            if not channel.wants(alert) or (event == "resolved" and not was_told):
                continue
            if alerts.take(row, event, channel.name, at=now):
                problem = _send(channel, alert)
                alerts.record_delivery(row, event, channel.name, problem=problem)
                told["delivered" if problem is None else "undelivered"] += 1
    return told


def alert_of(row: AlertRow) -> Alert:
    """The alert a row holds, in its present state."""
    alert = replace(Alert.from_json(row.body), raised_at=row.raised_at)
    if row.state != RESOLVED or row.resolved_at is None:
        return alert
    return alert.resolved(row.resolved_at, row.resolution or "")


def _send(channel: Channel, alert: Alert) -> str | None:
    """Why it could not be sent, or None."""
    try:
        channel.send(alert)
    except Exception as error:  # noqa: BLE001 - providers raise what they like, and no run may fail for any of it
        problem = f"{type(error).__name__}: {error}"[:300]
        log.warning("channel %s was not told of %s, it will be tried again: %s", channel.name, alert.key, problem)
        return problem
    log.info("channel %s was told of %s", channel.name, alert.key)
    return None


def _resolve(alerts: AlertLedger, facts: AlertInputs, found: Sequence[Alert], at: datetime) -> list[str]:
    """Close the week's open alerts whose cause is gone; returns their keys."""
    still = {alert.key for alert in found if alert.is_open}
    closed = []
    for row in alerts.alerts(facts.week, state="open"):
        reason = _why_over(row, facts, still)
        if reason is not None:
            alerts.resolve(facts.week, [(row.run_id, row.key)], at=at, resolution=reason)
            log.info("alert %s of run %s is resolved: %s", row.key, row.run_id, reason)
            closed.append(row.key)
    return closed


def _why_over(row: AlertRow, facts: AlertInputs, still: set[str]) -> str | None:
    """Why an open alert of the week is over, given what is known of the latest run of it; None while it is not."""
    mine = row.run_id == facts.run_id
    if row.key in still:
        return None if mine else f"run {facts.run_id} found the same; see its alert"
    if row.kind in _JUDGED:
        stopped = facts.verdict in {None, "stop"}
        return None if stopped else f"run {facts.run_id} passed the gate"
    if row.kind == AlertKind.TASK_FAILED and mine:
        return None  # until that task succeeds
    return f"run {facts.run_id} is published" if facts.published else None


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


def _facts_so_far(week: str, run_id: str, context: AlertContext) -> tuple[AlertsConfig, AlertInputs]:
    """Configuration and facts of a run that may have failed before it had a plan, or even a week."""
    settings = Settings.from_env()
    url = Lake(settings.lake).run(week, run_id).plan
    if week and exists(url):
        plan = RunPlan.load(url)
        with ledger_of_environment() as ledger:
            return plan.config.alerts, facts_of(plan, place_of(plan, context), ledger)
    config = _configured()
    return config, AlertInputs(week, run_id, context.place(config))


def _configured() -> AlertsConfig:
    return pipeline_of(Settings.from_env()).alerts
