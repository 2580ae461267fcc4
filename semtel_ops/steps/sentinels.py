"""Sentinels: fixed conversations are asked once a day at each endpoint, to notice a changed model on the same day.

On the first day, repeats of the same requests give each conversation a label of reference and measure how often an unchanged
labeller flips (`evaluation.sentinel`). Every later day is compared with that baseline, its served model with the day before.
A day is in the ledger once; doing it twice asks nothing and changes nothing. What was answered when a task is killed is kept.

A baseline is of a labeller as it is asked: a prompt, a parameter or a model in endpoints.yaml that changes begins with a new
one, and so does a person who accepts a change (`new_baseline`).
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from semtel_ops.alerts.build import Place
from semtel_ops.alerts.context import AlertContext
from semtel_ops.alerts.model import Alert
from semtel_ops.alerts.models import Moved, answers_moved, served_model_moved
from semtel_ops.conversations.scrub import scrub_message
from semtel_ops.endpoints import Endpoint, Lane
from semtel_ops.errors import BudgetExceededError, EndpointError
from semtel_ops.evaluation.sentinel import Baseline, Day, SentinelTest, baseline
from semtel_ops.labellers import Labellers
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import Resources, classifiers_of, endpoints_of, open_settled
from semtel_ops.settings import AlertKind, Settings, pipeline_of
from semtel_ops.settings.sentinels import SentinelsConfig
from semtel_ops.steps.alert import raise_all, send_pending
from semtel_ops.steps.frozen_set import FrozenSet
from semtel_ops.steps.plan import RunRequest, resolve
from semtel_ops.steps.sentinel_answers import Answers, Sentinels
from semtel_ops.steps.sentinel_set import sentinel_set
from semtel_ops.store.alert_ledger import AlertLedger
from semtel_ops.store.layout import Lake
from semtel_ops.store.model_ledger import BASELINE, JUDGED, ModelLedger, SentinelDay

log = logging.getLogger(__name__)

_LEAST_P0, _MOST_P0 = 0.005, 0.95
"""Bounds of p₀: the test needs a share between 0 and 1, and 100 rows cannot tell smaller shares apart."""
_SERVED_SHARE = 0.05
"""A model that gives fewer of the answers is not yet taken for the one that answers now."""


@dataclass(frozen=True, slots=True)
class _Watch:
    """What is watched at an endpoint.

    Attributes:
        labellers: classifier → id of its labeller, as it is asked.
        history: days of the endpoint so far, today included.
    """

    endpoint: Endpoint
    frozen: FrozenSet
    labellers: dict[str, str]
    history: Sequence[SentinelDay]
    today: date
    config: SentinelsConfig

    @property
    def baselines(self) -> list[date]:
        """Days on which a baseline was complete, in order; their index is the baseline's generation."""
        return sorted({row.day for row in self.history if row.state == BASELINE})

    @property
    def reference(self) -> dict[str, SentinelDay] | None:
        """The latest baseline by classifier; None if it is of another labeller or another set."""
        if not self.baselines:
            return None
        rows = {row.classifier: row for row in self.history if row.day == self.baselines[-1] and row.state == BASELINE}
        fits = all(
            name in rows and (rows[name].labeller, rows[name].sentinels) == (labeller, self.frozen.fingerprint)
            for name, labeller in self.labellers.items()
        )
        return rows if fits else None

    def begins(self, *, new_baseline: bool) -> bool:
        """Whether today's answers become the labels of reference; those of a baseline of today are not replaced."""
        return self.reference is None or (new_baseline and self.baselines[-1] != self.today)

    @property
    def generation(self) -> int:
        """Number of the baseline that begins today, from 0."""
        return sum(day < self.today for day in self.baselines)

    def judged(self, classifier: str) -> list[SentinelDay]:
        """Days before today that the latest baseline has judged."""
        since = self.baselines[-1]
        return [row for row in self.history if row.classifier == classifier and since < row.day < self.today]

    def served_before(self) -> str | None:
        """The model that answered when the endpoint was last asked before today."""
        return next((row.served_model for row in reversed(self.history) if row.day < self.today and row.served_model), None)

    def run_id(self, generation: int) -> str:
        """The run id of alerts: they belong to a baseline."""
        return f"sentinels.{self.endpoint.name}.{generation}"[:250]


