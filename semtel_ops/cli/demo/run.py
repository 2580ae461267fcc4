"""The demo from start to end: a real Airflow, the simulator or own endpoints, and the weekly DAG once for each week."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn

from rich.console import Console
from rich.text import Text

from semtel_ops.cli.demo import components
from semtel_ops.cli.demo.api import AirflowApi
from semtel_ops.cli.demo.folder import DemoFolder
from semtel_ops.cli.demo.own_endpoints import DEFAULT_SAMPLE, OwnEndpoints, own_endpoints
from semtel_ops.cli.demo.plan import PlannedRun, planned_runs
from semtel_ops.cli.demo.ports import free_port
from semtel_ops.cli.demo.progress import Progress, make_progress
from semtel_ops.cli.demo.stages import failed_instances, stages
from semtel_ops.cli.demo.start import DAG_ID, start_airflow
from semtel_ops.cli.demo.summary import RunSummary, print_summary, read_summary
from semtel_ops.cli.demo.supervisor import Supervisor
from semtel_ops.cli.demo.task_log import excerpt, log_file, reason
from semtel_ops.cli.demo.wait import pause
from semtel_ops.clock import Clock, SystemClock
from semtel_ops.humanize import duration

_OVER = frozenset({"success", "failed"})


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """Options of a demo.

    Attributes:
        endpoints: path of the person's endpoints.yaml; None for the simulator.
        budget_usd: spending limit of a week on the person's endpoints; None for its default.
        lane: as in the trigger form; None for its default.
        once: exit when the runs end, instead of leaving Airflow running.
        keep: keep the labels and runs of the last demo.
        port: preferred port of Airflow's web UI.
        folder: where the demo writes; None for `.demo/` of the checkout or of the current folder.
        database: URL of a PostgreSQL database, which is not emptied; None for SQLite files in the folder.
        workers: Celery workers that run the tasks, over the database; None: the scheduler runs them.
    """

    source: str | None = None
    endpoints: str | None = None
    budget_usd: float | None = None
    week: str | None = None
    sample_size: int | None = None
    lane: str | None = None
    port: int = 8080
    folder: str | None = None
    database: str | None = None
    workers: components.Workers | None = None
    once: bool = False
    keep: bool = False


def run_demo(options: DemoOptions, console: Console, clock: Clock | None = None) -> int:
    """Run the demo; return 0 if every week was published, else 1. All processes are ended on every exit."""
    clock = clock or SystemClock()
    folder = DemoFolder.of_this_installation(options.folder)
    now = datetime.fromtimestamp(clock.now(), tz=UTC)
    endpoints = _own_endpoints(options, console)
    runs = planned_runs(
        folder,
        source=options.source,
        week=options.week,
        sample_size=options.sample_size or (None if endpoints is None else DEFAULT_SAMPLE),
        lane=options.lane,
        budget_usd=None if endpoints is None else endpoints.budget_usd,
        last_only=endpoints is not None,
        now=now,
    )
    with _signals_as_exits(), Supervisor(folder) as supervisor:
        if supervisor.ended_before:
            console.print(f"Ended {supervisor.ended_before} processes left by an earlier demo.", highlight=False)
        if not options.keep:
            folder.clear()
        folder.create()
        api = _start(supervisor, options, endpoints, console, clock)
        with make_progress(console) as progress:
            outcomes = _run_weeks(api, supervisor, runs, progress, clock)
        console.print()
        print_summary(console, folder, outcomes, url=api.url, endpoints=endpoints)
        good = len(outcomes) == len(runs) and all(outcome.good for outcome in outcomes)
        if not options.once:
            _stay(supervisor, console)
    return 0 if good else 1


def _own_endpoints(options: DemoOptions, console: Console) -> OwnEndpoints | None:
    """Test the person's endpoints, if any, and say where conversations are sent and what may be charged."""
    if options.endpoints is None:
        return None
    with console.status("Testing the endpoints …") as status:
        endpoints = own_endpoints(options.endpoints, budget_usd=options.budget_usd, on_status=status.update)
    for place in endpoints.places:
        console.print(Text(f"Conversations are sent to {place}"))
    console.print(Text(endpoints.spending))
    return endpoints


