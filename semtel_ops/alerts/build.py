"""Builds the alerts of a run. Pure: the same inputs give the same alerts.

Every failed check is in exactly one alert. If the gate stops a run, a single alert covers all failed checks. Otherwise the
warnings share an alert, and label drift and the quarantine have alerts of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from semtel_ops.alerts.model import MAX_EXAMPLES, Alert, Counts, Links
from semtel_ops.concurrency.outages import Outage
from semtel_ops.conversations.lake_ids import shown_id
from semtel_ops.humanize import count, date_time, duration, money, percent, words
from semtel_ops.quality.checks import known_check
from semtel_ops.report.links import align_link, dag_run_link, reprocess_link
from semtel_ops.settings import AlertKind, AlertsConfig, AlertSeverity

_FINDINGS = 8

Check = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """The addresses that an alert links to. `dag_id` is None outside Airflow; unknown URLs are None."""

    runbook_url: str
    airflow_url: str | None = None
    dag_id: str | None = None
    report: str | None = None
    data_docs: str | None = None

    def links(self, kind: AlertKind, week: str, run_id: str, **reprocess: Any) -> Links:
        """Links of an alert.

        Args:
            reprocess: fields of the reprocess form besides week, base run and reason; none: the alert has no such link. The
                base run is this run, so the form selects the rows that the alert counts.
        """
        base = self.airflow_url
        reason = f"{words(kind)} in run {run_id}"
        form = {"week": week, "base_run": run_id, **reprocess, "reason": reason} if reprocess and week else None
        return Links(
            runbook=f"{self.runbook_url}#{kind.replace('_', '-')}",
            run=None if base is None or self.dag_id is None else dag_run_link(base, self.dag_id, run_id),
            report=self.report,
            data_docs=self.data_docs,
            reprocess=None if base is None or form is None else reprocess_link(base, form),
        )


@dataclass(frozen=True, slots=True)
class AlertInputs:
    """The state of a run from which its alerts are built; values that are not known yet are None or empty.

    Attributes:
        verdict: of the gate: passed, warn, stop; None before the gate has decided.
        checks: as in quality.json.
        failing: for each classifier, rows without an answer.
        examples: for each classifier, ids of conversations without an answer.
        spent_usd: what the run has paid so far, as far as prices are known.
        unbundled: for each classifier that is no longer combined with others, the reason.
        strategy_refused: the reason why the configured strategy was not used; None: it was used.
        held: what the model gate decided; None: it held nothing back.
        align_command: how to compare what it held back, as a command.
        align_form: the same as fields of the alignment form.
        relabel_offer: that earlier weeks can be labelled again by the new labeller, with the price; None: there is none.
        relabel_form: the same as fields of the reprocess form.
        due_at: when all rows should have landed; None: no deadline.
        landed_at: when all rows had landed; None: not yet.
    """

    week: str
    run_id: str
    place: Place
    verdict: str | None = None
    checks: Sequence[Check] = ()
    counts: Counts | None = None
    failing: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, Sequence[str]] = field(default_factory=dict)
    spent_usd: float | None = None
    budget_usd: float | None = None
    unbundled: Mapping[str, str] = field(default_factory=dict)
    strategy_refused: str | None = None
    held: str | None = None
    align_command: str | None = None
    align_form: Mapping[str, str] = field(default_factory=dict)
    relabel_offer: str | None = None
    relabel_form: Mapping[str, str] = field(default_factory=dict)
    rescued_rows: int = 0
    rescued_shards: int = 0
    outages: Sequence[Outage] = ()
    due_at: datetime | None = None
    landed_at: datetime | None = None
    published: bool = False


def alerts_of(inputs: AlertInputs, config: AlertsConfig, at: datetime) -> list[Alert]:
    """All alerts of a run, the most severe first. An alert whose cause is already over is resolved when raised: a notice."""
    alerts = [
        *_gate(inputs, at),
        *_budget(inputs, config, at),
        *_outages(inputs, config, at),
        *_strategy(inputs, at),
        *_held(inputs, at),
        *_relabelled(inputs, at),
        *_rescue(inputs, at),
        *_late(inputs, at),
    ]
    order = list(AlertSeverity)
    return sorted(alerts, key=lambda alert: -order.index(alert.severity))


def task_failed(
    inputs: AlertInputs, *, task: str, error: str, at: datetime, part: bool = False, until: str | None = None
) -> Alert:
    """A task failed after its retries.

    Args:
        error: name of the error's class, such as StoreError; its message could quote a conversation.
        part: the task is one of several mapped tasks, and the others continue.
        until: last week of a run of several weeks; the first is the week of `inputs`.
    """
    kind = AlertKind.PART_FAILED if part else AlertKind.TASK_FAILED
    run = "the run" if until is None else f"the run of weeks {inputs.week} to {until}"
    what = f"{task} failed after its retries ({error}); " + ("the other parts continue" if part else f"{run} cannot continue")
    severity = AlertSeverity.WARNING if part else AlertSeverity.CRITICAL
    return _alert(inputs, kind, severity, what, at, of=task)


def budget_spent(inputs: AlertInputs, *, task: str, at: datetime) -> Alert:
    """A task stopped before a request that could have exceeded its part of the budget."""
    of = "the budget" if inputs.budget_usd is None else f"the budget of {money(inputs.budget_usd)}"
    what = f"{of} is used up; {task} stopped before a request could exceed it, and paid replies are kept"
    return _alert(inputs, AlertKind.BUDGET, AlertSeverity.CRITICAL, what, at)


def deadline_missed(inputs: AlertInputs, due_at: datetime, at: datetime) -> Alert:
    """The run has not ended by its deadline."""
    what = f"week {inputs.week or 'of this run'} has not landed by its deadline, {date_time(due_at)}"
    return _alert(inputs, AlertKind.DEADLINE_MISSED, AlertSeverity.CRITICAL, what, at)


def trial_alert(place: Place, at: datetime) -> Alert:
    """An alert that tests whether a channel works."""
    inputs = AlertInputs("", "test", place)
    return _alert(inputs, AlertKind.TEST, AlertSeverity.CRITICAL, "this is a test alert; no action is needed", at)


def _gate(inputs: AlertInputs, at: datetime) -> list[Alert]:
    failed = [check for check in inputs.checks if not check["passed"] and check["severity"] != "off"]
    if inputs.verdict == "stop":
        stopping = sorted(failed, key=lambda check: check["severity"] != "stop")
        first = f": {_finding(stopping[0])}" if stopping else ": no check ran"
        what = f"week {inputs.week} is not published; the quality gate stopped it{first}"
        return [_gate_alert(inputs, AlertKind.GATE_STOPPED, AlertSeverity.CRITICAL, what, stopping, at)]
    alerts = []
    by_kind = [(check, _kind_of(check)) for check in failed]
    warned = [check for check, kind in by_kind if kind is AlertKind.GATE_WARNED]
    if warned:
        warnings = f"{len(warned)} warning{'s' if len(warned) > 1 else ''}"
        what = f"week {inputs.week} passed the quality gate with {warnings}: {_finding(warned[0])}"
        alerts.append(_gate_alert(inputs, AlertKind.GATE_WARNED, AlertSeverity.WARNING, what, warned, at))
    for check, kind in by_kind:
        if kind is AlertKind.GATE_WARNED:
            continue
        if kind is AlertKind.LABEL_DRIFT:
            changed = check["notes"] or _finding(check)
            what = f"label shares of {check['classifier']} changed compared with earlier weeks: {changed}"
        elif kind is AlertKind.QUARANTINE:
            what = f"{check['observed']} of the records could not be read, {check['expected']} expected"
        else:
            what = _finding(check)
        alerts.append(_gate_alert(inputs, kind, AlertSeverity.WARNING, what, [check], at, of=check.get("classifier")))
    return alerts


def _kind_of(check: Check) -> AlertKind:
    """The kind of alert for a failed check; GATE_WARNED for a check that this version does not know."""
    known = known_check(check["id"])
    return AlertKind.GATE_WARNED if known is None else known.alert


def _gate_alert(
    inputs: AlertInputs,
    kind: AlertKind,
    severity: AlertSeverity,
    what: str,
    checks: Sequence[Check],
    at: datetime,
    *,
    of: str | None = None,
) -> Alert:
    """An alert about failed checks; its reprocess form selects the rows that would be requested again."""
    named = list(dict.fromkeys(check["classifier"] for check in checks if check.get("classifier")))
    worst = max(named, key=lambda name: inputs.failing.get(name, 0), default=None)
    known = [known_check(check["id"]) for check in checks]
    unanswered = all(check is not None and check.unanswered for check in known)
    rows = {"rows": "not_success"} if unanswered and checks else {"rows": "all"}
    return _alert(
        inputs, kind, severity, what, at, of=of, findings=[_finding(check) for check in checks], worst=worst,
        reprocess={} if kind is AlertKind.QUARANTINE else {**rows, "classifiers": named},
    )  # fmt: skip


def _budget(inputs: AlertInputs, config: AlertsConfig, at: datetime) -> list[Alert]:
    if inputs.spent_usd is None or inputs.budget_usd is None:
        return []
    share = inputs.spent_usd / inputs.budget_usd
    if share < config.budget_share:
        return []
    severity = AlertSeverity.CRITICAL if share >= 1 else AlertSeverity.WARNING
    what = f"the run has spent {money(inputs.spent_usd)} of its budget of {money(inputs.budget_usd)} ({percent(share, 0)})"
    alert = _alert(inputs, AlertKind.BUDGET, severity, what, at)
    return [alert.resolved(at, "the run is published and sends no more requests") if inputs.published else alert]


def _outages(inputs: AlertInputs, config: AlertsConfig, at: datetime) -> list[Alert]:
    alerts = []
    for outage in inputs.outages:
        if outage.seconds > config.circuit_open_s:
            ended = "it answers again" if outage.over else "it does not answer yet"
            what = f"endpoint {outage.endpoint} kept failing and got no requests for {duration(outage.seconds)}; {ended}"
            if outage.reason:
                what += f"; the last failure: {outage.reason}"
            alert = _alert(inputs, AlertKind.CIRCUIT_OPEN, AlertSeverity.WARNING, what, at, of=outage.endpoint)
            alerts.append(alert.resolved(at, "the endpoint answers again") if outage.over else alert)
    return alerts


def _strategy(inputs: AlertInputs, at: datetime) -> list[Alert]:
    """Notices: the labels are valid, but cost more than planned."""
    alerts = []
    if inputs.strategy_refused is not None:
        what = f"requests were not shared as configured: {inputs.strategy_refused}"
        alerts.append(_alert(inputs, AlertKind.STRATEGY, AlertSeverity.WARNING, what, at))
    for classifier, reason in inputs.unbundled.items():
        what = f"{classifier} is requested separately from now on: {reason}"
        alerts.append(_alert(inputs, AlertKind.STRATEGY, AlertSeverity.WARNING, what, at, of=classifier, worst=classifier))
    return [alert.resolved(at, "the run continued with separate requests") for alert in alerts]


def _held(inputs: AlertInputs, at: datetime) -> list[Alert]:
    """A notice: the labels are those of the labeller before, and comparable."""
    if inputs.held is None:
        return []
    command = [] if inputs.align_command is None else [f"to compare them: {inputs.align_command}"]
    if inputs.place.airflow_url is not None and inputs.align_form:
        command.append(f"the same as a form: {align_link(inputs.place.airflow_url, inputs.align_form)}")
    alert = _alert(inputs, AlertKind.MODEL_HELD, AlertSeverity.WARNING, inputs.held, at, findings=command)
    return [alert.resolved(at, "the run continued with the labeller before")]


def _relabelled(inputs: AlertInputs, at: datetime) -> list[Alert]:
    """A notice, once the week is published: the report tells the labeller's part of each change."""
    if inputs.relabel_offer is None or not inputs.published:
        return []
    what = f"week {inputs.week} has another labeller than the week before, and a bridge to it"
    alert = _alert(inputs, AlertKind.LABELLER_CHANGED, AlertSeverity.INFO, what, at, findings=[inputs.relabel_offer])
    if inputs.place.airflow_url is not None and inputs.relabel_form:
        form = reprocess_link(inputs.place.airflow_url, inputs.relabel_form)
        alert = replace(alert, links=replace(alert.links, reprocess=form))
    return [alert.resolved(at, "both weeks can be compared over the bridge")]