def run_sentinels(
    *,
    settings: Settings,
    resources: Resources | None = None,
    alerts: AlertContext | None = None,
    new_baseline: bool = False,
    dry_run: bool = False,
    only: Sequence[str] = (),
) -> dict[str, Any]:
    """Ask the sentinels of today at every endpoint that answers at once, judge the answers, and raise alerts.

    Args:
        new_baseline: begin again with the labels of today as reference: a person accepts how the model answers now.
        dry_run: forecast requests and cost; ask and record nothing.
        only: names of endpoints; empty: all.

    Returns:
        `day`, `week` (of the conversations), `endpoints` with a dict for each, `raised` and `resolved` keys of alerts, or
        `skipped` with the reason.

    Raises:
        BudgetExceededError: `sentinels.budget_usd` did not suffice at an endpoint; the others are done, and the rest is asked
            tomorrow.
        EndpointError: an endpoint did not answer; the others are done.
    """
    resources, context = resources or Resources(), alerts or AlertContext()
    whole = pipeline_of(settings)
    config, today = whole.sentinels, datetime.fromtimestamp(resources.clock.now(), UTC).date()
    if not config.enabled:
        return {"day": str(today), "skipped": "sentinels.enabled is false"}
    classifiers = config.classifiers or whole.classifiers
    lake, place = Lake(settings.lake), context.place(whole.alerts)
    failures: list[Exception] = []
    found: list[Alert] = []
    done: list[dict[str, Any]] = []
    with open_settled(settings) as ledger:
        frozen = sentinel_set(lake, ledger, classifiers, config.rows)
        if frozen is None:
            return {"day": str(today), "skipped": "no week is published yet that the conversations could be drawn from"}
        base = _base(settings, frozen, classifiers)
        for endpoint in endpoints_of(base, resources.resolve_connection):
            if Lane.REALTIME not in endpoint.lanes or (only and endpoint.name not in only):
                continue
            history = ModelLedger(ledger).sentinel_days(endpoint.name)
            watch = _Watch(endpoint, frozen, _labellers(base, endpoint), history, today, config)
            asking = Sentinels(base, frozen, endpoint, lake, resources, config.budget_usd, labellers=watch.labellers)
            if dry_run:
                done.append(_forecast(watch, asking, new_baseline=new_baseline))
                continue
            try:
                rows, raised = _ask(watch, asking, place, resources, new_baseline=new_baseline)
            except (BudgetExceededError, EndpointError) as error:
                log.warning("sentinels at endpoint %s: %s", endpoint.name, scrub_message(str(error)))
                failures.append(error)
                continue
            ModelLedger(ledger).save_sentinel_days(rows)
            found += raised
            done.append(_as_json(endpoint, rows))
        raised_keys, resolved = [], []
        if not dry_run:
            at = datetime.fromtimestamp(resources.clock.now(), UTC)
            alert_ledger = AlertLedger(ledger)
            raised_keys = raise_all(alert_ledger, found)
            resolved = _resolve(alert_ledger, ModelLedger(ledger), at)
            send_pending(alert_ledger, context.open_channels(whole.alerts), clock=resources.clock)
    if failures:
        raise failures[0]
    return {
        "day": str(today),
        "week": frozen.week,
        "conversations": frozen.conversations,
        "dry_run": dry_run,
        "endpoints": done,
        "raised": raised_keys,
        "resolved": resolved,
    }


def _base(settings: Settings, frozen: FrozenSet, classifiers: Sequence[str]) -> RunPlan:
    """A plain run in the lake of the set."""
    request = RunRequest(
        week=frozen.week, classifiers=tuple(classifiers), source="sentinels", pack=1, combine=False, grader=False
    )
    return resolve(request, run_id="sentinels", settings=settings, ledger=False)


def _labellers(base: RunPlan, endpoint: Endpoint) -> dict[str, str]:
    known = Labellers(classifiers_of(base), base.config.strategy, base.config.tokens, base.prompts)
    effort = endpoint.reasoning_effort
    return {name: known.of(name, endpoint.model, reasoning_effort=effort).id for name in base.classifiers}


def _ask(
    watch: _Watch, asking: Sentinels, place: Place, resources: Resources, *, new_baseline: bool
) -> tuple[list[SentinelDay], list[Alert]]:
    """The rows of today and the alerts that they call for."""
    if watch.begins(new_baseline=new_baseline):
        return _measured(watch, asking), []
    reference = watch.reference
    if reference is not None and watch.baselines[-1] == watch.today:
        return list(reference.values()), []  # measured today already: there is nothing to compare yet
    generation = len(watch.baselines) - 1
    labels = _reference_labels(asking, generation, asking.measured(generation) or watch.config.repeats)
    said = asking.of_day(watch.today)
    return _judged(watch, labels, said, generation, place, datetime.fromtimestamp(resources.clock.now(), UTC))


def _measured(watch: _Watch, asking: Sentinels) -> list[SentinelDay]:
    """Measure a baseline: the same requests several times, each time another seed."""
    generation = watch.generation
    repeats = [asking.repeat(generation, number) for number in range(watch.config.repeats)]
    served, costs = _most_served(repeats), [repeat.cost_usd for repeat in repeats]
    rows = []
    for name, labeller in watch.labellers.items():
        measured = _baseline_of(repeats, name)
        rows.append(
            SentinelDay(
                watch.today, watch.endpoint.name, name, BASELINE, watch.frozen.fingerprint, labeller, watch.endpoint.model,
                served, measured.flips.n, round(measured.flips.share * measured.flips.n),
                min(max(measured.p0, _LEAST_P0), _MOST_P0), 1.0, alarmed=False,
                cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
            )
        )  # fmt: skip
    log.info(
        "endpoint %s: baseline of %d conversations, %d repeats", watch.endpoint.name, watch.frozen.conversations, len(repeats)
    )
    return rows


