"""The trigger form of `optimization_experiments`, and the request that a filled-in form becomes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from airflow.sdk import Param

from semtel_airflow.weekly_form import request_of, weekly_params
from semtel_ops.extensions import COMPRESSORS, TRUNCATION_STRATEGIES
from semtel_ops.words import BASELINES

_CHOICE = {"both": [False, True], "on": [True], "off": [False]}
_LISTS = ("pack", "max_tokens", "truncation", "compression", "compression_rate", "models")
_SETTINGS = ("sample", "repeats", "baseline", "floor", "tpm")


def experiment_params() -> dict[str, Param]:
    """The fields of the form, in the order they are shown. An empty field means the value in pipeline.yaml."""
    weekly = weekly_params()
    data_fields, run_fields = ("week", "source", "dates", "classifiers"), ("endpoints", "max_cost_usd")
    return {
        "name": Param(
            None,
            type=["null", "string"],
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
            title="Name",
            description_md="Name of the experiment in the lake and the ledger. The same name again continues the experiment. "
            "Empty: the id of the DAG run.",
            section="Data",
        ),
        **{name: weekly[name] for name in data_fields},
        "sample": Param(
            300, type="integer", minimum=1, maximum=1_000_000, title="Sample size", section="Data",
            description_md="Number of conversations that every cell labels, chosen by a hash of their id.",
        ),
        "pack": _list([1, 5, 10, 20], "Conversations per request", {"type": "integer", "minimum": 1, "maximum": 50}),
        "grader": _choice("Grader", "Have the model review the labels of packed requests, and request those it rejects again."),
        "combine": _choice("Combine classifiers", "One request for all classifiers."),
        "max_tokens": _list([], "Tokens per conversation", {"type": "integer", "minimum": 16, "maximum": 1_000_000}),
        "truncation": _list([], "Truncation", {"type": "string"}, list(TRUNCATION_STRATEGIES.names())),
        "compression": _list([], "Compression", {"type": "string"}, list(COMPRESSORS.names())),
        "compression_rate": _list([], "Compression rate", {"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
        "models": _list([], "Models", {"type": "string"}, empty="all models of the endpoints file that have a realtime lane"),
        "repeats": Param(
            2, type="integer", minimum=1, maximum=10, title="Repeats", section="Run",
            description_md="How often each cell is measured, each time with another seed. Label flips need at least two.",
        ),
        "baseline": Param(
            "plain", type="string", enum=list(BASELINES), title="Compare with", section="Run",
            description_md="`plain`: labels of plain requests, with one conversation and one classifier each. "
            "`golden`: labels in the source's records.",
        ),
        "floor": Param(
            None, type=["null", "number"], minimum=-1, maximum=1, title="Minimum kappa", section="Run",
            description_md="Kappa that the interval of every classifier must not fall below. "
            "Empty: `strategy_gate.floor` in `pipeline.yaml`.",
        ),
        "tpm": Param(
            2_000_000, type="integer", minimum=1, title="Tokens per minute", section="Run",
            description_md="Token quota for which the report gives the conversations per minute of each strategy.",
        ),
        **{name: weekly[name] for name in run_fields},
        "dry_run": Param(
            True, type="boolean", title="Dry run", section="Run",
            description_md="Forecast the requests and the cost of every cell, and send none. Untick to run the experiment.",
        ),
    }  # fmt: skip


def experiment_of(params: Mapping[str, Any], *, run_id: str, run_after: datetime) -> tuple[str, dict[str, Any]]:
    """The experiment's name and the request to its plan.

    Fields that the form does not have are included, so that `plan` rejects them by name.
    """
    filled = {name: value for name, value in params.items() if value not in (None, "", [])}
    name = filled.pop("name", run_id)
    grid = {axis: filled.pop(axis) for axis in _LISTS if axis in filled}
    grid |= {axis: _CHOICE[filled.pop(axis)] for axis in ("grader", "combine") if axis in filled}
    config = {setting: filled.pop(setting) for setting in _SETTINGS if setting in filled}
    request = request_of(filled, data_interval_start=None, run_after=run_after)
    return str(name), {**request, "config": {**config, **({"grid": grid} if grid else {})}}


def _list(
    default: list[Any],
    title: str,
    items: dict[str, Any],
    known: list[str] | None = None,
    *,
    empty: str = "as in `pipeline.yaml`",
) -> Param:
    examples: dict[str, Any] = {"examples": known} if known else {}
    return Param(
        default, type=["null", "array"], items={**items, **({"enum": known} if known else {})}, uniqueItems=True, title=title,
        description_md="Values to try, in every combination." + ("" if default else f" Empty: {empty}."),
        section="Grid", **examples,
    )  # fmt: skip


def _choice(title: str, effect: str) -> Param:
    description = f"{effect} `both`: with and without, to compare."
    return Param("both", type="string", enum=list(_CHOICE), title=title, description_md=description, section="Grid")
