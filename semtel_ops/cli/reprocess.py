"""`semtel reprocess`: label rows of past weeks again, as a dry run first."""

import getpass
import sys
from typing import Any

import click

from semtel_ops.cli.options import DEADLINE, LANE, endpoints_option, separated
from semtel_ops.cli.output import progress, show
from semtel_ops.words import ROWS, SHARING, RowStatus


@click.command()
@click.option("--week", required=True, help="ISO week, such as 2026-W47; with --until, the first.")
@click.option("--until", help="Last week of a range. Default: only --week.")
@click.option(
    "--rows",
    type=click.Choice(ROWS),
    default="not_success",
    show_default=True,
    help="Rows to label again; all others are carried over.",
)
@click.option(
    "--status", type=click.Choice([status.value for status in RowStatus]), help="With --rows status: the status of the rows."
)
@click.option("--label", help="With --rows label: classifier and label, such as topic=technology.")
@click.option("--ids-file", help="With --rows ids: path or URL of a file with one conversation id per line.")
@click.option(
    "--classifiers",
    help="Only rows of these classifiers, separated by commas. One that is new to the week labels all its conversations. "
    "Default: all classifiers of the week.",
)
@click.option("--base-run", help="Run whose rows are carried over. Default: the published run, else the latest.")
@click.option("--fresh", is_flag=True, help="Send requests, and pay for them, even where a reply is on record.")
@LANE
@click.option("--model", help="Only endpoints with this model. Default: all endpoints.")
@endpoints_option()
@click.option(
    "--prompts", type=click.Path(file_okay=False, exists=True), help="Folder of prompt files. Default: include/prompts."
)
@click.option(
    "--prompt-version",
    help="Fail unless the prompt files have these versions, such as topic=1.1.0; separate several by commas.",
)
@click.option(
    "--strategy",
    type=click.Choice(SHARING),
    help="What shares a request. plain: nothing. packed: conversations. combined: classifiers. "
    "Default: strategy in pipeline.yaml.",
)
@click.option(
    "--pack", type=click.IntRange(2, 50), help="With --strategy packed: largest number of conversations in a request."
)
@DEADLINE
@click.option(
    "--budget-usd",
    "max_cost_usd",
    type=click.FloatRange(min=0, min_open=True),
    help="Spending limit in US dollars for all weeks together. Default: budget_usd in pipeline.yaml for each week.",
)
@click.option("--reason", required=True, help="Why the rows are labelled again, in a sentence. Recorded with the run.")
@click.option(
    "--run-id",
    help="Name of the run; the same name continues it. Default: reprocess-<week>, in a dry run reprocess-<week>-dry.",
)
@click.option(
    "--go", is_flag=True, help="Label and publish. Without it: a dry run that forecasts requests, cost and reused replies."
)
@click.option("--yes", is_flag=True, help="Replace published weeks without asking for confirmation.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def reprocess(run_id: str | None, go: bool, yes: bool, as_json: bool, **options: Any) -> None:
    """Label rows of published or stopped weeks again. Without --go, it is a dry run that sends no requests.

    Before a published week is replaced, the command shows what would change and asks for confirmation.

    \b
    Examples:
      semtel reprocess --week 2026-W47 --reason "half of the requests failed"
      semtel reprocess --week 2026-W47 --reason "half of the requests failed" --go
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import Settings
    from semtel_ops.steps.reprocess import forecast_lines
    from semtel_ops.steps.reprocess_weeks import reprocess_weeks

    request = {name: value for name, value in options.items() if value is not None}
    if "classifiers" in request:
        request["classifiers"] = separated(request["classifiers"])
    done = reprocess_weeks(
        request | {"dry_run": not go, "approval": not yes},
        run_id=run_id or f"reprocess-{options['week']}{'' if go else '-dry'}",
        requested_by=getpass.getuser(),
        settings=Settings.from_env(),
        progress=progress(),
        decide=_confirm,
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


def _confirm(subject: str, body: str) -> dict[str, Any]:
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
