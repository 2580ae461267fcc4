"""The trigger form of the weekly DAG, and the request that a filled-in form becomes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Param

from semtel_airflow.form_fields import (
    AS_CONFIGURED,
    WEEK_PATTERN,
    choice_field,
    classifiers_field,
    deadline_field,
    endpoints_field,
    integer_field,
    lane_field,
    max_cost_field,
    text_field,
)
from semtel_ops.words import DATES

_SWITCH = {"on": True, "off": False}
"""A menu, because a checkbox has no third state for "as in pipeline.yaml"."""


def weekly_params() -> dict[str, Param]:
    """The fields of the form, in the order they are shown. An empty field means the value in pipeline.yaml."""
    return {
        "week": text_field(
            "Week",
            "ISO week, such as `2026-W47`. Empty: the week of the run's data interval; "
            "for a manual run, the last complete week.",
            "Data",
            pattern=WEEK_PATTERN,
        ),
        "source": text_field(
            "Source",
            "File, folder, glob or URL with conversations; separate several by commas. Empty: the source in `pipeline.yaml`.",
            "Data",
            examples=["include/sample"],
        ),
        "dates": choice_field(
            "Dates",
            "`respect`: only conversations that started in the week. "
            f"`ignore`: all conversations of the source, whatever their date. {AS_CONFIGURED}",
            "Data",
            DATES,
        ),
        "sample_size": integer_field(
            "Sample size",
            "Largest number of conversations. They are chosen by a hash of their id, "
            f"so every run on any machine chooses the same. {AS_CONFIGURED}",
            "Data",
            1,
            1_000_000_000,
        ),
        "classifiers": classifiers_field(
            "Questions about each conversation, one prompt file each. Empty: those in `pipeline.yaml`.", "Data"
        ),
        "pack": integer_field(
            "Conversations per request",
            "Largest number of conversations in a request. A strategy without a supporting experiment is "
            "replaced by plain requests, and the log of `plan` says so (`strategy_gate` in `pipeline.yaml`). "
            f"{AS_CONFIGURED}",
            "Strategy",
            1,
            50,
        ),
        "combine": _switch("Combine classifiers", "One request for all classifiers."),
        "grader": _switch("Grader", "Have the model review the labels of packed requests, and request those it rejects again."),
        "endpoints": endpoints_field(),
        "max_cost_usd": max_cost_field(
            "Spending limit of the run, which stops before a request that could exceed it. Replies that were "
            f"paid for are kept: trigger the week again with a higher limit. {AS_CONFIGURED}"
        ),
        "max_tokens_per_conversation": integer_field(
            "Tokens per conversation",
            f"Longer conversations are truncated to this many tokens. {AS_CONFIGURED}",
            "Run",
            16,
            1_000_000,
        ),
        "lane": lane_field(),
        "deadline": deadline_field(
            "Time by which all rows must have landed, with a time zone, such as `2026-11-24T08:00Z`. A deadline "
            "that cannot be met is rejected before anything is paid for. Batch jobs that would miss it are cancelled, and the "
            "rest is requested in realtime. Empty: as in `pipeline.yaml`; without a deadline there, the target is two days."
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
    return choice_field(title, f"{effect} {AS_CONFIGURED}", "Strategy", list(_SWITCH))


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
