"""The model gate: which labellers a run may use, decided before anything is paid for.

Runs without a ledger are not subject to it: they publish nothing that a week is compared with.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from semtel_ops.alerts.models import align_command
from semtel_ops.bridging import labelled_weeks
from semtel_ops.bridging.comparability import NEGLIGIBLE, noticeable
from semtel_ops.bridging.model_gate import Candidate, Decision, Evidence, Known, Standing, decide, same_on_record
from semtel_ops.bridging.moved import Answer, Moves, moved_models
from semtel_ops.classifiers import load_classifiers
from semtel_ops.endpoints import Endpoint, Lane, load_endpoints, load_models
from semtel_ops.endpoints.catalog import EndpointConfig, EndpointsFile, ResolveConnection, known_model, reasoning_of
from semtel_ops.endpoints.kinds.azure import AZURE
from semtel_ops.endpoints.probe import probe
from semtel_ops.errors import ConfigError
from semtel_ops.labellers import Labellers
from semtel_ops.runs.plan import HeldModel, ModelGate, PlannedBridge, RunPlan
from semtel_ops.runs.resources import with_model
from semtel_ops.settings import load_yaml
from semtel_ops.store import sql_engine
from semtel_ops.store.alignment_ledger import AlignmentLedger, AlignmentRecord
from semtel_ops.store.files import list_files
from semtel_ops.store.labeller_ledger import LabellerLedger, LabellerRecord, WeeklyLabeller
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.model_ledger import ModelLedger

log = logging.getLogger(__name__)

Answers = Callable[[Endpoint], bool]
"""Whether an endpoint answers with its model."""

_TRIED = 5
"""Models that an endpoint is asked for before it is given up: each look takes up to ten seconds."""

_ALL_WEEKS = 10_000


def answers(endpoint: Endpoint) -> bool:
    """Look the model up in the endpoint's list, which is free, or ask it for one word."""
    result = asyncio.run(probe(endpoint))
    log.info("model gate: %s", result.message)
    return result.ok


def apply_model_gate(
    plan: RunPlan,
    *,
    ledger: Ledger,
    now: datetime,
    resolve_connection: ResolveConnection | None = None,
    answering: Answers = answers,
) -> RunPlan:
    """The plan with the endpoints and models that it may use, and a note where that is not what endpoints.yaml says.

    Raises:
        ConfigError: no labeller of the run may be used, and `model_gate.mode` is `refuse`, or no aligned model answers.
    """
    entries = _entries(plan)
    if not entries:
        return plan  # `route` says that no endpoint is offered
    evidence = _evidence(plan, ledger, now)
    decision = decide(_candidates(plan, entries), evidence)
    if plan.config.model_gate.mode == "off":
        return _used_anyway(plan, decision)
    if decision.use:
        return _restricted(plan, decision, len(entries))
    first = decision.unused[0]
    names = _compared(plan, decision)
    command = _command(plan, names)
    if plan.config.model_gate.mode == "refuse" or first.standing is Standing.PROMPT_CHANGED or plan.models:
        raise _refused(decision, command)
    held = _held(plan, entries, decision, resolve_connection, answering)
    if not held:
        raise _refused(decision, command, f"none of the aligned models answers ({_models(decision.fallbacks)})")
    asked = ", ".join(f"{name} is asked for {model.model}" for name, model in held.items())
    gate = ModelGate(
        note=f"the labeller is held: {asked}, because {first.reason}{_assumed_prices(entries, held)}",
        held=held,
        unaligned=tuple(dict.fromkeys(found.candidate.model for found in decision.unused)),
        command=command,
        align_form=_form(plan, names),
        reasons={found.candidate.endpoint: found.reason for found in decision.unused},
    )
    return _noted(plan.model_copy(update={"endpoint_names": tuple(held)}), gate)


