"""Build the bridge of a run: label conversations of the last published week again, with this week's labeller.

The plan says whether the run needs one (`steps.model_gate`). Conversations are drawn at random from those that last week
published, by a hash of their ids, so that every attempt draws the same. They are labelled as a frozen set, in the run's lane
and within its part of the budget. A bridge that cannot be built does not stop the week: the reason is written down, and the
week is published without the comparison.
"""

import logging
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, TypedDict, cast

from semtel_ops.bridging.recorded import labelled_weeks
from semtel_ops.endpoints import Lane
from semtel_ops.errors import BudgetExceededError, DamagedFileError, StoreError
from semtel_ops.humanize import count, estimate, money
from semtel_ops.report.classifier_info import load_classifier_info
from semtel_ops.runs.budget import bridge_budget
from semtel_ops.runs.documents import BridgedClassifier, BridgeDocument, LandedTotals, RelabelledRows
from semtel_ops.runs.plan import PlannedBridge, RunPlan
from semtel_ops.runs.refs import RoutedShard
from semtel_ops.runs.resources import Resources, ledger_of
from semtel_ops.steps.frozen_set import FrozenSet, freeze, open_set, set_journal, set_root
from semtel_ops.steps.set_run import LabelledSet, forecast_set, label_set
from semtel_ops.steps.totals import asked_from_nothing, landed_totals
from semtel_ops.store import sql_engine
from semtel_ops.store.files import list_files, write_json
from semtel_ops.store.journal import PaidByRun, paid_by_run
from semtel_ops.store.run_name import slug
from semtel_ops.store.tables import NEWER_LABELS

log = logging.getLogger(__name__)

_COLUMNS = ["conversation_id", "classifier", "label", "labels", "status", "sample_weight", "labeller"]


class _Paid(TypedDict):
    requests: int
    input_tokens: int
    output_tokens: int
    paid_usd: float | None


class _Published(NamedTuple):
    """Last week as it is published: its label files, and classifier → the labeller of most of its rows."""

    urls: list[str]
    labellers: dict[str, str]


def build_bridge(
    run: str,
    routed: Sequence[RoutedShard] | None = None,
    *,
    resources: Resources | None = None,
    wait_for_batches: bool = False,
) -> dict[str, Any]:
    """Label rows of last week again and write bridge.json. Resumes after a kill; done twice, it sends no requests.

    A run that needs no bridge writes nothing. A dry run forecasts it.

    Args:
        routed: the run's shards; most of their lanes decide the bridge's.
        wait_for_batches: whether to wait here for batch jobs, as a shell does; else, what batch jobs would label is asked in
            realtime, which costs more but occupies no worker for a day.

    Raises:
        EndpointError: no endpoint accepts us.
        DamagedFileError: the set is damaged.
    """
    plan = RunPlan.load(run)
    if plan.bridge is None:
        return {"run": run, "week": plan.week, "bridge": None}
    document = _built(plan, plan.bridge, _lane(plan, routed or (), wait_for_batches), resources)
    write_json(plan.folder.bridge, document)
    _say(plan, document)
    return {
        "run": run,
        "week": plan.week,
        "bridge": plan.bridge.week,
        "conversations": document["conversations"],
        "requests": document["requests"],
        "paid_usd": document["paid_usd"],
        "rows": {entry["classifier"]: entry["m"] for entry in document["classifiers"]},
    }


def _built(plan: RunPlan, bridge: PlannedBridge, lane: Lane, resources: Resources | None) -> BridgeDocument:
    open_set(set_root(plan.paths, _name(plan, bridge)))  # if it is damaged, what was paid for is not given up
    try:
        published = _published(plan, bridge)
        frozen = _frozen(plan, bridge, published)
    except StoreError as error:
        return _without(plan, bridge, str(error))
    run = _run_of(plan, bridge, frozen)
    if plan.dry_run:
        forecast = forecast_set(run, frozen.sample, lane=lane, resources=resources, reuse=plan.journal_url)
        return {**_empty(bridge, frozen), "lane": lane.value, "forecast": cast("Any", forecast.as_document())}
    try:
        labelled = label_set(run, frozen.sample, lane=lane, resources=resources, reuse=plan.journal_url)
    except BudgetExceededError:
        budget = run.config.budget_usd or 0.0
        stopped = _without(plan, bridge, f"its part of the budget, {money(budget)}, is used up", frozen)
        return {**stopped, **_paid(paid_by_run(run.journal_url, run.run_id))}
    return _of_rows(plan, bridge, frozen, published, labelled, run, lane)


