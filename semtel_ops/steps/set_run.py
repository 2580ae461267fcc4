"""Runs that label a fixed sample in a lake of their own: what they write before they ask, and how they land.

Such a run is never published. Experiments, alignments, bridges and sentinels label the same conversations several times, so
text is prepared once for all runs that shorten it alike, and what other journals know is not asked again.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from semtel_ops.clock import SystemClock
from semtel_ops.endpoints import Lane
from semtel_ops.humanize import count
from semtel_ops.labellers import tokens_fingerprint
from semtel_ops.runs.documents import SampleDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.progress import LogProgress
from semtel_ops.runs.refs import RoutedShard, ShardForecast, ShardManifest, ShardRef
from semtel_ops.runs.resources import Resources, asked_models, classifiers_of
from semtel_ops.shards.rows import ShardRows
from semtel_ops.steps.classify import classify_shard
from semtel_ops.steps.land_shards import land_shards
from semtel_ops.steps.prepare import prepare_shard
from semtel_ops.store.files import exists, list_files, read_json, write_json
from semtel_ops.store.journal import import_outcomes
from semtel_ops.store.parquet import atomic_parquet, read_batches
from semtel_ops.store.rooted import encode
from semtel_ops.store.tables import PREPARED

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SetForecast:
    """What labelling a set is expected to take.

    Attributes:
        reused: rows whose replies are known.
        cost_usd: of what is left to ask; None: a model has no known price.
    """

    requests: int
    reused: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None

    def as_document(self) -> dict[str, Any]:
        """The forecast as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A set as one run labelled it.

    Attributes:
        run: URL of the run.
        rows: URLs of its label rows, by shard.
        requests: requests that were sent.
        reused: rows that other runs paid for.
        paid_usd: cost to this run.
        cost_usd: cost of all rows, whoever paid; None: a model has no known price.
        seconds: spent on asking.
    """

    run: str
    rows: tuple[str, ...]
    requests: int
    reused: int
    paid_usd: float
    cost_usd: float | None
    seconds: float


def begin_run(run: RunPlan, sample: SampleDocument, *, reuse: str | None = None) -> list[ShardRef]:
    """Write what a run has before it asks: its plan, the sample, the prepared conversations. Doing it twice changes nothing.

    Args:
        run: a plan in the lake that has the sample's conversations.
        reuse: URL of another journal, whose replies to the same requests are taken over.

    Returns:
        The shards that have conversations.
    """
    run.save()
    write_json(run.folder.sample, encode(sample, run.lake))
    shards: list[ShardRef] = [{**shard, "run": run.url} for shard in sample["shards"] if shard["conversations"]]
    for shard in shards:
        _prepare(run, shard)
    if reuse is not None:
        _take_over(run, shards, reuse)
    return shards


def forecast_set(
    run: RunPlan,
    sample: SampleDocument,
    *,
    lane: Lane = Lane.REALTIME,
    resources: Resources | None = None,
    reuse: str | None = None,
) -> SetForecast:
    """Forecast the requests and the cost of `label_set`. Sends no requests; the forecast leaves a run of its own name."""
    dry = run.model_copy(update={"run_id": f"{run.run_id}.forecast", "dry_run": True})
    shards = [cast("RoutedShard", {**shard, "forecast_lane": lane.value}) for shard in begin_run(dry, sample, reuse=reuse)]
    found = [cast("ShardForecast", classify_shard(shard, resources=resources)) for shard in shards]
    costs = [forecast["cost_usd"] for forecast in found]
    return SetForecast(
        requests=sum(forecast["requests"] for forecast in found),
        reused=sum(forecast["reused"] for forecast in found),
        input_tokens=sum(forecast["input_tokens"] for forecast in found),
        output_tokens=sum(forecast["output_tokens"] for forecast in found),
        cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
    )


def label_set(
    run: RunPlan,
    sample: SampleDocument,
    *,
    lane: Lane = Lane.REALTIME,
    resources: Resources | None = None,
    reuse: str | None = None,
) -> LabelledSet:
    """Label a set: one row for each conversation and classifier. Resumes after a kill; a second call sends no requests.

    Args:
        run: `config.budget_usd` is what it may spend.
        lane: batch jobs are waited for; their lake must be a local folder.
        reuse: as in `begin_run`.

    Raises:
        BudgetExceededError: the next request could cost more than is left; what was answered is kept.
        EndpointError: no endpoint accepts us.
    """
    resources = resources or Resources()
    shards = [cast("RoutedShard", {**shard, "lane": lane.value}) for shard in begin_run(run, sample, reuse=reuse)]
    landed: dict[int, ShardManifest] = {}
    for manifest in land_shards(shards, resources=resources):
        landed[manifest["shard"]] = cast("ShardManifest", manifest)
    costs = [manifest["cost_usd"] for manifest in landed.values()]
    return LabelledSet(
        run=run.url,
        rows=tuple(list_files(run.folder.landed_folder, ".parquet")),
        requests=sum(manifest["requests"] for manifest in landed.values()),
        reused=sum(manifest["reused"] for manifest in landed.values()),
        paid_usd=sum(manifest.get("paid_usd", 0.0) for manifest in landed.values()),
        cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
        seconds=round(sum(manifest["seconds"] for manifest in landed.values()), 3),
    )


def prepared_manifest(run: RunPlan, shard: int) -> Mapping[str, Any]:
    """Manifest of a shard's preparation for all runs that shorten text alike; empty before it."""
    return read_json(_manifest_url(_preparing(run), shard)) or {}


def _preparing(run: RunPlan) -> RunPlan:
    """The run under whose name conversations lie as they are prepared for all runs that shorten text alike.

    LLMLingua-2 takes minutes for a sample: it is not done again for each run.
    """
    return run.model_copy(update={"run_id": f"prepared.{tokens_fingerprint(run.config.tokens)[:12]}", "dry_run": False})


def _prepare(run: RunPlan, shard: ShardRef) -> None:
    common, number = _preparing(run), shard["shard"]
    if not (exists(common.folder.prepared(number)) and prepared_manifest(run, number)):
        common.save()
        own: ShardRef = {**shard, "run": common.url}
        write_json(_manifest_url(common, number), encode(prepare_shard(own), common.lake))
    with atomic_parquet(run.folder.prepared(number), PREPARED) as copy:
        for batch in read_batches(common.folder.prepared(number)):
            copy.write_batch(batch)


def _manifest_url(common: RunPlan, shard: int) -> str:
    return common.folder.path(f"prepared-{shard:04d}.json")


def _take_over(run: RunPlan, shards: list[ShardRef], reuse: str) -> None:
    specs, models = classifiers_of(run), asked_models(run)
    for shard in shards:
        rows = ShardRows(run, shard, specs, models, LogProgress(), SystemClock())
        plans = list(rows.plans())
        keys = {request_plan.request.key(model) for request_plan in plans for model in models}
        frames = {request_plan.request.frame.fingerprint for request_plan in plans}
        imported = import_outcomes(reuse, run.journal_url, keys, frames=frames)
        if imported:
            log.info("%s of earlier runs reused", count(imported, "answer"))
