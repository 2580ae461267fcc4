"""`semtel classify`: read files of conversations, write a folder of labels."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from semtel_ops.cli.options import BUDGET, CLASSIFIERS, CONFIG, DEADLINE, LANE_HELP, REQUEST_SIZE, endpoints_option, separated
from semtel_ops.cli.output import progress, show, show_refusals
from semtel_ops.words import LANE_SETTINGS

_DEFAULT_RUN = "run"


@click.command()
@click.argument("inputs", nargs=-1, required=True)
@CLASSIFIERS
@endpoints_option()
@click.option("--out", required=True, type=click.Path(file_okay=False), help="Folder for labels/ and manifest.json.")
@click.option(
    "--lane",
    type=click.Choice(LANE_SETTINGS),
    default="realtime",
    show_default=True,
    help=f"{LANE_HELP} The command waits for batch jobs, and prints the reason for a choice.",
)
@DEADLINE
@click.option(
    "--run-id", default=_DEFAULT_RUN, show_default=True, help="Name of the run; the same name in the same folder continues it."
)
@REQUEST_SIZE
@click.option("--limit", type=click.IntRange(min=1), help="Largest number of conversations, chosen by a hash of their id.")
@BUDGET
@CONFIG
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
    """Label the conversations in files: one row for each conversation and classifier, whatever its status.

    INPUTS are files, folders, globs or URLs with JSONL, JSON, Parquet or CSV, also as .gz or .zst. The format of the
    conversations is detected: OpenAI messages, ShareGPT, WildChat, LMSYS-Chat, HH-RLHF, ChatGPT export, OpenAssistant. Their
    dates are ignored.

    \b
    Written to OUT:
      labels/*.parquet   one row for each conversation and classifier
      manifest.json      counts, tokens, cost
      quarantine/        records that could not be read: place and reason

    After an interruption, run the same command again: it continues, and no request is paid for twice.

    \b
    Examples:
      semtel classify chats.jsonl.gz --classifiers topic,satisfaction --endpoints endpoints.yaml --out out/
      semtel classify s3://bucket/chats/ --endpoints endpoints.yaml --out out/ --limit 1000 --json
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.report.refusals import Refusal
    from semtel_ops.settings import Settings
    from semtel_ops.steps.classify_files import classify_files

    environment = Settings.from_env()
    settings = environment.model_copy(update={"lake": str(Path(out) / "lake"), "pipeline": config or environment.pipeline})
    request: dict[str, Any] = {
        "week": datetime.now(UTC).strftime("%G-W%V"),
        "source": inputs,
        "dates": "ignore",
        "classifiers": separated(classifiers) if classifiers else None,
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
    show(manifest, as_json=as_json)
    if not as_json:
        show_refusals([Refusal(**refusal) for refusal in manifest["refusals"]])