def plan_bridge(plan: RunPlan, *, ledger: Ledger) -> RunPlan:
    """The plan with the rows of last week that its labeller has to label again, if it is another one than last week's.

    There is no bridge where one of both weeks has several labellers that were not found to be the same: no change of a mixture
    can be told apart.
    """
    rows = plan.config.model_gate.bridge_rows
    weeks = ledger.published_weeks_before(plan.week, 1)
    if not rows or not weeks or plan.reprocess is not None:
        return plan
    before = _recorded(ledger, weeks)
    alignments = AlignmentLedger(ledger).records()
    changed = []
    candidates = _candidates(plan, _entries(plan))
    for classifier in plan.classifiers:
        planned = [known for candidate in candidates for known in candidate.labellers if known.classifier == classifier]
        past = [known for known in before.get(classifier, []) if known.labeller]
        if not past or all(same_on_record(one, other, alignments) for one in planned for other in past):
            continue
        if len(past) == 1 and len({(known.model, known.reasoning_effort) for known in planned}) == 1:
            changed.append(classifier)
    if not changed:
        return plan
    log.info(
        "%s has another labeller: last week's conversations are labelled again first, at most %d", ", ".join(changed), rows
    )
    return plan.model_copy(update={"bridge": PlannedBridge(week=weeks[0], classifiers=tuple(changed), rows=rows)})


def _entries(plan: RunPlan) -> list[EndpointConfig]:
    """The endpoints that the run may ask for labels."""
    entries = load_yaml(plan.endpoints, EndpointsFile).endpoints
    return [entry for entry in entries if set(entry.lanes) != {Lane.EMBEDDING} and plan.uses(entry)]


def _candidates(plan: RunPlan, entries: Sequence[EndpointConfig]) -> list[Candidate]:
    """The labellers that the endpoints would be, with the models that they are held to."""
    config, models = plan.config, load_models(plan.include_path / "config" / "models.yaml")
    labellers = Labellers(load_classifiers(plan.prompts, plan.classifiers), config.strategy, config.tokens, plan.prompts)
    found = []
    for entry in entries:
        held = plan.held.get(entry.name)
        model = entry.model if held is None else held.model
        effort = reasoning_of(entry, models).effort if held is None else held.reasoning_effort
        known = [_planned(labellers, classifier, model, effort) for classifier in plan.classifiers]
        found.append(Candidate(entry.name, model, effort, known))
    return found


def _planned(labellers: Labellers, classifier: str, model: str, effort: str | None) -> Known:
    labeller = labellers.of(classifier, model, reasoning_effort=effort)
    return Known(classifier, model, model, labeller.version, labeller.prompts, effort, labeller.strategy)


def _evidence(plan: RunPlan, ledger: Ledger, now: datetime) -> Evidence:
    gate = plan.config.model_gate
    latest = ledger.published_weeks(1)
    own = [plan.week] if ledger.published_run(plan.week) is not None else []
    alignments = AlignmentLedger(ledger).records()
    moves = _moves(ledger, alignments, gate.margin)
    before = ledger.published_weeks_before(plan.week, _ALL_WEEKS if moves.untrusted else plan.config.quality.history_weeks)
    # A week that is labelled late, or again, may also have the labeller of the latest week.
    in_force: dict[str, list[Known]] = {}
    for weeks in ([*own, *before], latest):
        for classifier, known in _recorded(ledger, weeks, plan.paths, moves.untrusted).items():
            in_force.setdefault(classifier, []).extend(one for one in known if one not in in_force.get(classifier, []))
    return Evidence(in_force, alignments, timedelta(days=gate.max_age_days), gate.margin, now, moves.now)


def _moves(ledger: Ledger, alignments: Sequence[AlignmentRecord], margin: float) -> Moves:
    """The names that another model answers to than was compared, in all published weeks and what sentinels saw since."""
    weeks = ledger.published_weeks(_ALL_WEEKS)
    parts = labelled_weeks(ledger, weeks)
    seen = [
        Answer(f"week {week}", classifier, part.model, part.served_model)
        for week in sorted(parts)
        for classifier, found in parts[week].items()
        for part in noticeable(found)
        if part.served_model is not None
    ]
    if not seen:
        return Moves()
    year, number = map(int, max(weeks).split("-W"))
    days = ModelLedger(ledger).sentinel_days(since=date.fromisocalendar(year, number, 1) + timedelta(days=7))
    latest = {(day.endpoint, day.classifier): day for day in days}
    since = [
        Answer(day.day.isoformat(), day.classifier, day.model, day.served_model)
        for day in latest.values()
        if day.served_model is not None
    ]
    return moved_models(seen, alignments, margin=margin, since=since)


