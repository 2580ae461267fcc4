"""`semtel lake`: what is in the lake, and how long it is kept."""

import json

import click

from semtel_ops.cli.output import show as show_manifest
from semtel_ops.humanize import money, number, size

_JSON = click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")


@click.group()
def lake() -> None:
    """Show what is in the lake, or remove what is older than `retention` in pipeline.yaml allows."""


@lake.command()
@_JSON
def show(as_json: bool) -> None:
    """Print files and bytes of each kind, the oldest week and the retention. Changes nothing.

    \b
    Example:
      semtel lake show
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import Settings
    from semtel_ops.steps.lake_clean import lake_sizes

    kinds = lake_sizes(Settings.from_env())
    if as_json:
        click.echo(json.dumps({"kinds": kinds}, indent=1))
        return
    click.echo(f"{'kind':<14}  {'files':>9}  {'bytes':>9}  {'oldest':<9}  kept")
    for kind in kinds:
        kept = kind["retention"] or "for ever"
        click.echo(
            f"{kind['kind']:<14}  {number(kind['files']):>9}  {size(kind['bytes']):>9}  {kind['oldest_week'] or '':<9}  {kept}"
        )


@lake.command()
@click.option("--dry-run", is_flag=True, help="Count what would be removed, and what asking again would cost; change nothing.")
@click.option("--published", is_flag=True, help="Remove old labels, rows and reports of published runs as well.")
@_JSON
def clean(dry_run: bool, published: bool, as_json: bool) -> None:
    """Remove files and replies that are older than `retention` in pipeline.yaml allows. By default everything is kept.

    Files of runs that have not ended are kept, and labels, rows and reports of published runs unless --published is given.

    \b
    Examples:
      semtel lake clean --dry-run
      semtel lake clean
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import Settings
    from semtel_ops.steps.lake_clean import clean_lake

    done = clean_lake(settings=Settings.from_env(), dry_run=dry_run, include_published=published)
    if as_json:
        show_manifest(done, as_json=True)
        return
    if not done["kinds"]:
        click.echo("everything is kept: pipeline.yaml has no retention")
        return
    click.echo(f"{'kind':<14}  {'older than':>10}  {'files':>7}  {'rows':>9}  {'bytes':>9}  {'kept':>6}  asking again")
    for kind in done["kinds"]:
        days, files, rows = f"{kind['older_than']}d", number(kind["files"]), number(kind["rows"])
        click.echo(
            f"{kind['kind']:<14}  {days:>10}  {files:>7}  {rows:>9}  {size(kind['bytes']):>9}  "
            f"{number(kind['kept_files']):>6}  {money(kind['cost_usd'])}"
        )
    if dry_run:
        click.echo("dry run: nothing was changed; run without --dry-run to remove")
