"""`semtel classify`: read files of conversations, write a folder of labels."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from semtel_ops.cli.options import endpoints_option
from semtel_ops.cli.output import progress, show
from semtel_ops.words import LANE_SETTINGS

_DEFAULT_RUN = "run"


@click.command()
@click.argument("inputs", nargs=-1, required=True)
@click.option("--classifiers", help="Classifier ids, separated by commas. Default: those in pipeline.yaml.")
@endpoints_option()
@click.option("--out", required=True, type=click.Path(file_okay=False), help="Folder for labels/ and manifest.json.")
@click.option(
    "--lane",
    type=click.Choice(LANE_SETTINGS),
    default="realtime",
    show_default=True,
    help="realtime: one call at a time, results at once. batch: provider batch jobs, half the price, hours to complete; the "
    "command waits for them. flex: slower and cheaper calls, where the endpoint offers them. auto: chosen by price and "
    "deadline; the reason is printed.",
)
@click.option(
    "--deadline", help="Time by which all rows must be written, used by --lane auto; with a time zone: 2026-11-24T08:00Z."
)
@click.option("--run-id", default=_DEFAULT_RUN, show_default=True, help="Name of the run; the same folder and id resume it.")
@click.option("--pack", type=click.IntRange(1, 50), help="Maximum conversations per request. Default: 1.")
@click.option("--combine/--separate", default=None, help="Ask all classifiers in one request, or one request per classifier.")
@click.option(
    "--grader/--no-grader",
    default=None,
    help="Have the model grade the labels of shared requests; ask again about those it rejects.",
)
@click.option(
    "--max-tokens-per-conversation", type=click.IntRange(min=16), help="Truncate longer conversations to this length."
)
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of conversations, selected by a hash of their id.")
@click.option(
    "--budget-usd", type=click.FloatRange(min=0, min_open=True), help="Spending limit; run again with a higher limit to resume."
)
@click.option("--config", type=click.Path(dir_okay=False), help="pipeline.yaml: all other settings.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def classify(
    inputs: tuple[str, ...],
    classifiers: str | None,
    endpoints: str | None,
    out: str,
    lane: str,
    deadline: str | None,
    run_id: str,
    pack: int | None,
    combine: bool | None,
    grader: bool | None,
    max_tokens_per_conversation: int | None,
    limit: int | None,
    budget_usd: float | None,
    config: str | None,
    as_json: bool,
) -> None:
    """Label conversations: one row per conversation and classifier, whether it succeeds or fails.

    INPUTS are files, folders, globs or URLs: JSONL, JSON, Parquet or CSV, optionally .gz or .zst. The conversation format
    (OpenAI messages, ShareGPT, WildChat, LMSYS-Chat, HH-RLHF, ChatGPT export, OpenAssistant) is detected. Dates are ignored.

    \b
    Written to OUT:
      labels/*.parquet   one row per conversation and classifier
      manifest.json      results: counts, tokens, cost
      quarantine/        records that could not be read, with place and reason

    \b
    If interrupted, run the same command again to resume; no request is billed twice.
      semtel classify chats.jsonl.gz --classifiers topic,satisfaction --endpoints endpoints.yaml --out out/
      semtel classify s3://bucket/chats/ --endpoints endpoints.yaml --out out/ --limit 1000 --json
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import Settings
    from semtel_ops.steps.classify_files import classify_files

    environment = Settings.from_env()
    settings = environment.model_copy(update={"lake": str(Path(out) / "lake"), "pipeline": config or environment.pipeline})
    request: dict[str, Any] = {
        "week": datetime.now(UTC).strftime("%G-W%V"),
        "source": inputs,
        "dates": "ignore",
        "classifiers": [name.strip() for name in classifiers.split(",") if name.strip()] if classifiers else None,
        "endpoints": endpoints,
        "sample_size": limit,
        "max_cost_usd": budget_usd,
        "max_tokens_per_conversation": max_tokens_per_conversation,
        "lane": lane,
        "deadline": deadline,
        "pack": pack,
        "combine": combine,
        "grader": grader,
    }
    manifest = classify_files(request, out=out, run_id=run_id, settings=settings, progress=progress())
    show(manifest if as_json else {name: value for name, value in manifest.items() if name != "limits"}, as_json=as_json)