def _recorded(
    ledger: Ledger, weeks: Sequence[str], lake: Lake | None = None, untrusted: Collection[tuple[str, str]] = ()
) -> dict[str, list[Known]]:
    """Classifier → its labellers in the latest of these weeks that has it, who labelled most first.

    Args:
        lake: where the models of weeks are looked up that a release without labellers published.
        untrusted: (classifier, model that answered) to leave out.
    """
    found_rows = LabellerLedger(ledger).of_weeks(weeks)
    rows = [row for row in found_rows if (row.classifier, row.served_model) not in untrusted]
    recorded = {row.week for row in found_rows}
    ids = sorted({row.labeller for row in rows})
    records = {record.labeller: record for record in LabellerLedger(ledger).labellers(ids)}
    found: dict[str, list[Known]] = {}
    for week in sorted(weeks, reverse=True):
        own = [row for row in rows if row.week == week]
        known = _known(own, records) if week in recorded else _models_of(ledger, week, lake)
        by_classifier: dict[str, list[Known]] = {}
        for one in known:
            by_classifier.setdefault(one.classifier, []).append(one)
        for classifier, several in by_classifier.items():
            found.setdefault(classifier, _noticeable(several))
    return found


def _known(rows: Iterable[WeeklyLabeller], records: dict[str, LabellerRecord]) -> list[Known]:
    known = []
    for row in rows:
        record = records.get(row.labeller)
        known.append(
            Known(
                classifier=row.classifier,
                model=row.model,
                served_model=row.served_model or row.model,
                version=record.version if record else None,
                prompts=record.prompts if record else None,
                reasoning_effort=record.reasoning_effort if record else None,
                strategy=record.strategy if record else None,
                labeller=row.labeller,
                weight=row.weight,
            )
        )
    return known


def _models_of(ledger: Ledger, week: str, lake: Lake | None) -> list[Known]:
    """The models of a week that a release without labellers published: they count as its labellers."""
    published = ledger.published_run(week)
    if lake is None or published is None:
        return []
    urls = list_files(lake.run(week, published.run_id).labels_folder, ".parquet")
    if not urls:
        return []
    with sql_engine.connect() as con:
        sql_engine.read(con, "published", urls, ["classifier", "model", "classifier_version", "sample_weight", "status"])
        rows = list(sql_engine.records(con, _MODELS))
    return [
        Known(row["classifier"], row["model"], row["model"], row["version"], None, None, None, weight=row["weight"])
        for row in rows
    ]


_MODELS = """
  select classifier, model, max(classifier_version) as version, sum(sample_weight) as weight
  from published where status = 'success' and model is not null group by classifier, model order by weight desc, model
"""


def _noticeable(known: Sequence[Known]) -> list[Known]:
    total = sum(one.weight for one in known)
    return [one for one in known if one.weight > NEGLIGIBLE * total] or list(known)


def _used_anyway(plan: RunPlan, decision: Decision) -> RunPlan:
    without = [found for found in decision.unused if not found.standing.is_allowed]
    if not without:
        return plan
    note = f"model_gate.mode is off: {without[0].candidate.model} is used without an alignment, {without[0].reason}"
    return _noted(plan, ModelGate(note=note))


def _restricted(plan: RunPlan, decision: Decision, endpoints: int) -> RunPlan:
    """The plan with the endpoints that may be used."""
    silent = {Standing.IN_FORCE, Standing.FOUNDING}
    notes = list(dict.fromkeys(found.reason for found in decision.use if found.standing not in silent))
    reasons = {found.candidate.endpoint: found.reason for found in decision.unused}
    if len(decision.use) < endpoints:
        plan = plan.model_copy(update={"endpoint_names": tuple(found.candidate.endpoint for found in decision.use)})
        notes += [f"endpoint {name} is not used: {reason}" for name, reason in reasons.items()]
    if not notes:
        return plan
    waiting = [found.candidate.model for found in decision.unused if not found.standing.is_allowed]
    return _noted(plan, ModelGate(note="; ".join(notes), unaligned=tuple(dict.fromkeys(waiting)), reasons=reasons))


