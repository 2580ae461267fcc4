"""`semtel classify`: files in, a folder of labels out."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from semtel_ops.cli.options import endpoints_option
from semtel_ops.cli.output import progress, show

_DEFAULT_RUN = "run"


@click.command()
@click.argument("inputs", nargs=-1, required=True)
@click.option("--classifiers", help="Ids, separated by commas. Default: those in pipeline.yaml.")
@endpoints_option()
@click.option("--out", required=True, type=click.Path(file_okay=False), help="Folder for labels/ and manifest.json.")
@click.option(
    "--lane",
    type=click.Choice(["auto", "realtime", "batch", "flex"]),
    default="realtime",
    show_default=True,
    help="batch: through jobs of hours at half the price; waits for them. flex: slower and cheaper, where the endpoint "
    "offers it. auto: whatever price and deadline speak for; it says why.",
)
@click.option("--deadline", help="All rows have landed by then, where lanes are chosen; with a zone: 2026-11-24T08:00Z.")
@click.option("--run-id", default=_DEFAULT_RUN, show_default=True, help="Same folder and same id: go on where it stopped.")
@click.option("--pack", type=click.IntRange(1, 50), help="Conversations in one request, at most. Default: 1.")
@click.option("--combine/--separate", default=None, help="All classifiers in one request.")
@click.option(
    "--grader/--no-grader", default=None, help="Show shared labels to the model once more; ask those it doubts again."
)
@click.option("--max-tokens-per-conversation", type=click.IntRange(min=16), help="Longer conversations are truncated to this.")
@click.option("--limit", type=click.IntRange(min=1), help="At most this many conversations, chosen by a hash of their id.")
@click.option("--budget-usd", type=click.FloatRange(min=0, min_open=True), help="Never spend more; raised, the run goes on.")
@click.option("--config", type=click.Path(dir_okay=False), help="pipeline.yaml: everything else.")
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
    """Label conversations: one row per conversation and classifier, whatever becomes of it.

    INPUTS are files, folders, globs or URLs: JSONL, JSON, Parquet or CSV, also .gz and .zst, in any format of the field (OpenAI
    messages, ShareGPT, WildChat, LMSYS-Chat, HH-RLHF, ChatGPT export, OpenAssistant), detected. Dates are ignored.

    \b
    OUT gets
      labels/*.parquet   one row per conversation and classifier
      manifest.json      what happened: counts, tokens, cost
      quarantine/        records that could not be read: where and why

    \b
    Killed, it goes on with the same command; nothing is paid for twice.
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
    show(manifest if as_json else {name: held for name, held in manifest.items() if name != "limits"}, as_json=as_json)
