"""Plan a reprocess: for every week, its base run, the rows to label again, and the rows to carry over.

A reprocess is a run of its week with its own id, on the existing sample. It overwrites no rows: those of the earlier run stay
under landed/, and a row that was carried over names the run that labelled it.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from semtel_ops.classifiers import load_classifiers
from semtel_ops.endpoints.catalog import EndpointsFile, ResolveConnection
from semtel_ops.errors import ConfigError, StoreError
from semtel_ops.humanize import count, estimate, number, tally
from semtel_ops.runs.documents import BridgeDocument, ReprocessDocument, SampleDocument
from semtel_ops.runs.plan import Reprocess, RunPlan
from semtel_ops.runs.refs import ShardRef, ShardResult
from semtel_ops.runs.resources import open_settled
from semtel_ops.runs.selection import Selection, count_selected
from semtel_ops.settings import PipelineConfig, Settings, load_yaml, parse_config, pipeline_of
from semtel_ops.steps.gates import apply_gates
from semtel_ops.steps.gather import gather_run
from semtel_ops.steps.ids_file import read_ids
from semtel_ops.steps.reprocess_request import ReprocessRequest, check_versions, config_of
from semtel_ops.steps.run_state import begin
from semtel_ops.steps.sample import owner_of
from semtel_ops.steps.strategy_summary import unbundled_before
from semtel_ops.store.files import exists, read_document, read_json, write_json
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_tables import RunKind, RunState
from semtel_ops.store.parquet import atomic_parquet
from semtel_ops.store.rooted import encode

log = logging.getLogger(__name__)

_IDS = pa.schema([pa.field("conversation_id", pa.string(), nullable=False)])


@dataclass(frozen=True, slots=True)
class _Week:
    """One week of the request, before anything is written."""

    plan: RunPlan
    sample: SampleDocument
    counts: list[dict[str, Any]]
    added: tuple[str, ...]

    def asked_rows(self, at: int | None = None) -> int:
        """Rows to label again, in all shards or in the shard at this index."""
        conversations = self.sample["sampled"] if at is None else self.sample["shards"][at]["conversations"]
        selected = (entry["rows"] for entry in self.counts if entry["selected"] and at in {None, entry["part_file"]})
        return int(conversations * len(self.added) + sum(selected))


def plan_reprocess(
    request: dict[str, Any],
    *,
    run_id: str,
    requested_by: str,
    settings: Settings,
    resolve_connection: ResolveConnection | None = None,
) -> list[ShardRef]:
    """Check the request, write each week's run.json, sample.json and reprocess.json, and return the shards of all weeks.

    Nothing else is written, and no requests are sent. Planning the same run id again keeps its base runs. Weeks in which no row
    is selected are skipped.

    Raises:
        ConfigError: a field is invalid, or no row is selected.
        StoreError: a week has no run to start from, or its sample no longer exists.
    """
    asked = parse_config(request, ReprocessRequest, where="request")
    today = pipeline_of(settings)
    _check_model(asked, load_yaml(asked.endpoints or settings.endpoints_path, EndpointsFile))
    with open_settled(settings) as ledger:
        weeks = [
            _planned(asked, week, today, run_id, requested_by, settings, ledger, resolve_connection) for week in asked.weeks
        ]
        total = sum(week.asked_rows() for week in weeks)
        if not total:
            raise ConfigError("rows", asked.rows, f"selects no row of {', '.join(asked.weeks)}, which have {_there(weeks)}")
        refs: list[ShardRef] = []
        for week in weeks:
            if not week.asked_rows():
                log.info("week %s: no row is selected; the week is skipped", week.plan.week)
                continue
            refs += _write(_within_budget(week, asked.max_cost_usd, total), ledger)
    return refs


def runs_of(shards: Sequence[ShardRef]) -> list[str]:
    """URLs of the runs of these shards, one per week, in order."""
    return list(dict.fromkeys(shard["run"] for shard in shards))


def gather_week(run: str, shards: Sequence[ShardResult]) -> dict[str, Any]:
    """`gather_run` for one week, from the manifests of all weeks' shards; a dry run logs its forecast."""
    gathered = gather_run(run, [shard for shard in shards if shard["run"] == run])
    if gathered["dry_run"]:
        plan = RunPlan.load(run)
        gathered = {**gathered, "reprocess": read_json(plan.folder.reprocess)}
        for line in forecast_lines(gathered):
            log.info("%s", line)
    return gathered


