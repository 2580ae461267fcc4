"""Label files into a folder, without a schedule, a database or a week: the steps of a run, one after another."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from semtel_ops.clock import SystemClock
from semtel_ops.endpoints import Lane
from semtel_ops.errors import ConfigError, DamagedFileError, ReconciliationError, UnwritableError
from semtel_ops.humanize import count, number
from semtel_ops.report.refusals import collect_refusals
from semtel_ops.runs.documents import ClassifyManifest, LimitChange, LimitsDocument, RefusalCount, SampleDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.progress import Progress
from semtel_ops.runs.refs import ShardManifest, ShardRef
from semtel_ops.runs.resources import Resources
from semtel_ops.settings import Settings, parse_config
from semtel_ops.steps.classify import check_shard, forecast_of
from semtel_ops.steps.classify_batch import classify_shards
from semtel_ops.steps.extract import extract_part
from semtel_ops.steps.land_shards import land_shards
from semtel_ops.steps.lane_results import record_lane_results
from semtel_ops.steps.plan import RunRequest, parts_of, resolve
from semtel_ops.steps.prepare import prepare_shard
from semtel_ops.steps.route import in_lane, route_shards
from semtel_ops.steps.sample import sample_week
from semtel_ops.steps.strategy_summary import strategy_summary
from semtel_ops.steps.totals import landed_totals
from semtel_ops.store.files import copy_file, list_files, place_of, read_json, write_json
from semtel_ops.store.folder_lock import lock_folder
from semtel_ops.store.journal import damaged_segments
from semtel_ops.store.parquet import count_rows
from semtel_ops.store.rooted import decode
from semtel_ops.store.run_name import slug
from semtel_ops.store.seal import open_verified


def classify_files(
    request: dict[str, Any],
    *,
    out: str,
    run_id: str,
    settings: Settings,
    progress: Progress,
) -> ClassifyManifest:
    """Label what `request` names into `out`: labels/*.parquet, manifest.json, quarantine/.

    Called again with the same folder and run id, it resumes: nothing is read or requested twice. `seconds` is of this call; all
    other numbers are of the run. Lanes are chosen, and batch jobs rescued, as in the weekly DAG; with `lane: batch` it waits
    for the jobs however long they take.

    Where nothing can be written, a finished run returns its manifest as it is.

    Raises:
        ConfigError: the folder contains a run of this id with another request.
        StoreError: another process works in the folder.
        UnwritableError: the folder cannot be written, and the run is not finished.
    """
    asked = parse_config(request, RunRequest, where="request")
    try:
        with lock_folder(Path(out), f"semtel classify, run {run_id}", clock=SystemClock()):
            return _classify(asked, out=out, run_id=run_id, settings=settings, progress=progress)
    except UnwritableError as error:
        manifest = _finished(_resumed(asked, run_id, settings), Path(out))
        if manifest is None:
            raise
        progress.say(f"{error}. The run is finished, and its manifest unchanged")
        return manifest


def _classify(asked: RunRequest, *, out: str, run_id: str, settings: Settings, progress: Progress) -> ClassifyManifest:
    started = time.monotonic()
    plan = _resumed(asked, run_id, settings)
    plan.save()
    shards = _sampled(plan, progress) or sample_week([extract_part(part) for part in parts_of(plan)])
    labels = Path(out) / "labels"
    estimated = 0
    names = set()
    for landed in _classified(plan, shards, Resources(progress=progress)):
        estimated += landed.get("estimated_rows", 0)
        name = _label_name(landed["shard"])
        copy_file(landed["landed"], labels / name)
        names.add(name)
    for stale in labels.glob("shard-*.parquet"):
        if stale.name not in names:  # of another run in this folder, which had more shards
            stale.unlink()
    _copy_lines(plan.folder.quarantine_folder, Path(out) / "quarantine")
    _copy_lines(plan.folder.repairs_folder, Path(out) / "repairs")
    manifest = _manifest(plan, time.monotonic() - started, estimated_rows=estimated)
    write_json(str(Path(out) / "manifest.json"), manifest)
    _reconcile(plan, manifest, labels)
    return manifest


def _classified(plan: RunPlan, shards: Sequence[ShardRef], resources: Resources) -> Iterator[ShardManifest]:
    """Landed shards, in the requested or chosen lanes."""
    asked = plan.config.lane
    if asked == "batch":
        for landed in classify_shards([prepare_shard(shard) for shard in in_lane(shards, asked)], resources=resources):
            check_shard(landed)
            yield landed
        return
    routed = in_lane(shards, asked) if asked == "realtime" else route_shards(shards)
    for choice in (read_json(plan.folder.lanes, needed=False) or {}).get("choices", ()):
        resources.progress.say(f"{len(choice['shards'])} of {len(shards)} shards: lane {choice['lane']}, {choice['reason']}")
    at = next((at for at, shard in enumerate(routed) if shard["conversations"]), None)
    if at is not None:
        routed[at] = prepare_shard(routed[at])
        lane = Lane(routed[at]["lane"])
        resources.progress.say(forecast_of(routed[at], sum(shard["conversations"] for shard in shards), lane=lane))
    yield from cast("Iterator[ShardManifest]", land_shards(routed, resources=resources))
    record_lane_results(plan)


# Settings that determine which rows a run has and how they are requested, so that its rows are comparable.
# The others (budget, endpoints, limits, checks) may change when a run resumes.
_DECIDES = ("source", "sample", "scrub", "tokens", "classifiers", "shards", "strategy")


def _resumed(asked: RunRequest, run_id: str, settings: Settings) -> RunPlan:
    """The plan of this run id in the folder, otherwise a new plan.

    A run keeps the week it was first started in, so that going on after midnight on Sunday is still the same run.
    """
    earlier = _earlier_plan(settings.lake, run_id)
    plan = resolve(
        asked.model_copy(update={"week": earlier.week}) if earlier else asked, run_id=run_id, settings=settings, ledger=False
    )
    if earlier is not None:
        changed = [name for name in _DECIDES if getattr(earlier.config, name) != getattr(plan.config, name)]
        if changed:
            raise ConfigError(
                "run-id", run_id, f"exists in this folder with different {', '.join(changed)}; choose another --run-id or --out"
            )
    return plan


def run_in(out: str, run_id: str) -> str:
    """URL of a run that `classify_files` has begun in a folder.

    Raises:
        ConfigError: there is none of this id.
    """
    plan = _earlier_plan(str(Path(out) / "lake"), run_id)
    if plan is None:
        raise ConfigError("run-id", run_id, f"is not a run in {out}; start one with `semtel classify --out`")
    return plan.url


def _earlier_plan(lake: str, run_id: str) -> RunPlan | None:
    paths = sorted(Path(lake).glob("runs/week=*/run=*/run.json"))
    for path in paths:
        try:
            plan = RunPlan.load(str(path))
        except DamagedFileError:
            if path.parent.name == f"run={slug(run_id)}":
                raise
            continue  # another run's
        if plan.run_id == run_id:
            return plan
    return None


