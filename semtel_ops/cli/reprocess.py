"""`semtel reprocess`: label rows of past weeks again, as a dry run first."""

import getpass
import sys
from typing import Any

import click

from semtel_ops.cli.options import endpoints_option
from semtel_ops.cli.output import progress, show
from semtel_ops.words import LANE_SETTINGS, ROWS, SHARING, RowStatus


@click.command()
@click.option("--week", required=True, help="ISO week such as 2026-W47; with --until, the first week.")
@click.option("--until", help="Last week of a range of weeks.")
@click.option(
    "--rows",
    type=click.Choice(ROWS),
    default="not_success",
    show_default=True,
    help="Rows to label again; the others are carried over.",
)
@click.option("--status", type=click.Choice(list(RowStatus)), help="With --rows status: the status to select.")
@click.option("--label", help="With --rows label: classifier=label.")
@click.option("--ids-file", help="With --rows ids: a file with one conversation id per line.")
@click.option(
    "--classifiers", help="Only rows of these classifiers, separated by commas; a new classifier labels all conversations."
)
@click.option("--base-run", help="Run to start from. Default: the published run, else the latest.")
@click.option("--fresh", is_flag=True, help="Send requests, and pay for them, even where a stored reply could be reused.")
@click.option("--lane", type=click.Choice(LANE_SETTINGS), help="How requests are sent. Default: pipeline.yaml.")
@click.option("--model", help="Only endpoints with this model.")
@endpoints_option()
@click.option("--prompts", type=click.Path(file_okay=False, exists=True), help="Folder of prompt files.")
@click.option("--prompt-version", help="Fail unless the prompt files have these versions: topic=1.1.0,…")
@click.option(
    "--strategy",
    type=click.Choice(SHARING),
    help="Conversations (packed) or classifiers (combined) share a call. Default: pipeline.yaml.",
)
@click.option("--pack", type=click.IntRange(2, 50), help="With --strategy packed: conversations per call.")
@click.option("--deadline", help="Time by which all rows must be written, with a time zone.")
@click.option(
    "--budget-usd", "max_cost_usd", type=click.FloatRange(min=0, min_open=True), help="Spending limit for all weeks together."
)
@click.option("--reason", required=True, help="Why the rows are labelled again, in a sentence; stored with the run.")
@click.option(
    "--run-id", help="Name of the run; the same name resumes it. Default: reprocess-<week>; for a dry run reprocess-<week>-dry."
)
@click.option(
    "--go", is_flag=True, help="Label and publish. Without this flag: a dry run that forecasts requests, cost and reuse."
)
@click.option("--yes", is_flag=True, help="Replace published weeks without confirmation.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def reprocess(run_id: str | None, go: bool, yes: bool, as_json: bool, **asked: Any) -> None:
    """Label rows of published or stopped weeks again. A dry run unless --go is given.

    \b
      semtel reprocess --week 2026-W47 --reason "half of the requests failed"
      semtel reprocess --week 2026-W47 --reason "half of the requests failed" --go
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
        click.echo("dry run: no requests were sent and nothing was published; add --go to label and publish")


def _ask(subject: str, body: str) -> dict[str, Any]:
    """Confirm on the terminal; the result has the form of Airflow's approval response."""
    if not sys.stdin.isatty():
        raise click.UsageError(
            "a published week would be replaced, and there is no terminal for confirmation; add --yes to allow it"
        )
    from semtel_ops.steps.approval import APPROVE, REJECT

    click.echo(body, err=True)
    agreed = click.confirm(subject, err=True)
    user = getpass.getuser()
    return {"chosen_options": [APPROVE if agreed else REJECT], "responded_by_user": {"id": user, "name": user}}
