"""The steps of a weekly run, one command each; lake and ledger come from the environment."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from semtel_ops.cli.options import endpoints_option
from semtel_ops.cli.output import progress, show
from semtel_ops.words import DATES, LANE_SETTINGS

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

_WEEK = click.option("--week", help="ISO week such as 2026-W47. Default: the last complete one.")
_RUN_ID = click.option("--run-id", help="Name of the run; the same name resumes it. Default: shell-<week>.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")


def _request_options(command: CommandT) -> CommandT:
    """Add the options of commands that start a run."""
    options = [
        _WEEK,
        _RUN_ID,
        click.option("--source", help="Files, folders, globs or URLs, separated by commas. Default: pipeline.yaml."),
        click.option(
            "--dates",
            type=click.Choice(DATES),
            help="respect: only conversations of the week; ignore: all conversations, whatever their dates.",
        ),
        click.option("--sample-size", type=click.IntRange(min=1), help="Maximum number of conversations."),
        click.option("--classifiers", help="Classifier ids, separated by commas. Default: those in pipeline.yaml."),
        endpoints_option(),
        click.option("--pack", type=click.IntRange(1, 50), help="Maximum conversations per request."),
        click.option(
            "--combine/--separate", default=None, help="Ask all classifiers in one request, or one request per classifier."
        ),
        click.option(
            "--grader/--no-grader",
            default=None,
            help="Have the model grade the labels of shared requests; ask again about those it rejects.",
        ),
        click.option(
            "--max-tokens-per-conversation", type=click.IntRange(min=16), help="Truncate longer conversations to this length."
        ),
        click.option(
            "--lane",
            type=click.Choice(LANE_SETTINGS),
            help="How requests are sent. Default: pipeline.yaml.",
        ),
        click.option("--deadline", help="Time by which all rows must be written, with a time zone."),
        click.option("--budget-usd", type=click.FloatRange(min=0, min_open=True), help="Spending limit of the run."),
        click.option("--config", type=click.Path(dir_okay=False), help="pipeline.yaml."),
        _JSON,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@_request_options
def ingest(as_json: bool, **asked: Any) -> None:
    """Read a source, sample the week, remove personal data, and write lake/conversations.

    \b
      semtel ingest --source 'chats/*.jsonl.gz' --week 2026-W47
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.runs.plan import RunPlan
    from semtel_ops.steps.week import ingest_week
    from semtel_ops.store.files import read_json

    request, run_id, settings = _request(asked)
    plan = RunPlan.load(ingest_week(request, run_id=run_id, settings=settings)[0]["run"])
    sample = read_json(plan.folder.sample)
    show({"week": plan.week, "run_id": run_id, **sample, "shards": len(sample["shards"])}, as_json=as_json)


@click.command()
@_request_options
def plan(as_json: bool, **asked: Any) -> None:
    """Forecast a week: sample it, count tokens, and estimate the cost. Sends no requests.

    \b
      semtel plan --source chats/ --week 2026-W47 --classifiers topic,satisfaction
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.steps.week import run_week

    request, run_id, settings = _request(asked)
    show(
        run_week({**request, "dry_run": True}, run_id=f"{run_id}-plan", settings=settings, progress=progress()),
        as_json=as_json,
    )


@click.command()
@_request_options
def run(as_json: bool, **asked: Any) -> None:
    """Run a week on this machine: ingest, classify, check, publish, report. Run the same command again to resume.

    \b
      semtel run --source chats/ --week 2026-W47
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.steps.week import run_week

    request, run_id, settings = _request(asked)
    show(run_week(request, run_id=run_id, settings=settings, progress=progress()), as_json=as_json)


@click.command()
@_WEEK
@_RUN_ID
@_JSON
def check(week: str | None, run_id: str | None, as_json: bool) -> None:
    """Run the quality gate on a run's rows; exit 3 if it fails."""
    from semtel_ops.steps.validate import raise_if_stopped, validate_run

    show(raise_if_stopped(validate_run(_run_url(week, run_id))), as_json=as_json)


@click.command()
@_WEEK
@_RUN_ID
@_JSON
def publish(week: str | None, run_id: str | None, as_json: bool) -> None:
    """Publish a run as the week's labels: lake/labels, SQL rows, label shares. The run must have passed the gate."""
    from semtel_ops.steps.publish import publish_run

    show(publish_run(_run_url(week, run_id)), as_json=as_json)


@click.command()
@_WEEK
@_RUN_ID
@_JSON
def report(week: str | None, run_id: str | None, as_json: bool) -> None:
    """Write a run's report: lake/reports/week=…/report.html."""
    from semtel_ops.steps.report import report_run

    show(report_run(_run_url(week, run_id)), as_json=as_json)


@click.command()
@_WEEK
@_RUN_ID
@_JSON
def evaluate(week: str | None, run_id: str | None, as_json: bool) -> None:
    """Compare a run's labels with golden labels: agreement and kappa with 95% intervals, per classifier.

    Golden labels come from the `labels` field of the source records, under the classifier's id.
    """
    from semtel_ops.steps.evaluate import evaluate_run

    show(evaluate_run(_run_url(week, run_id)), as_json=as_json)


def _request(asked: dict[str, Any]) -> tuple[dict[str, Any], str, Any]:
    from semtel_ops.settings import Settings

    settings = Settings.from_env()
    if asked["config"]:
        settings = settings.model_copy(update={"pipeline": asked["config"]})
    week = asked["week"] or _last_week()
    classifiers = asked["classifiers"]
    request = {
        "week": week,
        "source": asked["source"],
        "dates": asked["dates"],
        "sample_size": asked["sample_size"],
        "classifiers": [name.strip() for name in classifiers.split(",") if name.strip()] if classifiers else None,
        "endpoints": asked["endpoints"],
        "max_cost_usd": asked["budget_usd"],
        **{name: asked[name] for name in ("pack", "combine", "grader", "max_tokens_per_conversation", "lane", "deadline")},
    }
    return request, asked["run_id"] or f"shell-{week}", settings


def _run_url(week: str | None, run_id: str | None) -> str:
    from semtel_ops.settings import Settings
    from semtel_ops.store.layout import Lake

    week = week or _last_week()
    return Lake(Settings.from_env().lake).run(week, run_id or f"shell-{week}").plan


def _last_week() -> str:
    from semtel_ops.conversations.weeks import Week

    return str(Week.last_complete(datetime.now(UTC)))