def _reference_labels(asking: Sentinels, generation: int, repeats: int) -> dict[str, dict[str, str | None]]:
    """Classifier → conversation → label of reference. Read from rows that have landed; nothing is asked."""
    said = [asking.repeat(generation, number) for number in range(repeats)]
    ids = _common(said)
    return {name: dict(zip(ids, _baseline_of(said, name).labels, strict=True)) for name in said[0].labels}


def _common(repeats: Sequence[Answers]) -> list[str]:
    """The conversations that all repeats have: one that was forgotten in between is in none."""
    return sorted(set.intersection(*(set(repeat.ids) for repeat in repeats)))


def _baseline_of(repeats: Sequence[Answers], classifier: str) -> Baseline:
    ids = _common(repeats)
    by_id = [dict(zip(repeat.ids, repeat.labels[classifier], strict=True)) for repeat in repeats]
    return baseline([[labels[each] for each in ids] for labels in by_id])


def _judged(
    watch: _Watch, reference: dict[str, dict[str, str | None]], said: Answers, generation: int, place: Place, at: datetime
) -> tuple[list[SentinelDay], list[Alert]]:
    name, rows, alerts = watch.endpoint.name, [], []
    run_id, before = watch.run_id(generation), watch.served_before()
    alpha = watch.config.false_alarms / len(watch.labellers)
    baselines = watch.reference or {}
    for classifier, labeller in watch.labellers.items():
        pairs = [
            (each, label, reference[classifier].get(each))
            for each, label in zip(said.ids, said.labels[classifier], strict=True)
            if label is not None and reference[classifier].get(each) is not None
        ]
        flipped = [each for each, label, expected in pairs if label != expected]
        p0 = baselines[classifier].p0
        earlier = [Day(row.flips, row.n) for row in watch.judged(classifier)]
        evidence = SentinelTest(p0, alpha=alpha).judge([*earlier, Day(len(flipped), len(pairs))])
        alarmed = evidence.alarm is not None
        rows.append(
            SentinelDay(
                watch.today, name, classifier, JUDGED, watch.frozen.fingerprint, labeller, watch.endpoint.model,
                said.served.most_common(1)[0][0] if said.served else None, len(pairs), len(flipped), p0, evidence.e_value,
                alarmed, said.cost_usd,
            )
        )  # fmt: skip
        if alarmed:
            moved = Moved(name, watch.endpoint.model, classifier, len(flipped), len(pairs), p0, evidence.highest, flipped)
            alerts.append(answers_moved(moved, run_id=run_id, place=place, at=at))
    alerts += [
        served_model_moved(name, watch.endpoint.model, before or "", now, run_id=run_id, place=place, at=at)
        for now in _new_names(said, before)
    ]
    return rows, alerts


def _new_names(said: Answers, before: str | None) -> list[str]:
    """Names of models that answer now and did not before, where they give more than a few answers."""
    total = sum(said.served.values())
    return [] if before is None else [
        name for name, count in said.served.most_common() if name != before and count >= _SERVED_SHARE * total
    ]  # fmt: skip


def _most_served(answers: Sequence[Answers]) -> str | None:
    total = sum((each.served for each in answers), start=Counter[str]())
    return total.most_common(1)[0][0] if total else None


def _resolve(alert_ledger: AlertLedger, models: ModelLedger, at: datetime) -> list[str]:
    """Resolve alerts about answers that were compared with an older baseline than the endpoint has now."""
    generations: dict[str, set[date]] = {}
    for known in models.sentinel_days():
        if known.state == BASELINE:
            generations.setdefault(known.endpoint, set()).add(known.day)
    current = {f"sentinels.{name}.{len(days) - 1}"[:250] for name, days in generations.items()}
    over = [
        row for row in alert_ledger.alerts("", state="open") if row.kind == AlertKind.MODEL_MOVED and row.run_id not in current
    ]
    for row in over:
        alert_ledger.resolve("", [(row.run_id, row.key)], at=at, resolution="a new baseline was measured")
    return [row.key for row in over]


def _forecast(watch: _Watch, asking: Sentinels, *, new_baseline: bool) -> dict[str, Any]:
    begins = watch.begins(new_baseline=new_baseline)
    forecasts = asking.forecast(watch.generation if begins else None, watch.config.repeats, watch.today)
    costs = [forecast.cost_usd for forecast in forecasts]
    return {
        "endpoint": watch.endpoint.name,
        "state": BASELINE if begins else JUDGED,
        "requests": sum(forecast.requests for forecast in forecasts),
        "cost_usd": None if None in costs else sum(cost or 0.0 for cost in costs),
    }


def _as_json(endpoint: Endpoint, rows: Sequence[SentinelDay]) -> dict[str, Any]:
    return {
        "endpoint": endpoint.name,
        "model": endpoint.model,
        "served_model": rows[0].served_model,
        "state": rows[0].state,
        "cost_usd": rows[0].cost_usd,
        "classifiers": {
            row.classifier: {
                "n": row.n, "flips": row.flips, "p0": row.p0, "e_value": row.e_value, "alarmed": row.alarmed,
            }
            for row in rows
        },
    }  # fmt: skip
