"""`semtel experiment`: what fewer calls and fewer tokens cost in quality, on conversations of one's own."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from semtel_ops.cli.options import endpoints_option
from semtel_ops.cli.output import progress, show

_YES_NO = {"on": (True,), "off": (False,), "both": (False, True)}


def _several(convert: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str | None], tuple[Any, ...] | None]:
    """A callback that reads values separated by commas."""

    def read(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[Any, ...] | None:
        if value is None:
            return None
        try:
            return tuple(convert(part.strip()) for part in value.split(",") if part.strip())
        except ValueError as error:
            raise click.BadParameter(f"{error}; give values separated by commas", ctx=context, param=parameter) from None

    return read


@click.command()
@click.argument("inputs", nargs=-1, required=True)
@click.option("--out", required=True, type=click.Path(file_okay=False), help="Folder for report.html and experiment.json.")
@click.option("--classifiers", callback=_several(str), help="Ids, separated by commas. Default: those in pipeline.yaml.")
@endpoints_option()
@click.option("--grid", type=click.Path(dir_okay=False), help="Experiment file (YAML); options below are laid over it.")
@click.option("--pack", callback=_several(int), help="Conversations a call, such as 1,5,10,20.")
@click.option("--grader", type=click.Choice(list(_YES_NO)), help="Show packed labels to the model once more.")
@click.option("--combine", type=click.Choice(list(_YES_NO)), help="All classifiers in one call.")
@click.option("--truncation", callback=_several(str), help="head, tail, middle, turns.")
@click.option("--max-tokens", callback=_several(int), help="Token budgets of a conversation, such as 500,3000.")
@click.option("--compression", callback=_several(str), help="none, rules, llmlingua.")
@click.option("--compression-rate", callback=_several(float), help="Shares of tokens llmlingua keeps, such as 0.5,0.3.")
@click.option("--models", callback=_several(str), help="Models of endpoints.yaml. Default: all.")
@click.option("--sample", type=click.IntRange(min=1), help="Conversations, chosen by a hash of their id. Default: 300.")
@click.option("--repeats", type=click.IntRange(1, 10), help="Times each cell is asked; flips need two. Default: 2.")
@click.option("--baseline", type=click.Choice(["plain", "golden"]), help="Compare with plain calls, or with golden labels.")
@click.option("--floor", type=click.FloatRange(-1, 1), help="Kappa that every classifier must reach. Default: pipeline.yaml.")
@click.option("--tpm", type=click.IntRange(min=1), help="Token quota to give conversations a minute for. Default: 2000000.")
@click.option("--budget-usd", type=click.FloatRange(min=0, min_open=True), help="Never spend more; raised, it goes on.")
@click.option("--reuse", help="Lake whose weekly runs' answers are taken over.")
@click.option("--id", "experiment_id", help="Its name in the ledger. Default: the name of the folder.")
@click.option("--config", type=click.Path(dir_okay=False), help="pipeline.yaml: everything else.")
@click.option("--dry-run", is_flag=True, help="Forecast every cell and ask nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def experiment(
    inputs: tuple[str, ...],
    out: str,
    classifiers: tuple[str, ...] | None,
    endpoints: str | None,
    grid: str | None,
    grader: str | None,
    combine: str | None,
    budget_usd: float | None,
    reuse: str | None,
    experiment_id: str | None,
    config: str | None,
    dry_run: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Ask one sample in every way of a grid, and compare: quality, flips, calls, tokens, money.

    INPUTS are files, folders, globs or URLs, as for `semtel classify`. Without options the grid is 1, 5, 10 and 20
    conversations a call, graded or not, classifiers separate or combined.

    \b
    OUT gets
      report.html        the table, the pictures, what to use and the lines to paste
      experiment.json    the same as numbers
    and the ledger gets the results: a weekly run uses a strategy only if an experiment speaks for it.

    \b
    The forecast comes first. Killed, it goes on with the same command; nothing is paid for twice.
      semtel experiment chats.jsonl.gz --endpoints endpoints.yaml --out packing/ --dry-run
      semtel experiment chats.jsonl.gz --endpoints endpoints.yaml --out packing/ --budget-usd 5
      semtel experiment chats/ --out cut/ --pack 1 --combine off --max-tokens 500,1000,3000 --baseline golden
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import Settings
    from semtel_ops.steps.experiment import run_experiment
    from semtel_ops.steps.experiment_plan import default_id
    from semtel_ops.store.layout import Lake

    environment = Settings.from_env()
    settings = environment.model_copy(update={"pipeline": config or environment.pipeline})
    names = ("pack", "truncation", "max_tokens", "compression", "compression_rate", "models")
    axes = {name: chosen.pop(name) for name in names}
    axes |= {"grader": _YES_NO[grader] if grader else None, "combine": _YES_NO[combine] if combine else None}
    request: dict[str, Any] = {
        "week": datetime.now(UTC).strftime("%G-W%V"),
        "source": inputs,
        "dates": "ignore",
        "classifiers": classifiers,
        "endpoints": endpoints,
        "grid": grid,
        "config": {**_given(chosen), **({"grid": given} if (given := _given(axes)) else {})},
        "max_cost_usd": budget_usd,
        "dry_run": dry_run,
    }
    manifest = run_experiment(
        request,
        experiment_id=experiment_id or default_id(out),
        out=str(Path(out).resolve()),  # the ledger names its page
        settings=settings,
        progress=progress(),
        reuse=Lake(reuse).journal() if reuse else None,
    )
    show(manifest, as_json=as_json)


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
