"""`semtel align`: compare candidate labellers with the incumbent, and adopt one."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from semtel_ops.cli.options import BUDGET, CONFIG, endpoints_option, separated
from semtel_ops.cli.output import progress, show

_LANES = ("realtime", "batch", "flex")
_COMPARE = "compare"


def _names(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:  # noqa: ARG001 - click's signature
    return None if value is None else tuple(separated(value))


class _Group(click.Group):
    """`semtel align INPUT…` compares; `semtel align adopt …` adopts. A folder named adopt is given as ./adopt."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [_COMPARE, *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Group)
def align() -> None:
    """Compare candidate labellers with the incumbent on the same conversations, and adopt one.

    Without a command, `semtel align INPUT…` compares: `semtel align compare --help` lists its options.

    \b
    Examples:
      semtel align chats.jsonl.gz --incumbent east --candidate east-luna --out luna/ --dry-run
      semtel align adopt luna --candidate east-luna
    """  # noqa: D301 - \b is click's mark


@align.command(_COMPARE)
@click.argument("inputs", nargs=-1, required=True)
@click.option("--incumbent", required=True, help="Name of an entry in endpoints.yaml: who labels now.")
@click.option("--candidate", required=True, callback=_names, help="Names of entries in endpoints.yaml, separated by commas.")
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    help="Folder for report.html and alignment.json. Default: align- and the names of the candidates.",
)
@click.option(
    "--classifiers", callback=_names, help="Classifier ids, separated by commas. Default: classifiers in pipeline.yaml."
)
@endpoints_option()
@click.option(
    "--rows",
    type=click.IntRange(min=20),
    default=2_000,
    show_default=True,
    help="Number of conversations, chosen by a hash of their id.",
)
@click.option(
    "--gold",
    type=click.Path(dir_okay=False),
    help="JSONL file with labels by people, beside those in the records: conversation_id, classifier, label.",
)
@click.option(
    "--margin",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.02,
    show_default=True,
    help="Change of a label's share that is small enough to be called the same; 0.02 is two points.",
)
@click.option("--prompts", type=click.Path(file_okay=False), help="Folder of prompt files. Default: that of this installation.")
@click.option(
    "--candidate-prompts", type=click.Path(file_okay=False), help="Folder of the candidates' prompt files, where they differ."
)
@click.option(
    "--lane",
    type=click.Choice(_LANES),
    default="realtime",
    show_default=True,
    help="How requests are sent. The command waits for batch jobs.",
)
@click.option(
    "--strategy",
    type=click.Choice(("plain", "configured")),
    default="plain",
    show_default=True,
    help="plain: one conversation and one classifier in a request. configured: as in pipeline.yaml.",
)
@BUDGET
@click.option(
    "--repair",
    is_flag=True,
    help="Where a candidate is worse, search a better prompt within the budget; the proposal is in repair/ of --out.",
)
@click.option("--reuse", help="Lake of weekly runs whose replies are reused. Default: none.")
@click.option("--id", "alignment_id", help="Name of the alignment in the ledger. Default: the name of the folder of --out.")
@CONFIG
@click.option("--dry-run", is_flag=True, help="Forecast requests and cost; send no requests.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def compare(
    inputs: tuple[str, ...],
    candidate: tuple[str, ...],
    out: str | None,
    budget_usd: float | None,
    repair: bool,
    reuse: str | None,
    alignment_id: str | None,
    config: str | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Label the same conversations with the incumbent and with each candidate, twice each, and compare.

    INPUTS are files, folders, globs or URLs, as for `semtel classify`. Labels by people that the records have are used.

    For each candidate and classifier there is a verdict (same, shifted, worse, unclear) with its reason, and a decision: adopt,
    adopt with a bridge, adjust, hold. Without labels by people, nothing is said about who is right more often.

    \b
    Written to --out:
      report.html        the verdicts, the shifts as a picture, confused labels, cost and latency
      alignment.json     the same results as JSON

    A forecast is printed first. After an interruption, run the same command again: it continues, and no request is paid for
    twice.

    \b
    Examples:
      semtel align chats.jsonl.gz --incumbent east --candidate east-luna --out luna/ --dry-run
      semtel align compare chats.jsonl.gz --incumbent east --candidate luna,west --gold labels.jsonl --out luna/
      semtel align chats/ --incumbent east --candidate east --candidate-prompts prompts-2/ --classifiers topic --out topic-2/
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import Settings
    from semtel_ops.steps.align import run_alignment
    from semtel_ops.steps.align_plan import default_id
    from semtel_ops.store.layout import Lake

    environment = Settings.from_env()
    folder = out or f"align-{'-'.join(candidate)}"
    request = {
        **asked,
        "week": datetime.now(UTC).strftime("%G-W%V"),
        "source": inputs,
        "candidates": candidate,
        "max_cost_usd": budget_usd,
    }
    manifest = run_alignment(
        request,
        alignment_id=alignment_id or default_id(folder),
        out=str(Path(folder).resolve()),  # the ledger names its page
        settings=environment.model_copy(update={"pipeline": config or environment.pipeline}),
        progress=progress(),
        reuse=Lake(reuse).journal() if reuse else None,
        repair=repair,
    )
    show(manifest, as_json=as_json)


@align.command()
@click.argument("alignment_id")
@click.option("--candidate", help="Name of the candidate. Default: the only one of the alignment.")
@click.option("--classifiers", callback=_names, help="Classifier ids, separated by commas. Default: all of the alignment.")
@click.option("--force", is_flag=True, help="Adopt although a verdict is worse or unclear; needs --reason.")
@click.option("--reason", help="Why, in a sentence; recorded with your name.")
@click.option("--by", help="Who decides. Default: the user of this shell.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def adopt(
    alignment_id: str,
    candidate: str | None,
    classifiers: tuple[str, ...] | None,
    force: bool,
    reason: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Adopt a candidate: weekly runs may use it from now on, where endpoints.yaml names it.

    ALIGNMENT_ID is the name of the alignment in the ledger. Where a share has shifted, the next week is a bridge week: part of
    the last week is labelled again first, so that the shift is not reported as a change of the users.

    \b
    Examples:
      semtel align adopt luna --candidate east-luna
      semtel align adopt luna --classifiers topic,tone --force --reason "The old model is shut down on Friday."
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.runs.resources import ledger_of_environment
    from semtel_ops.steps.align_adopt import adopt_candidate

    with ledger_of_environment() as ledger:
        manifest = adopt_candidate(
            alignment_id,
            ledger=ledger,
            by=by or getpass.getuser(),
            candidate=candidate,
            classifiers=classifiers,
            force=force,
            reason=reason,
        )
    show(manifest, as_json=as_json)