def _held(
    plan: RunPlan,
    entries: Sequence[EndpointConfig],
    decision: Decision,
    resolve_connection: ResolveConnection | None,
    answering: Answers,
) -> dict[str, HeldModel]:
    """Endpoint → the first aligned model that it still answers with; endpoints that answer with none are absent."""
    models = load_models(plan.include_path / "config" / "models.yaml")
    # On Azure the deployment is the model, and the name of the earlier deployment is not known.
    wanted = {entry.name: entry for entry in entries if entry.kind != AZURE.name}
    found = {}
    for endpoint in load_endpoints(plan.endpoints, models=models, resolve_connection=resolve_connection):
        if endpoint.name not in wanted:
            continue
        for model, effort in decision.fallbacks[:_TRIED]:
            assumed = known_model(models, model) is None and endpoint.price is not None
            held = HeldModel(model=model, reasoning_effort=effort, assumed_price=assumed)
            if answering(with_model(endpoint, wanted[endpoint.name], held, models)):
                found[endpoint.name] = held
                break
    return found


def _assumed_prices(entries: Sequence[EndpointConfig], held: Mapping[str, HeldModel]) -> str:
    """Whose price forecast, budget and cost assume, as a part of a sentence; empty where all prices are known."""
    assumed = {
        f"models.yaml has no price of {held[entry.name].model}, so that of {entry.name} as configured is assumed"
        for entry in entries
        if entry.name in held and held[entry.name].assumed_price
    }
    return "".join(f"; {each}" for each in sorted(assumed))


class _Compared(NamedTuple):
    """What to compare.

    Attributes:
        model: of the labeller in force.
        incumbent: name of the entry of endpoints.yaml that asks it; None: no entry does any more.
        candidate: name of the entry that may not be used.
    """

    model: str
    incumbent: str | None
    candidate: str


def _compared(plan: RunPlan, decision: Decision) -> _Compared | None:
    """The labeller in force, and the first endpoint that may not be used; None where there is nothing to compare."""
    if not decision.fallbacks:
        return None
    model = decision.fallbacks[0][0]
    names = [entry.name for entry in load_yaml(plan.endpoints, EndpointsFile).endpoints if entry.model == model]
    return _Compared(model, names[0] if names else None, decision.unused[0].candidate.endpoint)


def _command(plan: RunPlan, names: _Compared | None) -> str | None:
    if names is None:
        return None
    incumbent = names.incumbent or f"{names.candidate}-before"
    inputs = plan.config.source.paths
    command = align_command(inputs, incumbent, names.candidate, plan.classifiers, endpoints=plan.endpoints)
    if names.incumbent is not None:
        return command
    return f"add an entry {incumbent} to endpoints.yaml that asks {names.model}, as {names.candidate} did; then {command}"


def _form(plan: RunPlan, names: _Compared | None) -> dict[str, str]:
    """Fields of the alignment form. Without an incumbent it compares the entry with the model of the last published week."""
    if names is None:
        return {}
    incumbent = {} if names.incumbent is None else {"incumbent": names.incumbent}
    return {**incumbent, "candidates": names.candidate, "classifiers": ",".join(plan.classifiers)}


def _refused(decision: Decision, command: str | None, why: str | None = None) -> ConfigError:
    first = decision.unused[0]
    if first.standing is Standing.PROMPT_CHANGED:
        return ConfigError(
            "model_gate", first.candidate.model, f"may not be used: {first.reason}, or compare it with the one before"
        )
    reason = f"{first.reason}; {why}" if why else first.reason
    compare = f"compare them first: {command}; " if command else ""
    fix = f"may not be used: {reason}; {compare}or set model_gate.mode to off to use it without evidence"
    return ConfigError("model", ", ".join(dict.fromkeys(found.candidate.model for found in decision.unused)), fix)


def _models(pairs: Sequence[tuple[str, str | None]]) -> str:
    return ", ".join(model for model, _ in pairs[:_TRIED]) or "there is none"


def _noted(plan: RunPlan, gate: ModelGate) -> RunPlan:
    log.info("model gate: %s", gate.note)
    return plan.model_copy(update={"model_gate": gate})