def _sampled(plan: RunPlan, progress: Progress) -> list[ShardRef] | None:
    """The shards of an earlier call, unless their files are damaged or missing: then the source is read again."""
    shards: list[ShardRef] = []
    try:
        sample: SampleDocument | None = read_json(plan.folder.sample)
        if sample is None:
            return None
        shards = decode(sample["shards"], plan.lake)
        urls = {plan.folder.conversations(shard["shard"]): shard["conversations"] for shard in shards}
        wrong = next((f"{url}: is missing or incomplete" for url, rows in urls.items() if count_rows(url) != rows), None)
    except DamagedFileError as error:
        wrong = str(error).split(";", 1)[0]
    if wrong is None:
        return shards
    progress.say(f"{wrong}. The source is read again; replies that were paid for are reused")
    return None


def _finished(plan: RunPlan, out: Path) -> ClassifyManifest | None:
    """The manifest of a run whose label files are all there and sound; None if anything remains to be done."""
    manifest: ClassifyManifest | None = read_json(str(out / "manifest.json"))
    sample: SampleDocument | None = read_json(plan.folder.sample)
    if manifest is None or sample is None or manifest["run_id"] != plan.run_id:
        return None
    rows = 0
    for shard in sample["shards"]:
        try:
            with open_verified(str(out / "labels" / _label_name(shard["shard"]))) as labels:
                if labels.place != place_of(plan.folder.landed(shard["shard"])):
                    return None  # of another run
                rows += labels.metadata.num_rows
        except FileNotFoundError:
            return None
    return manifest if rows == manifest["landed"] == sample["sampled"] * len(plan.classifiers) else None


def _label_name(shard: int) -> str:
    return f"shard-{shard:04d}.parquet"


def _copy_lines(lines: str, folder: Path) -> None:
    for url in list_files(lines, ".jsonl"):
        copy_file(url, folder / Path(url).name)


def _manifest(plan: RunPlan, seconds: float, *, estimated_rows: int) -> ClassifyManifest:
    sample: SampleDocument = read_json(plan.folder.sample)
    totals = landed_totals(plan)
    return {
        "run_id": plan.run_id,
        "classifiers": list(plan.classifiers),
        "read": sample["read"],
        "quarantined": sample["quarantined"],
        "duplicates": sample["duplicates"],
        "sampled": sample["sampled"],
        "landed": totals["landed_rows"],
        "by_status": totals["by_status"],
        "by_lane": totals["by_lane"],
        "by_endpoint": totals["by_endpoint"],
        "cleaning": totals["cleaning"],
        "strategy": strategy_summary(plan),
        "requests": totals["requests"],
        "reused": totals["reused"],
        "cost_usd": totals["cost_usd"],
        "input_tokens": totals["input_tokens"],
        "output_tokens": totals["output_tokens"],
        "estimated_rows": estimated_rows,
        "damaged_segments": damaged_segments(plan.journal_url),
        "seconds": round(seconds, 3),
        "limits": _limits(plan),
        "refusals": [cast("RefusalCount", asdict(refusal)) for refusal in collect_refusals(plan.folder.refusals_folder)],
    }


def _reconcile(plan: RunPlan, manifest: ClassifyManifest, labels: Path) -> None:
    expected = manifest["sampled"] * len(plan.classifiers)
    shown = sum(count_rows(str(path)) for path in labels.glob("shard-*.parquet"))
    if not expected == manifest["landed"] == shown:
        raise ReconciliationError(
            f"run {plan.run_id}: {count(manifest['sampled'], 'conversation')} × {count(len(plan.classifiers), 'classifier')} = "
            f"{count(expected, 'row')}, but {number(manifest['landed'])} landed and {number(shown)} are in {labels}; "
            "run the command again, which lands what is missing; if that does not help, choose another --out"
        )


def _limits(plan: RunPlan) -> list[LimitChange]:
    """Changes of the endpoints' limits, oldest first; the latest 1,000."""
    documents: list[LimitsDocument | None] = [
        read_json(url, needed=False) for url in list_files(plan.folder.limits_folder, ".json")
    ]
    changes = [change for document in documents if document for change in document["changes"]]
    return sorted(changes, key=lambda change: change["at"])[-1_000:]