def _published(plan: RunPlan, bridge: PlannedBridge) -> _Published:
    """Raises: StoreError: what last week published is not in the lake."""
    with ledger_of(plan) as ledger:
        record = ledger.published_run(bridge.week)
        parts = labelled_weeks(ledger, [bridge.week]).get(bridge.week, {})
    urls = [] if record is None else list_files(plan.paths.run(bridge.week, record.run_id).labels_folder, ".parquet")
    if not urls:
        raise StoreError(f"the label rows of {bridge.week} are not in the lake any more")
    return _Published(urls, {name: found[0].labeller for name, found in parts.items()})


def _frozen(plan: RunPlan, bridge: PlannedBridge, published: _Published) -> FrozenSet:
    with sql_engine.connect() as con:
        sql_engine.read(con, "published", published.urls, _COLUMNS, newer=NEWER_LABELS)
        drawn = sql_engine.records(
            con, _DRAWN, classifiers=list(bridge.classifiers), salt=f"bridge {bridge.week} ", rows=bridge.rows
        )
        ids = [row["conversation_id"] for row in drawn]
    try:
        return freeze(set_root(plan.paths, _name(plan, bridge)), plan.paths, bridge.week, ids)
    except DamagedFileError:
        raise
    except StoreError:
        raise StoreError(f"the conversations of {bridge.week} are not in the lake any more") from None


def _name(plan: RunPlan, bridge: PlannedBridge) -> str:
    return f"bridge {plan.week} {plan.run_id} {bridge.week} {bridge.rows}"


def _run_of(plan: RunPlan, bridge: PlannedBridge, frozen: FrozenSet) -> RunPlan:
    """A run of the set by the labeller of the week's run."""
    # Combined requests ask for all classifiers: one without the others would be another labeller's.
    classifiers = plan.classifiers if plan.config.strategy.combine else bridge.classifiers
    config = plan.config.model_copy(update={"budget_usd": bridge_budget(plan)})
    return frozen.run_of(
        plan,
        f"bridge.{slug(_name(plan, bridge))[-12:]}",  # sets share a journal, where a run is known by its id
        classifiers=classifiers,
        config=config,
        journal=set_journal(plan.paths),
        bridge=None,
        unbundled=plan.unbundled,
    )


def _lane(plan: RunPlan, routed: Sequence[RoutedShard], wait_for_batches: bool) -> Lane:
    lanes = [str(shard.get("forecast_lane", shard["lane"])) for shard in routed]
    asked = plan.config.lane
    lane = Lane(max(set(lanes), key=lanes.count)) if lanes else Lane.REALTIME if asked == "auto" else Lane(asked)
    local = "://" not in plan.lake
    return Lane.REALTIME if lane is Lane.BATCH and not (wait_for_batches and local) else lane


def _of_rows(
    plan: RunPlan,
    bridge: PlannedBridge,
    frozen: FrozenSet,
    published: _Published,
    labelled: LabelledSet,
    run: RunPlan,
    lane: Lane,
) -> BridgeDocument:
    infos = load_classifier_info(plan.prompts, bridge.classifiers)
    several = [info.id for info in infos if info.several]
    with sql_engine.connect() as con:
        sql_engine.read(con, "published", published.urls, _COLUMNS, newer=NEWER_LABELS)
        sql_engine.read(con, "again", labelled.rows, _COLUMNS, newer=NEWER_LABELS)
        now = {row["classifier"]: row["labeller"] for row in sql_engine.records(con, _NOW)}
        rows = list(sql_engine.records(con, _PAIRS, several=several))
    return {
        **_empty(bridge, frozen),
        "lane": lane.value,
        **_paid(landed_totals(run)),
        "reused": labelled.reused,
        "cost_usd": asked_from_nothing(run)["cost_usd"],
        "seconds": labelled.seconds,
        "classifiers": [
            _of_classifier(name, published.labellers.get(name, ""), now.get(name), rows) for name in bridge.classifiers
        ],
    }


