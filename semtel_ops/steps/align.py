"""Align candidates with the incumbent labeller: forecast, ask; what follows is `align_compare`'s."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from semtel_ops.endpoints import Lane
from semtel_ops.endpoints.catalog import ResolveConnection
from semtel_ops.humanize import count, estimate
from semtel_ops.runs.documents import AlignmentForecast, LabellerForecast
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.progress import LogProgress, Progress
from semtel_ops.runs.refs import RoutedShard
from semtel_ops.runs.resources import Resources
from semtel_ops.settings import Settings
from semtel_ops.steps.align_compare import compare_labellers, write_alignment_page
from semtel_ops.steps.align_labellers import PlannedLabeller
from semtel_ops.steps.align_plan import REPEATS, AlignmentPlan, plan_alignment
from semtel_ops.steps.align_repair import forecast_candidates, repair_candidates
from semtel_ops.steps.land_shards import land_shards
from semtel_ops.steps.repair import RepairForecast
from semtel_ops.steps.set_run import begin_run, forecast_set, label_set
from semtel_ops.store.files import exists, write_json
from semtel_ops.store.ledger_open import open_ledger


def run_alignment(
    request: Mapping[str, Any],
    *,
    alignment_id: str,
    out: str,
    settings: Settings,
    progress: Progress,
    reuse: str | None = None,
    resources: Resources | None = None,
    repair: bool = False,
) -> dict[str, Any]:
    """Align in this process: plan, forecast, ask, compare, record, write the page. A dry run ends after the forecast.

    Args:
        repair: search better prompts where a candidate is worse.
    """
    plan = plan_alignment(request, alignment_id=alignment_id, out=out, settings=settings, reuse=reuse)
    resources = resources or Resources(progress=progress)
    forecast = forecast_alignment(plan, progress=progress)
    if plan.base.dry_run:
        dry = {"alignment": plan.id, "dry_run": True, **forecast}
        expected = _forecast_repairs(plan, settings, resources) if repair else None
        if expected is None:
            return dry
        return {
            **dry,
            "repairs": {name: {key: asdict(value) for key, value in each.items()} for name, each in expected.items()},
        }
    label_alignment(plan, forecast, resources=resources)
    with open_ledger(settings.database_url.get_secret_value()) as ledger:
        compared = compare_labellers(plan.url, ledger=ledger)
        page = write_alignment_page(plan.url)
        repaired = {"repairs": repair_candidates(plan.url, ledger=ledger, resources=resources)} if repair else {}
    return {**compared, **page, **repaired}


def _forecast_repairs(
    plan: AlignmentPlan, settings: Settings, resources: Resources
) -> dict[str, dict[str, RepairForecast]] | None:
    """What repairs would take, by candidate and classifier; None before the alignment has said which need one."""
    if not exists(plan.result_url):
        resources.progress.say(
            "repair: not known before the alignment has run; start it, then forecast the repair with --dry-run"
        )
        return None
    with open_ledger(settings.database_url.get_secret_value()) as ledger:
        found = forecast_candidates(plan, ledger=ledger, resources=resources)
    for candidate, classifiers in found.items():
        for classifier, expected in classifiers.items():
            resources.progress.say(
                f"forecast repair of {classifier} for {candidate}: a budget of at least {estimate(expected.least_usd)}, "
                f"at most {estimate(expected.most_usd)} is spent"
            )
    return found


def forecast_alignment(
    plan: AlignmentPlan, *, progress: Progress, resolve_connection: ResolveConnection | None = None
) -> AlignmentForecast:
    """Forecast requests and cost of every run that asks, and write forecast.json. Sends no requests."""
    resources, sample = Resources(resolve_connection=resolve_connection), plan.frozen.sample
    found: list[LabellerForecast] = []
    for labeller, repeat, run in plan.runs():
        expected = forecast_set(run, sample, lane=plan.request.lane, resources=resources, reuse=_reuse(plan, labeller, repeat))
        entry: LabellerForecast = {
            "labeller": labeller.title,
            "repeat": repeat,
            "requests": expected.requests,
            "reused": expected.reused,
            "input_tokens": expected.input_tokens,
            "output_tokens": expected.output_tokens,
            "cost_usd": expected.cost_usd,
        }
        progress.say(
            f"forecast {labeller.title}, repeat {repeat + 1}: {count(entry['requests'], 'request')}, "
            f"{count(entry['reused'], 'answer')} reused, {estimate(entry['cost_usd'])}"
        )
        found.append(entry)
    costs = [entry["cost_usd"] for entry in found]
    document: AlignmentForecast = {
        "labellers": found,
        "requests": sum(entry["requests"] for entry in found),
        "cost_usd": None if None in costs else sum(cost or 0.0 for cost in costs),
    }
    progress.say(f"forecast: at most {count(document['requests'], 'request')}, {estimate(document['cost_usd'])}")
    write_json(f"{plan.out}/forecast.json", document)
    return document


def begin_planned(alignment: str, *, resolve_connection: ResolveConnection | None = None) -> list[RoutedShard]:
    """Forecast a planned alignment, and begin its runs; returns their shards, none in a dry run.

    Args:
        alignment: URL of plan.json.
    """
    plan = AlignmentPlan.load(alignment)
    forecast = forecast_alignment(plan, progress=LogProgress(), resolve_connection=resolve_connection)
    return [] if plan.base.dry_run else begin_alignment(plan, forecast)


def label_alignment(plan: AlignmentPlan, forecast: AlignmentForecast, *, resources: Resources) -> None:
    """Ask every labeller twice. Resumes after a kill; a second call sends no requests.

    Requests in realtime are sent run after run, so that the budget is one for all. Batch jobs of all runs wait side by side,
    each with its part of the budget.

    Raises:
        BudgetExceededError: the next request could cost more than is left; what was answered is kept.
    """
    if plan.request.lane is Lane.BATCH:
        for _landed in land_shards(begin_alignment(plan, forecast), resources=resources):
            pass
        return
    sample = plan.frozen.sample
    for labeller, repeat, run in plan.runs():
        resources.progress.say(f"{labeller.title}, repeat {repeat + 1} of {REPEATS}")
        own = _with_budget(run, _left(plan, run.run_id))
        label_set(own, sample, lane=plan.request.lane, resources=resources, reuse=_reuse(plan, labeller, repeat))


def begin_alignment(plan: AlignmentPlan, forecast: AlignmentForecast) -> list[RoutedShard]:
    """Prepare every run that asks, each with its part of the budget; returns their shards, which may be asked side by side."""
    shards: list[RoutedShard] = []
    runs, sample = plan.runs(), plan.frozen.sample
    budgets = _split(plan, forecast)
    for (labeller, repeat, run), budget in zip(runs, budgets, strict=True):
        begun = begin_run(_with_budget(run, budget), sample, reuse=_reuse(plan, labeller, repeat))
        shards += [cast("RoutedShard", {**shard, "lane": plan.request.lane.value}) for shard in begun]
    return shards


def _reuse(plan: AlignmentPlan, labeller: PlannedLabeller, repeat: int) -> str | None:
    """Weekly runs know answers to requests without a seed only, or with the configured one."""
    return plan.reuse if labeller.seeds[repeat] is None else None


def _with_budget(run: RunPlan, budget_usd: float | None) -> RunPlan:
    return run.model_copy(update={"config": run.config.model_copy(update={"budget_usd": budget_usd})})


def _left(plan: AlignmentPlan, run_id: str) -> float | None:
    """Budget of one run: the total less the cost of the others."""
    total = plan.base.config.budget_usd
    if total is None:
        return None
    spent = plan.spent_usd()
    return max(0.0, total - sum(cost for other, cost in spent.items() if other != run_id))


def _split(plan: AlignmentPlan, forecast: AlignmentForecast) -> list[float | None]:
    """The budget in proportion to what each run is expected to cost, beside what it has paid already."""
    total = plan.base.config.budget_usd
    runs = plan.runs()
    if total is None:
        return [None] * len(runs)
    spent = plan.spent_usd()
    costs = [entry["cost_usd"] for entry in forecast["labellers"]]
    work = [1.0 if None in costs else cost or 0.0 for cost in costs]
    left, whole = max(0.0, total - sum(spent.values())), sum(work)
    return [
        spent.get(run.run_id, 0.0) + (left * part / whole if whole else 0.0)
        for (_, _, run), part in zip(runs, work, strict=True)
    ]
