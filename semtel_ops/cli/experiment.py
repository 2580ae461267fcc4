"""`semtel experiment`: measure how fewer requests and fewer tokens affect quality on your conversations."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from semtel_ops.cli.options import BUDGET, CONFIG, endpoints_option, separated
from semtel_ops.cli.output import progress, show
from semtel_ops.extensions import COMPRESSORS, TRUNCATION_STRATEGIES
from semtel_ops.words import BASELINES

_YES_NO = {"on": (True,), "off": (False,), "both": (False, True)}


def _several(convert: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str | None], tuple[Any, ...] | None]:
    """Return an option callback that parses values separated by commas."""

    def read(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[Any, ...] | None:
        if value is None:
            return None
        try:
            return tuple(map(convert, separated(value)))
        except ValueError as error:
            raise click.BadParameter(f"{error}; give values separated by commas", ctx=context, param=parameter) from None

    return read


@click.command()
@click.argument("inputs", nargs=-1, required=True)
@click.option("--out", required=True, type=click.Path(file_okay=False), help="Folder for report.html and experiment.json.")
@click.option(
    "--classifiers", callback=_several(str), help="Classifier ids, separated by commas. Default: classifiers in pipeline.yaml."
)
@endpoints_option()
@click.option(
    "--grid",
    type=click.Path(dir_okay=False),
    help="File such as include/config/experiment.yaml. The options below take precedence over it.",
)
@click.option("--pack", callback=_several(int), help="Numbers of conversations in a request. Default: 1,5,10,20.")
@click.option(
    "--grader", type=click.Choice(list(_YES_NO)), help="Have the model review the labels of packed requests. Default: both."
)
@click.option("--combine", type=click.Choice(list(_YES_NO)), help="One request for all classifiers. Default: both.")
@click.option(
    "--truncation",
    callback=_several(str),
    help=f"Truncation strategies: {', '.join(TRUNCATION_STRATEGIES.names())}. Default: tokens.truncation in pipeline.yaml.",
)
@click.option(
    "--max-tokens",
    callback=_several(int),
    help="Token budgets of a conversation, such as 500,3000. Default: tokens.max_per_conversation in pipeline.yaml.",
)
@click.option(
    "--compression",
    callback=_several(str),
    help=f"Compressors: {', '.join(COMPRESSORS.names())}. Default: tokens.compression in pipeline.yaml.",
)
@click.option(
    "--compression-rate",
    callback=_several(float),
    help="Shares of the tokens that llmlingua keeps, such as 0.5,0.3. Default: tokens.compression_rate in pipeline.yaml.",
)
@click.option("--models", callback=_several(str), help="Models in endpoints.yaml. Default: all with a realtime lane.")
@click.option(
    "--sample", type=click.IntRange(min=1), help="Number of conversations, chosen by a hash of their id. Default: 300."
)
@click.option(
    "--repeats", type=click.IntRange(1, 10), help="How often each cell is measured. Label flips need two. Default: 2."
)
@click.option(
    "--baseline",
    type=click.Choice(BASELINES),
    help="Labels to compare with. plain: those of unshared requests. golden: those in the source. Default: plain.",
)
@click.option(
    "--floor",
    type=click.FloatRange(-1, 1),
    help="Kappa that every classifier must reach. Default: strategy_gate.floor in pipeline.yaml.",
)
@click.option(
    "--tpm",
    type=click.IntRange(min=1),
    help="Token quota, per minute, for which the report gives conversations per minute. Default: 2000000.",
)
@BUDGET
@click.option("--reuse", help="Lake of weekly runs whose replies are reused. Default: none.")
@click.option("--id", "experiment_id", help="Name of the experiment in the ledger. Default: the name of the folder OUT.")
@CONFIG
@click.option("--dry-run", is_flag=True, help="Forecast every cell; send no requests.")
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
    """Label one sample with every strategy of a grid, and compare quality, label flips, requests, tokens and cost.

    INPUTS are files, folders, globs or URLs, as for `semtel classify`. Every combination of the values is a cell of the grid;
    by default 1, 5, 10 and 20 conversations in a request, with and without the grader, classifiers separate and combined.

    \b
    Written to OUT:
      report.html        tables, charts, the recommendation and the settings to copy
      experiment.json    the same results as JSON

    The ledger records the results: a weekly run uses a strategy only if an experiment supports it.

    A forecast is printed first. After an interruption, run the same command again: it continues, and no request is paid for
    twice.

    \b
    Examples:
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