def forecast_lines(gathered: dict[str, Any]) -> list[str]:
    """The forecast of a dry run as lines of text."""
    manifest = gathered["reprocess"]
    asked = ", ".join(f"{number(rows)} {name}" for name, rows in manifest["asked_by_classifier"].items())
    was = tally(manifest["asked_by_status"])
    rows = (
        f"week {manifest['week']}, based on run {manifest['base_run']}: {count(manifest['asked_rows'], 'row')} would be "
        f"labelled again ({asked}; their status: {was}) and {number(manifest['carried_rows'])} carried over"
    )
    tokens = f"{number(gathered['input_tokens'])} input and {number(gathered['output_tokens'])} output tokens"
    cost = f"{estimate(gathered['cost_usd'])} in realtime, {estimate(gathered['batch_cost_usd'])} in batches"
    lines = [rows, f"{count(gathered['requests'], 'request')}, {tokens}: {cost}"]
    if gathered["reused"]:
        lines.append(
            f"{count(gathered['reused'], 'reply', 'replies')} already on record and would be reused: "
            "the requests have not changed; choose `fresh` to send them again"
        )
    return [*lines, *manifest["warnings"]]


def _check_model(asked: ReprocessRequest, file: EndpointsFile) -> None:
    known = sorted({endpoint.model for endpoint in file.endpoints})
    if asked.model is not None and asked.model not in known:
        raise ConfigError("model", asked.model, f"is not offered by any endpoint; known: {', '.join(known)}")


def _planned(
    asked: ReprocessRequest,
    week: str,
    today: PipelineConfig,
    run_id: str,
    requested_by: str,
    settings: Settings,
    ledger: Ledger,
    resolve_connection: ResolveConnection | None,
) -> _Week:
    base = _base_of(asked, week, run_id, settings, ledger)
    sample = _sample_of(base)
    added = tuple(name for name in asked.classifiers if name not in base.classifiers)
    prompts = asked.prompts or None
    plan = RunPlan(
        week=week,
        run_id=run_id,
        lake=settings.lake,
        config=config_of(asked, today, base),
        classifiers=(*base.classifiers, *added),
        endpoints=asked.endpoints or str(settings.endpoints_path),
        include=settings.include,
        deadline=asked.deadline,
        dry_run=asked.dry_run,
        prompts_folder=prompts,
        models=() if asked.model is None else (asked.model,),
    )
    check_versions(asked, load_classifiers(plan.prompts, plan.classifiers))
    plan = apply_gates(plan, ledger=ledger, now=datetime.now(UTC), resolve_connection=resolve_connection)
    ids = None if asked.ids_file is None else _keep_ids(asked.ids_file, plan)
    selection = Selection(rows=asked.rows, status=asked.status, label=asked.label, ids=ids, classifiers=asked.classifiers)
    urls = [plan.paths.run(week, base.run_id).landed(ref["shard"]) for ref in sample["shards"]]
    draft = _Week(plan, sample, count_selected(selection, urls), added)
    reprocess = Reprocess(
        base_run=base.run_id,
        selection=selection,
        asked_rows=draft.asked_rows(),
        fresh=asked.fresh,
        weeks=asked.weeks,
        approval=asked.approval,
        requested_by=requested_by,
        reason=asked.reason,
    )
    unbundled = unbundled_before(plan, ledger)
    return _Week(plan.model_copy(update={"reprocess": reprocess, "unbundled": unbundled}), sample, draft.counts, added)


def _base_of(asked: ReprocessRequest, week: str, run_id: str, settings: Settings, ledger: Ledger) -> RunPlan:
    """The plan of the base run; unchanged when this run is planned again."""
    lake = Lake(settings.lake)
    own = lake.run(week, run_id).plan
    before = RunPlan.load(own).reprocess if exists(own) else None
    wanted = before.base_run if before is not None else asked.base_run
    if wanted is None:
        # Latest run first. Dry runs have no rows to start from.
        runs = [run for run in reversed(ledger.runs(week)) if run.run_id != run_id and run.landed]
        published = [run for run in runs if run.state is RunState.PUBLISHED]
        wanted = next((run.run_id for run in (*published, *runs)), None)
    if wanted is None or read_json(lake.run(week, wanted).totals) is None:
        problem = "no run has rows" if wanted is None else f"run {wanted} has no rows"
        raise StoreError(f"week {week}: {problem} to start from; run the week first, or choose another base_run")
    return RunPlan.load(lake.run(week, wanted).plan)


def _sample_of(base: RunPlan) -> SampleDocument:
    sample: SampleDocument = read_document(base.folder.sample, step="sample")
    sampled_by = sample.get("sampled_by", base.run_id)
    for ref in sample["shards"]:
        owner = owner_of(base.folder.conversations(ref["shard"]))
        if owner != sampled_by:
            problem = "are missing" if owner is None else f"now belong to run {owner}"
            raise StoreError(
                f"week {base.week}: run {base.run_id} used the sample of run {sampled_by}, but the conversations of "
                f"shard {ref['shard']} {problem}; choose a base_run with the current sample, or run the week again"
            )
    return {**sample, "sampled_by": sampled_by}


