"""`semtel ledger`: show the ledger's version, and upgrade it."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click

from semtel_ops.humanize import number

_MEANING = {
    "current": "current",
    "older": "older than this release requires: run `semtel ledger upgrade`",
    "newer": "newer than this release supports",
    "unsupported": "too old to upgrade",
}

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def _of_ledger(command: CommandT) -> CommandT:
    """Add the options that select a ledger and an output format."""
    out = click.option(
        "--out",
        type=click.Path(file_okay=False),
        help="Output folder of `semtel classify --lane batch`: its own ledger instead of DATABASE_URL.",
    )
    as_json = click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
    return out(as_json(command))


@click.group()
def ledger() -> None:
    """Show or upgrade the ledger, the database at DATABASE_URL that records runs, costs and published label shares.

    A new release may need new tables or columns. It refuses an older ledger until the ledger is upgraded.

    \b
    Examples:
      semtel ledger show                  version, tables, pending migrations
      semtel ledger upgrade --dry-run     pending migrations, and the path of the backup
      semtel ledger upgrade
    """  # noqa: D301 - \b is click's mark


@ledger.command()
@_of_ledger
def show(out: str | None, as_json: bool) -> None:
    """Print the version, the pending migrations and the number of rows in each table. Changes nothing.

    \b
    Examples:
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
        click.echo("version  none: created by the first run")
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
@click.option("--dry-run", is_flag=True, help="Print what an upgrade would do; change nothing.")
def upgrade(out: str | None, dry_run: bool, as_json: bool) -> None:
    """Upgrade the ledger to the version of this release, or create it. A second run changes nothing.

    All migrations run in one transaction, so an interrupted upgrade leaves the ledger unchanged. A SQLite ledger is first
    backed up to a file beside it; back up PostgreSQL yourself (docs/ledger.md). Before upgrading, stop everything that uses
    the ledger: pause the DAGs and wait until no task is running.

    \b
    Examples:
      semtel ledger upgrade --dry-run
      semtel ledger upgrade
      semtel ledger upgrade --out labels/     for `semtel classify --out labels/` started by an older release
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
