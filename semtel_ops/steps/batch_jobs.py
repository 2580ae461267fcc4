"""A run's batch jobs for display: as recorded in the ledger, and as currently reported by the provider."""

import asyncio
import secrets
from contextlib import ExitStack
from typing import Any

from semtel_ops.batch.collection import clean_up, give_up
from semtel_ops.batch.results import MISSING
from semtel_ops.endpoints import Lane
from semtel_ops.errors import ConfigError, EndpointError, StoreError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import RoutedShard, ShardRef
from semtel_ops.runs.resources import Resources, endpoints_of, ledger_of
from semtel_ops.steps.route import in_lane
from semtel_ops.store.batch_ledger import BatchJob, BatchLedger, JobState
from semtel_ops.store.files import read_json

_SHOWN = (
    "job_key", "shard", "round", "endpoint", "model", "state", "provider_id", "provider_status", "requests", "tokens",
    "answered", "refused", "failed", "expired", "missing", "cost_usd", "submitted_at", "finished_at", "message",
)  # fmt: skip


def shards_of_run(run: str) -> list[RoutedShard]:
    """A run's shards, routed to the batch lane.

    Raises:
        StoreError: the run was planned but not sampled.
    """
    plan = RunPlan.load(run)
    sample = read_json(plan.folder.sample)
    if sample is None:
        raise StoreError(f"{run}: has no sample yet; run `semtel ingest` first")
    return in_lane([_ref(plan, ref) for ref in sample["shards"]], Lane.BATCH)


def _ref(plan: RunPlan, shard: ShardRef) -> ShardRef:
    ref: ShardRef = {"run": plan.url, "shard": shard["shard"], "conversations": shard["conversations"]}
    if "asked_rows" in shard:  # of a reprocess
        ref["asked_rows"] = shard["asked_rows"]
    return ref


def jobs_of_run(run: str, *, every: bool = False) -> list[dict[str, Any]]:
    """A run's jobs in the order they were planned; `every`: the jobs of all runs in the ledger."""
    plan = RunPlan.load(run)
    with ledger_of(plan) as ledger:
        jobs = BatchLedger(ledger, "reader")
        return [_shown(job) for job in (jobs.all() if every else jobs.of_run(plan.week, plan.run_id))]


def look_at_run(run: str, *, resources: Resources | None = None) -> list[dict[str, Any]]:
    """A run's jobs, with the provider's current status of those in progress. Changes nothing."""
    resources = resources or Resources()
    plan = RunPlan.load(run)
    endpoints = {endpoint.name: endpoint for endpoint in endpoints_of(plan, resources.resolve_connection)}
    shown = jobs_of_run(run)
    with ExitStack() as stack:
        clients = {}
        for job in shown:
            if job["state"] != JobState.SUBMITTED or job["endpoint"] not in endpoints:
                continue
            if job["endpoint"] not in clients:
                clients[job["endpoint"]] = resources.make_batch_client(endpoints[job["endpoint"]])
                stack.callback(clients[job["endpoint"]].close)
            try:
                remote = clients[job["endpoint"]].retrieve(job["provider_id"])
            except EndpointError as error:
                job["message"] = str(error)
            else:
                job.update(provider_status=remote.state, answered=remote.completed, failed=remote.failed)
    return shown


def tidy_run(run: str, *, resources: Resources | None = None) -> int:
    """Delete the files of finished jobs that could not be deleted before; returns how many remain at their providers."""
    resources = resources or Resources()
    plan = RunPlan.load(run)
    endpoints = {endpoint.name: endpoint for endpoint in endpoints_of(plan, resources.resolve_connection)}
    with ExitStack() as stack:
        jobs = BatchLedger(stack.enter_context(ledger_of(plan)), secrets.token_hex(8))
        remaining = 0
        for job in jobs.of_run(plan.week, plan.run_id):
            if job.open or not _files(job):
                continue
            if job.endpoint in endpoints:
                client = resources.make_batch_client(endpoints[job.endpoint])
                stack.callback(client.close)
                claimed = jobs.claim(job, now=resources.clock.now())
                job = asyncio.run(clean_up(claimed, client, jobs, clock=resources.clock))  # noqa: PLW2901
            remaining += _files(job)
    return remaining


def give_up_job(run: str, job_key: str, *, resources: Resources | None = None) -> dict[str, Any]:
    """Give up the results of a submitted job, as a person decides: its requests may then be asked, and paid for, again.

    Its files are deleted at the provider when the shard is collected next. Returns the job as the ledger then records it.

    Raises:
        ConfigError: the run has no such job, or the job was not submitted or has been collected.
    """
    resources = resources or Resources()
    plan = RunPlan.load(run)
    with ledger_of(plan) as ledger:
        jobs = BatchLedger(ledger, secrets.token_hex(8))
        job = next((job for job in jobs.of_run(plan.week, plan.run_id) if job.job_key == job_key), None)
        if job is None:
            raise ConfigError("job", job_key, f"is not a job of run {plan.run_id}; `semtel batch list` shows its jobs")
        if job.state not in {JobState.SUBMITTED, JobState.ENDED}:
            raise ConfigError("job", job_key, f"is {job.state}; only results of a submitted job can be given up")
        job = jobs.claim(job, now=resources.clock.now())
        return _shown(give_up(job, jobs, JobState.COLLECTED, MISSING, "its results were given up", clock=resources.clock))


def _files(job: BatchJob) -> int:
    return sum(file_id is not None for file_id in (job.input_file_id, job.output_file_id, job.error_file_id))


def _shown(job: BatchJob) -> dict[str, Any]:
    shown = {name: getattr(job, name) for name in _SHOWN}
    times = {name: shown[name] and shown[name].isoformat(timespec="seconds") for name in ("submitted_at", "finished_at")}
    return {**shown, **times, "state": job.state.value}