def _keep_ids(url: str, plan: RunPlan) -> str:
    """Copy the ids into the run's folder, so that later changes to the file do not affect the run."""
    kept = plan.folder.ids
    if exists(kept):
        return kept
    with atomic_parquet(kept, _IDS) as sink:
        for ids in read_ids(url):
            sink.write_batch(pa.RecordBatch.from_arrays([pa.array(ids, pa.string())], schema=_IDS))
        if not sink.rows:
            raise ConfigError("ids_file", url, "contains no ids; write one conversation id per line")
    return kept


def _within_budget(week: _Week, max_cost_usd: float | None, total: int) -> _Week:
    """Divide the request's budget among the weeks; the budget in pipeline.yaml is per week."""
    if max_cost_usd is None:
        return week
    config = week.plan.config.model_copy(update={"budget_usd": max_cost_usd * week.asked_rows() / total})
    return _Week(week.plan.model_copy(update={"config": config}), week.sample, week.counts, week.added)


def _write(week: _Week, ledger: Ledger) -> list[ShardRef]:
    plan = week.plan
    manifest = _manifest(week)
    url = plan.save()
    refs: list[ShardRef] = [
        {"run": url, "shard": ref["shard"], "conversations": ref["conversations"], "asked_rows": week.asked_rows(at)}
        for at, ref in enumerate(week.sample["shards"])
    ]
    sample: SampleDocument = {**week.sample, "shards": refs}
    write_json(plan.folder.sample, encode(sample, plan.lake))
    _keep_bridge(plan)
    before: ReprocessDocument | None = read_json(plan.folder.reprocess)
    if before is not None:
        manifest["requested_at"] = before["requested_at"]
    write_json(plan.folder.reprocess, encode(manifest, plan.lake))
    begin(
        ledger, plan, kind=RunKind.REPROCESS, base_run=manifest["base_run"], requested_by=manifest["requested_by"],
        reason=manifest["reason"], started_at=datetime.now(UTC),
    )  # fmt: skip
    log.info(
        "run %s of week %s: %s of %s rows are labelled again, the others come from run %s", plan.run_id, plan.week,
        number(manifest["asked_rows"]), number(manifest["asked_rows"] + manifest["carried_rows"]), manifest["base_run"],
    )  # fmt: skip
    for warning in manifest["warnings"]:
        log.warning("%s", warning)
    return refs


def _keep_bridge(plan: RunPlan) -> None:
    """A reprocess builds no bridge; that of its base run holds as long as both labellers do, which its readers check."""
    base = plan.reprocess.base_run if plan.reprocess else plan.run_id
    bridge: BridgeDocument | None = read_json(plan.paths.run(plan.week, base).bridge)
    if bridge is not None and not exists(plan.folder.bridge):
        write_json(plan.folder.bridge, bridge)


def _manifest(week: _Week) -> ReprocessDocument:
    plan, reprocess = week.plan, week.plan.reprocess
    if reprocess is None:
        raise ValueError("a week is written when it is planned")
    selected = [entry for entry in week.counts if entry["selected"]]
    carried = [entry for entry in week.counts if not entry["selected"]]
    by_classifier, by_status = _summed(selected, "classifier"), _summed(selected, "status")
    for name in week.added:
        by_classifier[name] = week.sample["sampled"]
    if week.added:
        by_status["new"] = week.sample["sampled"] * len(week.added)
    return {
        "week": plan.week,
        "run_id": plan.run_id,
        "base_run": reprocess.base_run,
        "requested_by": reprocess.requested_by,
        "requested_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "reason": reprocess.reason,
        "selection": reprocess.selection.model_dump(mode="json", exclude_none=True),
        "fresh": reprocess.fresh,
        "asked_rows": reprocess.asked_rows,
        "asked_by_classifier": by_classifier,
        "asked_by_status": by_status,
        "carried_rows": sum(entry["rows"] for entry in carried),
        "warnings": _warnings(plan, selected, carried),
    }


def _warnings(plan: RunPlan, selected: Sequence[dict[str, Any]], carried: Sequence[dict[str, Any]]) -> list[str]:
    """Warn where a week would mix labels of two classifier versions."""
    asked = {entry["classifier"] for entry in selected}
    warnings = []
    for spec in load_classifiers(plan.prompts, plan.classifiers):
        old = [entry for entry in carried if entry["classifier"] == spec.id and entry["classifier_version"] != spec.version]
        if spec.id in asked and old:
            versions = ", ".join(sorted({entry["classifier_version"] for entry in old}))
            warnings.append(
                f"{spec.id}: {count(sum(entry['rows'] for entry in old), 'row')} carried over come from version {versions}, "
                f"the others from {spec.version}; choose rows: all to label every row with one version"
            )
    return warnings


def _summed(counts: Sequence[dict[str, Any]], by: str) -> dict[str, int]:
    total: Counter[str] = Counter()
    for entry in counts:
        total[entry[by]] += entry["rows"]
    return dict(total.most_common())


def _there(weeks: Sequence[_Week]) -> str:
    by_status = _summed([entry for week in weeks for entry in week.counts], "status")
    return tally(by_status) if by_status else "no rows"
