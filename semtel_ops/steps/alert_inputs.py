"""Inputs of a run's alerts, read from its folder and rows, whatever its state."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from semtel_ops.alerts.build import AlertInputs, Place
from semtel_ops.alerts.context import AlertContext
from semtel_ops.alerts.model import MAX_EXAMPLES, Counts
from semtel_ops.concurrency import Change
from semtel_ops.concurrency.outages import Outage, outages
from semtel_ops.report.lanes import lane_results_of
from semtel_ops.runs.built_bridge import bridge_cost
from semtel_ops.runs.deadline import due_at
from semtel_ops.runs.plan import RunPlan
from semtel_ops.shards.unbundling import comparisons_of, disagreeing, in_words
from semtel_ops.steps.relabel_offer import relabel_offer
from semtel_ops.store import sql_engine
from semtel_ops.store.files import list_files, read_json
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_tables import RunState

_BY_CLASSIFIER = f"""
  select classifier,
         count(*) filter (where status <> 'success') as failing,
         min(conversation_id, {MAX_EXAMPLES}) filter (where status <> 'success') as examples,
         epoch(max(classified_at)) as last_at
  from landed group by classifier
"""  # noqa: S608 - constants of ours


def inputs_of(plan: RunPlan, place: Place, ledger: Ledger) -> AlertInputs:
    """The alert inputs of a run; values that are not known yet are empty."""
    folder = plan.folder
    offer = relabel_offer(plan)
    totals, quality = read_json(folder.totals), read_json(folder.quality) or {}
    lanes: dict[str, Any] = read_json(plan.folder.lanes) or {}
    rows = _by_classifier(plan) if totals is not None else []
    rescued = lane_results_of(lanes).get("rescued", {})
    record = ledger.run(plan.week, plan.run_id)
    last = max((row["last_at"] for row in rows if row["last_at"] is not None), default=None)
    return AlertInputs(
        week=plan.week,
        run_id=plan.run_id,
        place=place,
        verdict=quality.get("verdict"),
        checks=quality.get("checks", ()),
        counts=None if totals is None else _counts(totals),
        failing={row["classifier"]: row["failing"] for row in rows},
        examples={row["classifier"]: row["examples"] or () for row in rows},
        spent_usd=_spent(plan, ledger) if totals is None else totals["cost_usd"],
        budget_usd=plan.config.budget_usd,
        unbundled=_unbundled(plan) if totals is not None else {},
        strategy_refused=plan.strategy_note if plan.strategy_refused else None,
        held=plan.model_gate.note if plan.model_gate and plan.model_gate.unaligned else None,
        align_command=plan.model_gate.command if plan.model_gate else None,
        align_form=plan.model_gate.align_form if plan.model_gate else {},
        relabel_offer=None if offer is None else offer.sentence,
        relabel_form={} if offer is None else offer.form,
        rescued_rows=rescued.get("rows", 0),
        rescued_shards=rescued.get("shards", 0),
        outages=tuple(_outages(plan)),
        due_at=due_at(plan),
        landed_at=None if last is None else datetime.fromtimestamp(last, UTC),
        published=record is not None and record.state is RunState.PUBLISHED,
    )


def place_of(plan: RunPlan, context: AlertContext) -> Place:
    """Base of the links in a run's alerts."""
    data_docs = f"{plan.folder.data_docs}/index.html"
    return context.place(plan.config.alerts, report=plan.folder.week_report, data_docs=data_docs)


def _counts(totals: Mapping[str, Any]) -> Counts:
    return Counts(totals["sampled"], totals["expected_rows"], totals["landed_rows"], totals["by_status"])


def _spent(plan: RunPlan, ledger: Ledger) -> float | None:
    """Cost of the landed shards and of the bridge; None before the first."""
    known = [row["cost_usd"] for row in ledger.shards(plan.week, plan.run_id) if row["cost_usd"] is not None]
    bridge_usd = spent_on_bridge(plan)
    return sum(known) + bridge_usd if known or bridge_usd else None


def spent_on_bridge(plan: RunPlan) -> float:
    """USD that the run paid for its bridge, as far as it is built and prices are known."""
    bridge = bridge_cost(plan, needed=False)
    return 0.0 if bridge is None else bridge["cost_usd"] or 0.0


def _unbundled(plan: RunPlan) -> dict[str, str]:
    if not plan.config.strategy.combine:
        return {}
    floor = plan.config.strategy.shadow_floor
    return {name: in_words(share, floor) for name, share in disagreeing(comparisons_of(plan), plan).items()}


def _by_classifier(plan: RunPlan) -> list[dict[str, Any]]:
    urls = list_files(plan.folder.landed_folder, ".parquet")
    if not urls:
        return []
    with sql_engine.connect() as con:
        sql_engine.read(con, "landed", urls, ["conversation_id", "classifier", "status", "classified_at"])
        return list(sql_engine.records(con, _BY_CLASSIFIER))


def _outages(plan: RunPlan) -> Iterator[Outage]:
    """The longest outage of each endpoint: several tasks of a run see the same outage."""
    longest: dict[str, Outage] = {}
    for url in list_files(plan.folder.limits_folder, ".json"):
        for outage in outages(_changes_at(url)):
            known = longest.get(outage.endpoint)
            if known is None or outage.seconds > known.seconds:
                longest[outage.endpoint] = outage
    yield from longest.values()


def outages_of(plan: RunPlan, shard: int) -> list[Outage]:
    """Outages seen by the task of one shard."""
    return list(outages(_changes_at(plan.folder.limits(shard))))


def _changes_at(url: str) -> list[Change]:
    """Limit changes of a task; empty if it has written none."""
    return [Change(**change) for change in (read_json(url, needed=False) or {}).get("changes", ())]