def _paid(sums: LandedTotals | PaidByRun) -> _Paid:
    """What all attempts paid, not only this one."""
    return {
        "requests": sums["requests"],
        "input_tokens": sums["input_tokens"],
        "output_tokens": sums["output_tokens"],
        "paid_usd": sums["cost_usd"],
    }


def _of_classifier(name: str, before: str, now: str | None, rows: Collection[dict[str, Any]]) -> BridgedClassifier:
    """The rows that the main labellers of both weeks labelled."""
    mine = [row for row in rows if (row["classifier"], row["before"], row["now"]) == (name, before, now)]
    alike: list[RelabelledRows] = [
        {"said": row["said"], "seen": row["seen"], "weight": row["weight"], "rows": row["rows"]} for row in mine
    ]
    m = sum(row["rows"] for row in alike)
    why_not = None if m else "none of its rows was labelled again"
    return {"classifier": name, "before": before, "now": now, "m": m, "why_not": why_not, "rows": alike}


def _without(plan: RunPlan, bridge: PlannedBridge, why_not: str, frozen: FrozenSet | None = None) -> BridgeDocument:
    log.warning("week %s: no bridge to %s: %s", plan.week, bridge.week, why_not)
    entries: list[BridgedClassifier] = [
        {"classifier": name, "before": "", "now": None, "m": 0, "why_not": why_not, "rows": []} for name in bridge.classifiers
    ]
    return {**_empty(bridge, frozen), "classifiers": entries}


def _empty(bridge: PlannedBridge, frozen: FrozenSet | None) -> BridgeDocument:
    return {
        "week": bridge.week,
        "conversations": frozen.conversations if frozen else 0,
        "lane": None,
        "requests": 0,
        "reused": 0,
        "input_tokens": 0,
        "output_tokens": 0,
        "paid_usd": 0.0,
        "cost_usd": 0.0,
        "seconds": 0.0,
        "classifiers": [],
        "forecast": None,
    }


def _say(plan: RunPlan, document: BridgeDocument) -> None:
    forecast = document["forecast"]
    if forecast is not None:
        log.info(
            "week %s: a bridge to %s would label %s again: %s, %s", plan.week, document["week"],
            count(document["conversations"], "conversation"), count(forecast["requests"], "request"),
            estimate(forecast["cost_usd"]),
        )  # fmt: skip
        return
    for entry in document["classifiers"]:
        if entry["why_not"] is None:
            log.info(
                "week %s: %s of %s labelled again for %s",
                plan.week,
                count(entry["m"], "row"),
                document["week"],
                entry["classifier"],
            )


_DRAWN = """
  select conversation_id from published where status = 'success' and list_contains($classifiers, classifier)
  group by conversation_id order by md5($salt || conversation_id), conversation_id limit $rows
"""

_NOW = """
  select classifier, max_by(labeller, n) as labeller
  from (
    select classifier, labeller, count(*) as n from again where status = 'success' and labeller is not null group by all
  ) as counted
  group by classifier
"""

_LABELS = """
  case when list_contains($several, {0}.classifier) then list_sort(list_distinct({0}.labels))
       when {0}.label is null then []::varchar[] else [{0}.label] end
"""

_PAIRS = f"""
  select published.classifier, published.labeller as before, again.labeller as now,
         {_LABELS.format("published")} as said, {_LABELS.format("again")} as seen,
         published.sample_weight as weight, count(*) as rows
  from again join published on again.conversation_id = published.conversation_id and again.classifier = published.classifier
  where published.status = 'success' and again.status = 'success'
  group by all order by all
"""  # noqa: S608 - constants of this module