def _rescue(inputs: AlertInputs, at: datetime) -> list[Alert]:
    if not inputs.rescued_rows:
        return []
    what = (
        f"batch jobs left {count(inputs.rescued_rows, 'row')} of {count(inputs.rescued_shards, 'shard')} unanswered; "
        "the realtime lane requested them again, at its price"
    )
    return [_alert(inputs, AlertKind.BATCH_RESCUED, AlertSeverity.WARNING, what, at).resolved(at, "all rows have landed")]


def _late(inputs: AlertInputs, at: datetime) -> list[Alert]:
    if inputs.due_at is None or (inputs.landed_at or at) <= inputs.due_at:
        return []
    if inputs.landed_at is None:
        return [deadline_missed(inputs, inputs.due_at, at)]
    late = duration((inputs.landed_at - inputs.due_at).total_seconds())
    what = f"week {inputs.week} landed {late} after its deadline, {date_time(inputs.due_at)}"
    return [_alert(inputs, AlertKind.DEADLINE_MISSED, AlertSeverity.WARNING, what, at).resolved(at, "the week has landed")]


def _alert(
    inputs: AlertInputs,
    kind: AlertKind,
    severity: AlertSeverity,
    what: str,
    at: datetime,
    *,
    of: str | None = None,
    findings: Sequence[str] = (),
    worst: str | None = None,
    reprocess: Mapping[str, Any] | None = None,
) -> Alert:
    examples = inputs.examples.get(worst, ()) if worst is not None else ()
    more = len(findings) - _FINDINGS
    return Alert(
        key=kind.value if of is None else f"{kind.value}:{of}",
        kind=kind,
        severity=severity,
        week=inputs.week,
        run_id=inputs.run_id,
        what=what,
        links=inputs.place.links(kind, inputs.week, inputs.run_id, **(reprocess or {})),
        raised_at=at,
        findings=(*findings[:_FINDINGS], *([f"and {more} more"] if more > 0 else [])),
        counts=inputs.counts,
        worst=worst,
        examples=tuple(map(shown_id, examples[:MAX_EXAMPLES])),
        cost_usd=inputs.spent_usd,
    )


def _finding(check: Check) -> str:
    """A failed check as text, without its notes: they contain example conversations, for which an alert has its own field."""
    of = f" of {check['classifier']}" if check.get("classifier") else ""
    return f"{words(check['id'])}{of} is {check['observed']}, {check['expected']} expected"
