"""`semtel sentinels`: ask the fixed conversations of today, and show what they and the lists of models have found."""

import json
from typing import Any

import click

from semtel_ops.cli.options import CONFIG, endpoints_option
from semtel_ops.cli.output import progress
from semtel_ops.humanize import UNKNOWN, money, number, percent, quantity

_JSON = click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")


@click.group()
def sentinels() -> None:
    """Ask fixed conversations every day, to notice a model that changes; and see which models retire.

    \b
    Examples:
      semtel sentinels run --dry-run
      semtel sentinels show
    """  # noqa: D301 - \b is click's mark


@sentinels.command()
@click.option("--endpoint", "only", multiple=True, metavar="NAME", help="Only this endpoint; repeatable. Default: all.")
@click.option(
    "--new-baseline", is_flag=True, help="Accept how the model answers now: measure its answers of today as the new reference."
)
@click.option("--models/--no-models", default=True, show_default=True, help="Ask endpoints when their model shuts down.")
@click.option("--dry-run", is_flag=True, help="Forecast requests and cost of today; send and record nothing.")
@CONFIG
@endpoints_option()
@_JSON
def run(
    only: tuple[str, ...],
    new_baseline: bool,
    models: bool,
    dry_run: bool,
    config: str | None,
    endpoints: str | None,
    as_json: bool,
) -> None:
    """Ask the sentinels of today, judge their answers, and raise alerts, as the DAG model_sentinels does.

    The first day measures a baseline: all rows are asked `sentinels.repeats` times. A day that was asked is not asked again.

    \b
    Examples:
      semtel sentinels run --dry-run
      semtel sentinels run --endpoint east --new-baseline
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.runs.resources import Resources
    from semtel_ops.settings import Settings
    from semtel_ops.steps.model_listing import look_at_models
    from semtel_ops.steps.sentinels import run_sentinels

    given = {name: value for name, value in (("pipeline", config), ("endpoints", endpoints)) if value is not None}
    settings = Settings.from_env().model_copy(update=given)
    resources = Resources(progress=progress())
    looked = look_at_models(settings=settings, resources=resources) if models and not dry_run else None
    done = run_sentinels(settings=settings, resources=resources, new_baseline=new_baseline, dry_run=dry_run, only=only)
    if as_json:
        click.echo(json.dumps({**done, "models": looked}, indent=1, ensure_ascii=False))
        return
    if "skipped" in done:
        click.echo(f"sentinels: nothing was asked: {done['skipped']}")
    for found in done.get("endpoints", ()):
        _print_endpoint(found)
    for key in [*done.get("raised", ()), *(looked or {}).get("raised", ())]:
        click.secho(f"alert {key}; `semtel alerts list` has its text", fg="red")
    if looked is not None:
        _print_models(looked["retiring"])


@sentinels.command()
@click.option("--days", type=click.IntRange(min=1), default=14, show_default=True, help="Days to show, today included.")
@click.option("--endpoint", metavar="NAME", help="Only this endpoint.")
@click.option("--models", "only_models", is_flag=True, help="Show only the models that retire.")
@_JSON
def show(days: int, endpoint: str | None, only_models: bool, as_json: bool) -> None:
    """Print the last days of the sentinels, the latest first, and the models whose last day is known. Asks nobody.

    \b
    Examples:
      semtel sentinels show
      semtel sentinels show --models --json
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import Settings
    from semtel_ops.steps.sentinel_show import show_sentinels

    shown = show_sentinels(settings=Settings.from_env(), days=days, endpoint=endpoint)
    if as_json:
        click.echo(json.dumps(shown, indent=1, ensure_ascii=False))
        return
    if not only_models:
        if not shown["days"]:
            click.echo("no sentinels were asked in these days")
        else:
            click.echo(
                f"{'day':<10}  {'endpoint':<16}  {'classifier':<18}  {'served model':<24}  {'flips':>9}  {'p0':>6}  evidence"
            )
        for row in shown["days"]:
            flips = f"{number(row['flips'])}/{number(row['n'])}"
            said = "baseline" if row["state"] == "baseline" else quantity(row["e_value"]) + (" alarm" if row["alarmed"] else "")
            click.echo(
                f"{row['day']:<10}  {row['endpoint']:<16}  {row['classifier']:<18}  {row['served_model'] or UNKNOWN:<24}  "
                f"{flips:>9}  {percent(row['p0']):>6}  {said}"
            )
    _print_models(shown["models"])


def _print_endpoint(found: dict[str, Any]) -> None:
    if "classifiers" not in found:
        what = "a baseline" if found["state"] == "baseline" else "the day"
        click.echo(f"{found['endpoint']}: {what} would take {number(found['requests'])} requests, {money(found['cost_usd'])}")
        return
    served = found["served_model"] or UNKNOWN
    click.echo(f"{found['endpoint']}: {found['model']}, answers as {served}, {money(found['cost_usd'])}")
    for classifier, row in found["classifiers"].items():
        flips = f"{row['flips']} of {row['n']} differ, at most {percent(row['p0'])} if nothing has changed"
        said = "baseline" if found["state"] == "baseline" else f"evidence {quantity(row['e_value'])}"
        click.secho(f"  {classifier}: {flips}; {said}", fg="red" if row["alarmed"] else None)


def _print_models(retiring: list[dict[str, Any]]) -> None:
    for each in retiring:
        left = f"in {each['days_left']} days" if each["days_left"] >= 0 else "over"
        instead = f"; recommended instead: {each['successor']}" if each["successor"] else ""
        click.echo(f"{each['endpoint']}: {each['model']} retires on {each['date']} ({left}, by {each['source']}){instead}")
    if not retiring:
        click.echo("no model of endpoints.yaml has a known last day")
