"""`semtel reprocess`: label rows of weeks again, dry first."""

import getpass
import sys
from typing import Any

import click

from semtel_ops.cli.options import endpoints_option
from semtel_ops.cli.output import progress, show

_STATUSES = ["invalid_output", "refused", "error", "expired", "missing", "success"]


@click.command()
@click.option("--week", required=True, help="ISO week such as 2026-W47; of a range, the first.")
@click.option("--until", help="The last week of a range.")
@click.option(
    "--rows",
    type=click.Choice(["not_success", "all", "status", "label", "ids"]),
    default="not_success",
    show_default=True,
    help="Which rows are asked again; the others are carried over.",
)
@click.option("--status", type=click.Choice(_STATUSES), help="With --rows status.")
@click.option("--label", help="With --rows label: classifier=label.")
@click.option("--ids-file", help="With --rows ids: one conversation id a line.")
@click.option("--classifiers", help="Only rows of these, separated by commas; a new one is asked about everything.")
@click.option("--base-run", help="Run to begin with. Default: the published one, else the latest.")
@click.option("--fresh", is_flag=True, help="Ask anew, and pay, also where the answer is known.")
@click.option("--lane", type=click.Choice(["auto", "realtime", "batch", "flex"]), help="Default: pipeline.yaml.")
@click.option("--model", help="Only endpoints with this model.")
@endpoints_option()
@click.option("--prompts", type=click.Path(file_okay=False, exists=True), help="Folder of prompt files.")
@click.option("--prompt-version", help="Refuse unless the files have it: topic=1.1.0,…")
@click.option(
    "--strategy", type=click.Choice(["plain", "packed", "combined"]), help="What shares a call. Default: pipeline.yaml."
)
@click.option("--pack", type=click.IntRange(2, 50), help="With --strategy packed: conversations in one call.")
@click.option("--deadline", help="When all rows are to have landed, with a time zone.")
@click.option("--budget-usd", "max_cost_usd", type=click.FloatRange(min=0, min_open=True), help="For all weeks together.")
@click.option("--reason", required=True, help="Why, in a sentence; it is kept with the run.")
@click.option("--run-id", help="Name of the run; the same again goes on. Default: reprocess-<week>, for a dry run with -dry.")
@click.option("--go", is_flag=True, help="Do it. Without: a dry run, which says what would be asked, paid and reused.")
@click.option("--yes", is_flag=True, help="Publish over a published week without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def reprocess(run_id: str | None, go: bool, yes: bool, as_json: bool, **asked: Any) -> None:
    """Label rows of published or stopped weeks again. A dry run unless told to --go.

    \b
      semtel reprocess --week 2026-W47 --reason "the endpoint refused half"
      semtel reprocess --week 2026-W47 --reason "the endpoint refused half" --go
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import Settings
    from semtel_ops.steps.reprocess import forecast_lines
    from semtel_ops.steps.reprocess_weeks import reprocess_weeks

    request = {name: value for name, value in asked.items() if value is not None}
    if "classifiers" in request:
        request["classifiers"] = [name.strip() for name in request["classifiers"].split(",") if name.strip()]
    done = reprocess_weeks(
        request | {"dry_run": not go, "approval": not yes},
        run_id=run_id or f"reprocess-{asked['week']}{'' if go else '-dry'}",
        requested_by=getpass.getuser(),
        settings=Settings.from_env(),
        progress=progress(),
        decide=_ask,
    )
    if as_json:
        show(done, as_json=True)
        return
    for week in done["weeks"]:
        if done["dry_run"]:
            click.echo("\n".join(forecast_lines(week)))
        else:
            show(
                {name: week[name] for name in ("week", "state", "message", "report", "by_status") if name in week},
                as_json=False,
            )
    if done["dry_run"]:
        click.echo("dry run: nothing was asked and nothing is published; --go does it")


def _ask(subject: str, body: str) -> dict[str, Any]:
    """The question on the terminal, answered as Airflow's approval is."""
    if not sys.stdin.isatty():
        raise click.UsageError("a published week would be replaced, and nobody is here to be asked; give --yes to allow it")
    from semtel_ops.steps.approval import APPROVE, REJECT

    click.echo(body, err=True)
    agreed = click.confirm(subject, err=True)
    user = getpass.getuser()
    return {"chosen_options": [APPROVE if agreed else REJECT], "responded_by_user": {"id": user, "name": user}}
