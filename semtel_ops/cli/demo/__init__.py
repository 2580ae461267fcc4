"""`semtel demo`: run the weekly DAG in a real Airflow on this machine.

Here: starting and stopping Airflow's components and the simulator, testing endpoints that are given instead of it, and
showing a run's progress. Not here: the work of a run; the demo only triggers the DAG.
"""

import sys
from importlib.util import find_spec

import click

from semtel_ops.cli.demo.components import Workers
from semtel_ops.cli.demo.own_endpoints import DEFAULT_BUDGET_USD, DEFAULT_SAMPLE
from semtel_ops.errors import ConfigError

__all__ = ["demo"]


@click.command()
@click.option(
    "--source", metavar="PATH", help="Your own conversations instead of the sample: a file, a folder, a glob or a URL."
)
@click.option(
    "--endpoints",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Your own endpoints.yaml instead of the simulator. The endpoints are tested first, and may cost money.",
)
@click.option(
    "--budget-usd",
    type=click.FloatRange(min=0, min_open=True),
    metavar="USD",
    help=f"Spending limit of a week; needs --endpoints. Default: {DEFAULT_BUDGET_USD:g} where all prices are known.",
)
@click.option(
    "--week",
    metavar="WEEK",
    help="Only conversations of this ISO week, such as 2026-W40. Default: every week of the sample; "
    "the last one with --endpoints.",
)
@click.option(
    "--sample",
    "sample_size",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"Largest number of conversations in a week. Default: all; {DEFAULT_SAMPLE} with --endpoints.",
)
@click.option(
    "--lane",
    type=click.Choice(["auto", "realtime", "batch"]),
    help="How requests are sent, as for `semtel run`. Default: auto.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=8080,
    show_default=True,
    help="Port of Airflow's web UI; if it is taken, the next free one.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False),
    help="Folder for everything the demo writes. Default: .demo/.",
)
@click.option(
    "--database",
    metavar="URL",
    help="PostgreSQL database for Airflow and the ledger, such as postgresql://me@localhost/demo. Default: SQLite files.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Run tasks on N Celery workers; needs --database. Default: none, the scheduler runs them.",
)
@click.option("--broker", metavar="URL", help="Redis broker of the workers.  [default: redis://127.0.0.1:6379/0]")
@click.option(
    "--once", is_flag=True, help="Exit when the runs end, with code 0 if all succeeded, else 1. Default: keep Airflow running."
)
@click.option(
    "--keep/--fresh", default=False, show_default=True, help="Keep the data of the last demo, or start with an empty folder."
)
def demo(
    *,
    source: str | None,
    endpoints: str | None,
    budget_usd: float | None,
    week: str | None,
    sample_size: int | None,
    lane: str | None,
    port: int,
    folder: str | None,
    database: str | None,
    workers: int | None,
    broker: str | None,
    once: bool,
    keep: bool,
) -> None:
    """Run the weekly DAG in a real Airflow on this machine, with the simulator or your own endpoints.

    Airflow keeps running until Ctrl-C. All files are written to one folder. With the simulator no data leaves the machine;
    with --endpoints the conversations are sent there, after personal data has been replaced.

    \b
    Examples:
      semtel demo
      semtel demo --source ~/chats --sample 200
      semtel demo --once --lane batch
      semtel demo --endpoints my.yaml --source ~/chats --budget-usd 0.50
    """  # noqa: D301 - \b is click's mark
    from rich.console import Console

    from semtel_ops.cli.demo.run import DemoOptions, run_demo

    if database is not None and not database.startswith(("postgresql://", "postgresql+psycopg://")):
        raise ConfigError("--database", database, "must be a PostgreSQL URL, such as postgresql://me@localhost/demo")
    if budget_usd is not None and endpoints is None:
        raise ConfigError("--budget-usd", budget_usd, "applies only to your own endpoints; add --endpoints my.yaml")
    options = DemoOptions(
        source=source,
        endpoints=endpoints,
        budget_usd=budget_usd,
        week=week,
        sample_size=sample_size,
        lane=lane,
        port=port,
        folder=folder,
        database=database,
        workers=_workers(workers, broker, database),
        once=once,
        keep=keep,
    )
    console = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=140)
    try:
        code = run_demo(options, console)
    except KeyboardInterrupt:
        console.print("\nInterrupted; nothing is left running.")
        code = 130
    sys.exit(code)


def _workers(count: int | None, broker: str | None, database: str | None) -> Workers | None:
    if count is None:
        if broker is not None:
            raise ConfigError("--broker", broker, "applies only to Celery workers; add --workers, such as --workers 2")
        return None
    if database is None:
        raise ConfigError("--workers", count, "needs a database that several processes can write to; add --database")
    if find_spec("celery") is None:
        raise ConfigError("--workers", count, "needs Celery: pip install -c constraints.txt -e '.[cluster]'")
    return Workers(count, broker or "redis://127.0.0.1:6379/0")
