"""`semtel batch`: run the batch lane step by step, from a shell or from schedulers other than Airflow."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import click

from semtel_ops.cli.output import progress, show
from semtel_ops.humanize import count, number
from semtel_ops.runs.refs import BatchState, RoutedShard, ShardManifest

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def _of_run(command: CommandT) -> CommandT:
    """Add the options that select a run."""
    options = [
        click.option("--week", help="ISO week, such as 2026-W47. Default: the last complete week."),
        click.option("--run-id", help="Name of the run. Default: shell-<week>; with --out: run."),
        click.option(
            "--out",
            type=click.Path(file_okay=False),
            help="Output folder of `semtel classify --lane batch`; replaces --week.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def batch() -> None:
    """Submit, poll and collect batch jobs step by step. After an interruption, run a command again: it continues.

    \b
    A week in batch jobs; repeat poll and collect until every shard has landed, then publish the week:
      semtel ingest --source chats/ --week 2026-W47
      semtel batch submit --week 2026-W47
      semtel batch poll --week 2026-W47
      semtel batch collect --week 2026-W47
      semtel run --source chats/ --week 2026-W47 --lane batch
    """  # noqa: D301 - \b is click's mark


@batch.command()
@_of_run
def submit(as_json: bool, **selection: Any) -> None:
    """Prepare the shards of an ingested run and submit their jobs. A job that was submitted is not submitted again.

    \b
    Example:
      semtel batch submit --week 2026-W47
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.runs.resources import Resources
    from semtel_ops.steps.classify_batch import submit_shard
    from semtel_ops.steps.prepare import prepare_shard

    states = [submit_shard(prepare_shard(shard), resources=Resources(progress=progress())) for shard in _shards(selection)]
    _show(states, as_json=as_json)


@batch.command()
@_of_run
def poll(as_json: bool, **selection: Any) -> None:
    """Ask the provider once for the state of every job. Changes nothing.

    \b
    Example:
      semtel batch poll --week 2026-W47
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.steps.batch_jobs import look_at_run

    jobs = look_at_run(_run(selection))
    if as_json:
        show({"jobs": jobs}, as_json=True)
        return
    for job in jobs:
        click.echo(_line(job))


@batch.command()
@_of_run
@click.option("--wait", is_flag=True, help="Wait until every shard has landed.")
def collect(as_json: bool, wait: bool, **selection: Any) -> None:
    """Merge the results of jobs that have ended, submit what they left unanswered, and write the rows of complete shards.

    Files at the provider that could not be deleted earlier are deleted now.

    \b
    Examples:
      semtel batch collect --week 2026-W47
      semtel batch collect --out labels/ --wait
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.runs.resources import Resources
    from semtel_ops.steps.batch_jobs import tidy_run
    from semtel_ops.steps.classify import check_shard
    from semtel_ops.steps.classify_batch import classify_shards, has_landed, submit_shard

    shards = _shards(selection)
    states: list[BatchState | ShardManifest] = []
    if wait:
        states += classify_shards(shards, resources=Resources(progress=progress()))
    else:
        states += [submit_shard(shard, resources=Resources(progress=progress())) for shard in shards]
    for state in states:
        if has_landed(state):
            check_shard(state)
    _show(states, as_json=as_json)
    left = tidy_run(_run(selection))
    if left:
        click.echo(
            f"{count(left, 'file')} of finished jobs could not be deleted at the provider; run this command again later",
            err=True,
        )


@batch.command()
@_of_run
def cancel(as_json: bool, **selection: Any) -> None:
    """Cancel all jobs of a run. `semtel batch collect` then keeps their replies and records the other rows as expired.

    \b
    Example:
      semtel batch cancel --week 2026-W47
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.steps.classify_batch import cancel_shard

    _show([cancel_shard(shard) for shard in _shards(selection)], as_json=as_json)


@batch.command("give-up")
@click.argument("job")
@_of_run
def give_up(job: str, as_json: bool, **selection: Any) -> None:
    """Give up the results of JOB, which may have been billed: its requests are asked, and paid for, again.

    For a job that has ended without results that can be read, and whose results will not come any more. JOB is the key that
    the error message names. `semtel batch collect` then deletes its files at the provider, and submits the requests again while
    `batch.max_rounds` allows it.

    \b
    Example:
      semtel batch give-up 3f2a9c1d0b7e-0000-000-9ac2f1e4 --week 2026-W47
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.steps.batch_jobs import give_up_job

    given_up = give_up_job(_run(selection), job)
    if as_json:
        show(given_up, as_json=True)
    else:
        click.echo(_line(given_up))


@batch.command("list")
@_of_run
@click.option("--all", "every", is_flag=True, help="List the jobs of all runs in the ledger.")
def list_jobs(as_json: bool, every: bool, **selection: Any) -> None:
    """Print jobs as the ledger records them, without contacting the provider.

    \b
    Example:
      semtel batch list --all
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.steps.batch_jobs import jobs_of_run

    jobs = jobs_of_run(_run(selection), every=every)
    if as_json:
        show({"jobs": jobs}, as_json=True)
        return
    for job in jobs:
        click.echo(_line(job))


def _line(job: dict[str, Any]) -> str:
    answered = "" if job["answered"] is None else f"{number(job['answered'])} of "
    parts = [
        job["job_key"], job["state"], job["provider_status"] or "-", job["provider_id"] or "-", job["endpoint"],
        f"{answered}{count(job['requests'], 'request')}", job["message"] or "",
    ]  # fmt: skip
    return "  ".join(parts).rstrip()


def _show(states: Sequence[BatchState | ShardManifest], *, as_json: bool) -> None:
    under_way = [cast("BatchState", state) for state in states if not state["done"]]
    watched = [watch for state in under_way for watch in state["watches"]]
    summary: dict[str, Any] = {
        "shards": len(states),
        "landed": len(states) - len(under_way),
        "jobs_under_way": len(watched),
        "jobs_waiting": sum(state["waiting"] for state in under_way),
    }
    if as_json:
        summary["states"] = states
    show(summary, as_json=as_json)


def _run(selection: dict[str, Any]) -> str:
    """URL of the run selected by --out, or by --week and --run-id."""
    if selection["out"] is not None:
        from semtel_ops.steps.classify_files import run_in

        return run_in(selection["out"], selection["run_id"] or "run")
    from semtel_ops.conversations.weeks import Week
    from semtel_ops.settings import Settings
    from semtel_ops.store.layout import Lake

    week = selection["week"] or str(Week.last_complete(datetime.now(UTC)))
    return Lake(Settings.from_env().lake).run(week, selection["run_id"] or f"shell-{week}").plan


def _shards(selection: dict[str, Any]) -> list[RoutedShard]:
    from semtel_ops.steps.batch_jobs import shards_of_run

    return shards_of_run(_run(selection))
