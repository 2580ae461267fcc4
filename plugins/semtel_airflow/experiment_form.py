"""The trigger form of `optimization_experiments`, and how what a person enters becomes a request to its first step."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from airflow.sdk import Param

from semtel_airflow.weekly_form import request_of, weekly_params

_CHOICE = {"both": [False, True], "on": [True], "off": [False]}
_LISTS = ("pack", "max_tokens", "truncation", "compression", "compression_rate", "models")
_SETTINGS = ("sample", "repeats", "baseline", "floor", "tpm")


def experiment_params() -> dict[str, Param]:
    """The fields of the form, in the order they are shown. Empty always means: as in pipeline.yaml."""
    weekly = weekly_params()
    what, how = ("week", "source", "dates", "classifiers"), ("endpoints", "max_cost_usd")
    return {
        "name": Param(
            None,
            type=["null", "string"],
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
            title="Name",
            description_md="Of the experiment, in the lake and in the ledger. The same name again goes on with it. "
            "Empty: the id of the DAG run.",
            section="What",
        ),
        **{name: weekly[name] for name in what},
        "sample": Param(
            300, type="integer", minimum=1, maximum=1_000_000, title="Sample size", section="What",
            description_md="Conversations that every cell is asked about, chosen by a hash of their id.",
        ),
        "pack": _list([1, 5, 10, 20], "Conversations a call", {"type": "integer", "minimum": 1, "maximum": 50}),
        "grader": _choice("Grader", "Shows packed labels to the model once more, and asks those it doubts again."),
        "combine": _choice("Combined", "All classifiers in one call."),
        "max_tokens": _list([], "Tokens per conversation", {"type": "integer", "minimum": 16, "maximum": 1_000_000}),
        "truncation": _list([], "Truncation", {"type": "string"}, ["head", "tail", "middle", "turns"]),
        "compression": _list([], "Compression", {"type": "string"}, ["none", "rules", "llmlingua"]),
        "compression_rate": _list([], "Tokens llmlingua keeps", {"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
        "models": _list([], "Models", {"type": "string"}),
        "repeats": Param(
            2, type="integer", minimum=1, maximum=10, title="Repeats", section="How",
            description_md="How often each cell is asked, with other seeds. Flips need two.",
        ),
        "baseline": Param(
            "plain", type="string", enum=["plain", "golden"], title="Compare with", section="How",
            description_md="`plain`: the labels of plain calls. `golden`: labels that the source's conversations came with.",
        ),
        "floor": Param(
            None, type=["null", "number"], minimum=-1, maximum=1, title="Floor of kappa", section="How",
            description_md="What the interval of every classifier's kappa must lie above.",
        ),
        "tpm": Param(
            2_000_000, type="integer", minimum=1, title="Tokens a minute", section="How",
            description_md="The quota for which the page says how many conversations a minute a strategy does.",
        ),
        **{name: weekly[name] for name in how},
        "dry_run": Param(
            True, type="boolean", title="Dry run", section="How",
            description_md="Forecast every cell and ask nothing. Off: it is asked, and costs what the forecast says.",
        ),
    }  # fmt: skip


def experiment_of(params: Mapping[str, Any], *, run_id: str, run_after: datetime) -> tuple[str, dict[str, Any]]:
    """The experiment's name and what its plan is asked for.

    Fields the form does not know go along, so that `plan` refuses them by name.
    """
    filled = {name: value for name, value in params.items() if value not in (None, "", [])}
    name = filled.pop("name", run_id)
    grid = {axis: filled.pop(axis) for axis in _LISTS if axis in filled}
    grid |= {axis: _CHOICE[filled.pop(axis)] for axis in ("grader", "combine") if axis in filled}
    config = {setting: filled.pop(setting) for setting in _SETTINGS if setting in filled}
    request = request_of(filled, data_interval_start=None, run_after=run_after)
    return str(name), {**request, "config": {**config, **({"grid": grid} if grid else {})}}


def _list(default: list[Any], title: str, items: dict[str, Any], known: list[str] | None = None) -> Param:
    return Param(
        default, type=["null", "array"], items={**items, **({"enum": known} if known else {})}, uniqueItems=True, title=title,
        description_md="Values to try, each combined with each other." + ("" if default else " Empty: as in `pipeline.yaml`."),
        section="Grid", **({"examples": known} if known else {}),
    )  # fmt: skip


def _choice(title: str, says: str) -> Param:
    return Param("both", type="string", enum=list(_CHOICE), title=title, description_md=f"{says} `both` tries it on and off.",
                 section="Grid")  # fmt: skip