def _start(
    supervisor: Supervisor, options: DemoOptions, endpoints: OwnEndpoints | None, console: Console, clock: Clock
) -> AirflowApi:
    """Start all components; return when they are healthy and the DAG has been parsed."""
    folder = supervisor.folder
    port = free_port(options.port)
    environment = components.environment(folder, port, database=options.database, workers=options.workers, endpoints=endpoints)
    began = clock.monotonic()
    if options.keep or options.database:
        # The ledger may come from an earlier release; without these options it is new.
        from semtel_ops.store.ledger_upgrade import upgrade_ledger

        upgrade_ledger(environment["DATABASE_URL"])
    with console.status("Starting …") as status:
        if endpoints is None:
            simulator_port = free_port(8900, frozenset({port}))
            folder.endpoints.write_text(components.endpoints_yaml(simulator_port), encoding="utf-8")
            supervisor.start("simulator", components.simulator(simulator_port), environment)
        commands = components.airflow_components(folder, port, options.workers)
        api = start_airflow(supervisor, environment, port, commands, on_status=status.update)
    console.print(f"Airflow is ready after {duration(clock.monotonic() - began)}: {api.url}", highlight=False)
    return api


def _run_weeks(
    api: AirflowApi, supervisor: Supervisor, runs: list[PlannedRun], progress: Progress, clock: Clock
) -> list[RunSummary]:
    """Run the weeks in order, since each is compared with the one before; stop at the first failure."""
    outcomes: list[RunSummary] = []
    for run in runs:
        outcome = _run_week(api, supervisor, run, progress, clock)
        outcomes.append(outcome)
        progress.ended(run.week, good=outcome.good, text=outcome.line)
        if not outcome.good:
            _explain(api, supervisor.folder, outcome, progress)
            break
    return outcomes


def _run_week(api: AirflowApi, supervisor: Supervisor, run: PlannedRun, progress: Progress, clock: Clock) -> RunSummary:
    run_id = f"demo__{run.week}__{datetime.fromtimestamp(clock.now(), tz=UTC):%Y%m%dT%H%M%S}"
    began = clock.monotonic()
    api.trigger(DAG_ID, run_id, run.conf)
    state, reported = "queued", set[Path]()
    while state not in _OVER:
        pause(1.0)
        supervisor.check()
        state = api.run_state(DAG_ID, run_id)
        instances = api.task_instances(DAG_ID, run_id)
        progress.show(run.week, stages(instances), clock.monotonic() - began)
        for instance in instances:
            log = log_file(supervisor.folder.task_logs, instance)
            if instance["state"] == "up_for_retry" and log not in reported:
                reported.add(log)
                progress.note(f"{instance['task_id']} failed and will be retried: {reason(log)}")
    return read_summary(supervisor.folder, run.week, run_id, state=state, seconds=clock.monotonic() - began)


def _explain(api: AirflowApi, folder: DemoFolder, outcome: RunSummary, progress: Progress) -> None:
    """Show the failed tasks with the last lines and the path of their logs."""
    failed = failed_instances(api.task_instances(DAG_ID, outcome.run_id))
    for instance in failed[:3]:
        log = log_file(folder.task_logs, instance)
        progress.note(f"\nTask {instance['task_id']} failed:")
        for line in excerpt(log):
            progress.note(f"    {line}")
        progress.note(f"    full log: {log}")
    if len(failed) > 3:
        progress.note(f"\nand {len(failed) - 3} more failed tasks; see Airflow's web UI")


def _stay(supervisor: Supervisor, console: Console) -> None:
    """Keep Airflow running until Ctrl-C."""
    console.print(Text("  Press Ctrl-C to stop Airflow."))
    try:
        while True:
            pause(1.0)
            supervisor.check()
    except KeyboardInterrupt:
        console.print("\nStopping Airflow …", highlight=False)


@contextmanager
def _signals_as_exits() -> Iterator[None]:
    """Make SIGTERM and SIGHUP raise SystemExit, so that the processes are ended as on Ctrl-C."""

    def leave(number: int, _: FrameType | None) -> NoReturn:
        sys.exit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
