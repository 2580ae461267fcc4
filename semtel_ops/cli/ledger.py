"""`semtel ledger`: which version the ledger has, and its upgrade."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click

from semtel_ops.humanize import number

_MEANING = {
    "current": "that of this release",
    "older": "older than this release needs: run `semtel ledger upgrade`",
    "newer": "newer than this release, which cannot use it",
    "unsupported": "too old to be upgraded",
}

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def _of_ledger(command: CommandT) -> CommandT:
    """Options that say which ledger, and how to print it."""
    out = click.option(
        "--out", type=click.Path(file_okay=False), help="The folder of a `semtel classify`: the file of its batch jobs instead."
    )
    as_json = click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
    return out(as_json(command))


@click.group()
def ledger() -> None:
    """Show or upgrade the ledger: the database at DATABASE_URL that runs, costs and published shares are recorded in.

    A new release may need new tables or columns. It refuses a ledger of an older version until this has been run:

    \b
      semtel ledger show                  its version, its tables, what an upgrade would run
      semtel ledger upgrade --dry-run     the same, and where the backup would be
      semtel ledger upgrade
    """  # noqa: D301 - \b is click's mark


@ledger.command()
@_of_ledger
def show(out: str | None, as_json: bool) -> None:
    """Version, what an upgrade would run, and the rows in each table; changes nothing.

    \b
      semtel ledger show
      DATABASE_URL=postgresql://me@db/semtel semtel ledger show --json
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.store.ledger_upgrade import ledger_state

    state = ledger_state(_url(out))
    if as_json:
        _echo_json(state)
        return
    click.echo(f"ledger   {state.ledger}")
    if state.version is None or state.state is None:
        click.echo("version  none: the first run creates it")
        return
    click.echo(f"version  {state.version}, {_MEANING[state.state]}")
    click.echo(f"head     {state.head}")
    for migration in state.pending:
        click.echo(f"pending  {migration.version}  {migration.title}")
    width = max((len(name) for name in state.rows), default=0)
    for name, rows in state.rows.items():
        click.echo(f"rows     {name:<{width}}  {number(rows):>12}")


@ledger.command()
@_of_ledger
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
def upgrade(out: str | None, dry_run: bool, as_json: bool) -> None:
    """Bring the ledger to the version of this release, or create it; run again, it changes nothing.

    All migrations run in one transaction: killed anywhere, the ledger is as it was or upgraded. A SQLite ledger is copied to
    a file beside it first; back up PostgreSQL yourself (docs/ledger.md). Stop what uses the ledger before: pause the DAGs
    and wait until no task runs.

    \b
      semtel ledger upgrade --dry-run
      semtel ledger upgrade
      semtel ledger upgrade --out labels/     a `semtel classify --out labels/` that an older release began
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.store.ledger_upgrade import upgrade_ledger

    done = upgrade_ledger(_url(out), dry_run=dry_run)
    if as_json:
        _echo_json(done)
        return
    for line in done.lines():
        click.echo(line)


def _url(out: str | None) -> str:
    if out is not None:
        return f"sqlite:///{Path(out, 'lake', 'batch.db')}"
    from semtel_ops.settings import Settings

    return Settings.from_env().database_url.get_secret_value()


def _echo_json(manifest: Any) -> None:
    click.echo(json.dumps(asdict(manifest), indent=1, ensure_ascii=False))
