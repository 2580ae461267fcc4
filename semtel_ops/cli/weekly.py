"""The steps of a weekly run, one command each; lake and ledger come from the environment."""

from datetime import UTC, datetime
from typing import Any

import click

from semtel_ops.cli.options import (
    BUDGET,
    CLASSIFIERS,
    CONFIG,
    DEADLINE,
    LANE,
    REQUEST_SIZE,
    all_of,
    endpoints_option,
    separated,
)
from semtel_ops.cli.output import progress, show, show_refusals
from semtel_ops.words import DATES

_WEEK = click.option("--week", help="ISO week, such as 2026-W47. Default: the last complete week.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")

_request_options = all_of(
    (
        _WEEK,
        click.option("--run-id", help="Name of the run; the same name continues it. Default: shell-<week>."),
        click.option("--source", help="Files, folders, globs or URLs, separated by commas. Default: source in pipeline.yaml."),
        click.option(
            "--dates",
            type=click.Choice(DATES),
            help="respect: only conversations of the week. ignore: all conversations, whatever their dates. "
            "Default: source.dates in pipeline.yaml.",
        ),
        click.option(
            "--sample-size",
            type=click.IntRange(min=1),
            help="Largest number of conversations, chosen by a hash of their id. Default: sample.count in pipeline.yaml.",
        ),
        CLASSIFIERS,
        endpoints_option(),
        REQUEST_SIZE,
        LANE,
        DEADLINE,
        BUDGET,
        CONFIG,
        _JSON,
    )
)
"""Options of commands that start a run."""

_run_options = all_of((_WEEK, click.option("--run-id", help="Name of the run. Default: shell-<week>."), _JSON))
"""Options of commands that continue a run."""


@click.command()
@_request_options
def ingest(as_json: bool, **options: Any) -> None:
    """Read a source, sample the week and remove personal data. Sends no requests.

    The sample is written to conversations/ in the lake. A record that cannot be read goes to quarantine/, with its place and
    the reason.

    \b
    Example:
      semtel ingest --source 'chats/*.jsonl.gz' --week 2026-W47
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.runs.plan import RunPlan
    from semtel_ops.steps.week import ingest_week
    from semtel_ops.store.files import read_json

    request, run_id, settings = _request(options)
    plan = RunPlan.load(ingest_week(request, run_id=run_id, settings=settings)[0]["run"])
    sample = read_json(plan.folder.sample)
    show({"week": plan.week, "run_id": run_id, **sample, "shards": len(sample["shards"])}, as_json=as_json)


@click.command()
@_request_options
def plan(as_json: bool, **options: Any) -> None:
    """Forecast a week: sample it, count tokens, and estimate cost and time. Sends no requests.

    The forecast is a run of its own, named <run id>-plan.

    \b
    Example:
      semtel plan --source chats/ --week 2026-W47 --classifiers topic,satisfaction
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.steps.week import run_week

    request, run_id, settings = _request(options)
    show(
        run_week({**request, "dry_run": True}, run_id=f"{run_id}-plan", settings=settings, progress=progress()),
        as_json=as_json,
    )


@click.command()
@_request_options
def run(as_json: bool, **options: Any) -> None:
    """Run a week on this machine: ingest, classify, check, publish, report.

    After an interruption, run the same command again: it continues, and no request is paid for twice.

    \b
    Example:
      semtel run --source chats/ --week 2026-W47 --budget-usd 20
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.report.refusals import collect_refusals
    from semtel_ops.steps.week import run_week
    from semtel_ops.store.layout import Lake

    request, run_id, settings = _request(options)
    try:
        show(run_week(request, run_id=run_id, settings=settings, progress=progress()), as_json=as_json)
    finally:
        show_refusals(collect_refusals(Lake(settings.lake).run(request["week"], run_id).refusals_folder))


@click.command()
@_run_options
def check(week: str | None, run_id: str | None, as_json: bool) -> None:
    """Run the quality gate on a run's rows. Exit code 3 if the gate stops the run.

    \b
    Example:
      semtel check --week 2026-W47
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.steps.validate import raise_if_stopped, validate_run

    show(raise_if_stopped(validate_run(_run_url(week, run_id))), as_json=as_json)


@click.command()
@_run_options
def publish(week: str | None, run_id: str | None, as_json: bool) -> None:
    """Publish a run as the week's labels: Parquet files, SQL rows and weekly shares. The run must have passed the gate.

    \b
    Example:
      semtel publish --week 2026-W47
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.steps.publish import publish_run

    show(publish_run(_run_url(week, run_id)), as_json=as_json)


@click.command()
@_run_options
def report(week: str | None, run_id: str | None, as_json: bool) -> None:
    """Write a run's report to reports/week=<week>/report.html in the lake.

    \b
    Example:
      semtel report --week 2026-W47
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.steps.report import report_run

    show(report_run(_run_url(week, run_id)), as_json=as_json)


@click.command()
@_run_options
def evaluate(week: str | None, run_id: str | None, as_json: bool) -> None:
    """Compare a run's labels with golden labels: agreement and kappa with 95% intervals, for each classifier.

    Golden labels come from the `labels` field of the source's records, under the classifier's id.

    \b
    Example:
      semtel evaluate --week 2026-W47 --json
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.steps.evaluate import evaluate_run

    show(evaluate_run(_run_url(week, run_id)), as_json=as_json)


def _request(options: dict[str, Any]) -> tuple[dict[str, Any], str, Any]:
    from semtel_ops.settings import Settings

    settings = Settings.from_env()
    if options["config"]:
        settings = settings.model_copy(update={"pipeline": options["config"]})
    week = options["week"] or _last_week()
    classifiers = options["classifiers"]
    request = {
        "week": week,
        "source": options["source"],
        "dates": options["dates"],
        "sample_size": options["sample_size"],
        "classifiers": separated(classifiers) if classifiers else None,
        "endpoints": options["endpoints"],
        "max_cost_usd": options["budget_usd"],
        **{name: options[name] for name in ("pack", "combine", "grader", "max_tokens_per_conversation", "lane", "deadline")},
    }
    return request, options["run_id"] or f"shell-{week}", settings


def _run_url(week: str | None, run_id: str | None) -> str:
    from semtel_ops.settings import Settings
    from semtel_ops.store.layout import Lake

    week = week or _last_week()
    return Lake(Settings.from_env().lake).run(week, run_id or f"shell-{week}").plan


def _last_week() -> str:
    from semtel_ops.conversations.weeks import Week

    return str(Week.last_complete(datetime.now(UTC)))
