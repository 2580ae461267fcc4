"""`semtel correct`: correct the shares of published weeks with gold labels that arrived since."""

import click

from semtel_ops.cli.output import show
from semtel_ops.humanize import count


@click.command()
@click.option("--week", help="Published ISO week, such as 2026-W47. Default: every published week.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def correct(week: str | None, as_json: bool) -> None:
    """Correct label shares of published weeks with the gold labels that there are now, and write changed reports again.

    A week is corrected when it is published, with the gold labels of then. Gold of one week corrects other weeks of the same
    labeller too, so without --week all are examined. Sends no request and publishes no row again; a second call changes
    nothing. The DAG semtel_correct does it every day.

    \b
    Examples:
      semtel correct
      semtel correct --week 2026-W47 --json
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import Settings
    from semtel_ops.steps.correct import correct_weeks

    manifest = correct_weeks(settings=Settings.from_env(), week=week)
    if as_json:
        show(manifest, as_json=True)
        return
    for one in manifest["weeks"]:
        methods = ", ".join(f"{name} {n}" for name, n in one["methods"].items())
        click.echo(
            f"{one['week']}  {one['corrected']} of {count(one['shares'], 'share')} corrected"
            f"{f' ({methods})' if methods else ''}{', changed' if one['changed'] else ''}"
        )
        for reason, n in one["refused"].items():
            click.echo(f"          {count(n, 'share')} not: {reason}")
    for problem in manifest["problems"]:
        click.echo(problem, err=True)
    if not manifest["weeks"] and not manifest["problems"]:
        click.echo("no week is published yet")
    if manifest["problems"]:
        raise click.exceptions.Exit(1)
