"""The trigger form of the weekly DAG, and the request that a filled-in form becomes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Param

from semtel_ops.words import DATES, LANE_SETTINGS

MOMENT_PATTERN = r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$"
WEEK_PATTERN = r"^(\d{4}-W(0[1-9]|[1-4]\d|5[0-3]))?$"

_SWITCH = {"on": True, "off": False}
"""A menu, because a checkbox has no third state for "as in pipeline.yaml"."""

LANE_DESCRIPTION = (
    "How requests are sent. `auto`: chosen for each shard by price, deadline and measured speed. `realtime`: immediately. "
    "`batch`: in batch jobs, at half the price, usually within a day. `flex`: immediately at a lower price and speed, where an "
    "endpoint offers it."
)


def known_classifiers() -> list[str]:
    """Ids of the prompt files, as suggestions in the form. Only the names are read; `plan` reads the files."""
    from semtel_ops.settings.environment import include_folder

    prompts = include_folder() / "prompts"
    return sorted(path.stem for path in prompts.glob("*.prompty") if not path.name.startswith("_"))


def weekly_params() -> dict[str, Param]:
    """The fields of the form, in the order they are shown. An empty field means the value in pipeline.yaml."""
    return {
        "week": Param(
            None,
            type=["null", "string"],
            pattern=WEEK_PATTERN,
            title="Week",
            description_md="ISO week, such as `2026-W47`. Empty: the week of the run's data interval; "
            "for a manual run, the last complete week.",
            section="Data",
        ),
        "source": Param(
            None,
            type=["null", "string"],
            maxLength=4096,
            title="Source",
            description_md="File, folder, glob or URL with conversations; separate several by commas. "
            "Empty: the source in `pipeline.yaml`.",
            examples=["include/sample"],
            section="Data",
        ),
        "dates": Param(
            None,
            type=["null", "string"],
            enum=[None, *DATES],
            title="Dates",
            description_md="`respect`: only conversations that started in the week. "
            "`ignore`: all conversations of the source, whatever their date. Empty: as in `pipeline.yaml`.",
            section="Data",
        ),
        "sample_size": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=1_000_000_000,
            title="Sample size",
            description_md="Largest number of conversations. They are chosen by a hash of their id, "
            "so every run on any machine chooses the same. Empty: as in `pipeline.yaml`.",
            section="Data",
        ),
        "classifiers": Param(
            [],
            type=["null", "array"],
            items={"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
            uniqueItems=True,
            examples=known_classifiers(),
            title="Classifiers",
            description_md="Questions about each conversation, one prompt file each. Empty: those in `pipeline.yaml`.",
            section="Data",
        ),
        "pack": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=50,
            title="Conversations per request",
            description_md="Largest number of conversations in a request. A strategy without a supporting experiment is "
            "replaced by plain requests, and the log of `plan` says so (`strategy_gate` in `pipeline.yaml`). "
            "Empty: as in `pipeline.yaml`.",
            section="Strategy",
        ),
        "combine": _switch("Combine classifiers", "One request for all classifiers."),
        "grader": _switch("Grader", "Have the model review the labels of packed requests, and request those it rejects again."),
        "endpoints": Param(
            None,
            type=["null", "string"],
            maxLength=4096,
            title="Endpoints file",
            description_md="Path of an `endpoints.yaml`. Empty: the file of this installation.",
            section="Run",
        ),
        "max_cost_usd": Param(
            None,
            type=["null", "number"],
            exclusiveMinimum=0,
            title="Maximum cost (USD)",
            description_md="Spending limit of the run, which stops before a request that could exceed it. Replies that were "
            "paid for are kept: trigger the week again with a higher limit. "
            "Empty: as in `pipeline.yaml`.",
            section="Run",
        ),
        "max_tokens_per_conversation": Param(
            None,
            type=["null", "integer"],
            minimum=16,
            maximum=1_000_000,
            title="Tokens per conversation",
            description_md="Longer conversations are truncated to this many tokens. Empty: as in `pipeline.yaml`.",
            section="Run",
        ),
        "lane": Param(
            None,
            type=["null", "string"],
            enum=[None, *LANE_SETTINGS],
            title="Lane",
            description_md=f"{LANE_DESCRIPTION} Empty: as in `pipeline.yaml`.",
            section="Run",
        ),
        "deadline": Param(
            None,
            type=["null", "string"],
            format="date-time",
            pattern=MOMENT_PATTERN,  # Airflow does not check the format, and a time without a zone is ambiguous
            title="Deadline",
            description_md="Time by which all rows must have landed, with a time zone, such as `2026-11-24T08:00Z`. A deadline "
            "that cannot be met is rejected before anything is paid for. Batch jobs that would miss it are cancelled, and the "
            "rest is requested in realtime. "
            "Empty: as in `pipeline.yaml`; without a deadline there, the target is two days.",
            section="Run",
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description_md="Sample and prepare the week, and forecast tokens, cost and time. "
            "No request is sent, nothing is published.",
            section="Run",
        ),
    }


def _switch(title: str, effect: str) -> Param:
    return Param(
        None,
        type=["null", "string"],
        enum=[None, *_SWITCH],
        title=title,
        description_md=f"{effect} Empty: as in `pipeline.yaml`.",
        section="Strategy",
    )


def request_of(params: Mapping[str, Any], *, data_interval_start: datetime | None, run_after: datetime) -> dict[str, Any]:
    """The filled-in fields, and the week that an empty field stands for.

    Fields that the form does not have, such as a misspelt key in `conf`, are included, so that `plan` rejects them by name.
    """
    request = {name: value for name, value in params.items() if value not in (None, "", [])}
    request |= {name: _SWITCH[request[name]] for name in ("combine", "grader") if request.get(name) in _SWITCH}
    request.setdefault("week", _iso_week(data_interval_start or run_after - timedelta(days=7)))
    return request


def _iso_week(moment: datetime) -> str:
    year, week, _ = moment.isocalendar()
    return f"{year:04d}-W{week:02d}"
