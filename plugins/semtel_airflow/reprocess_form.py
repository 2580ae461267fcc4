"""The trigger form of the reprocess DAG, and the request that a filled-in form becomes."""

from collections.abc import Mapping
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
from semtel_ops.words import ROWS, SHARING, RowStatus


def reprocess_params() -> dict[str, Param]:
    """The fields of the form, in the order they are shown."""
    return {
        "week": text_field(
            "Week", "ISO week, such as `2026-W47`; for a range of weeks, the first.", "Rows", pattern=WEEK_PATTERN
        ),
        "until": text_field("Until week", "The last week of a range. Empty: only *Week*.", "Rows", pattern=WEEK_PATTERN),
        "rows": Param(
            "not_success",
            type="string",
            enum=list(ROWS),
            title="Rows",
            description_md="The rows to label again. All others are carried over unchanged.",
            section="Rows",
        ),
        "status": choice_field("Status", "With *Rows* `status`: the status of the rows.", "Rows", list(RowStatus)),
        "label": text_field(
            "Label",
            "With *Rows* `label`: classifier and label, such as `topic=technology`.",
            "Rows",
            pattern=r"^([a-z][a-z0-9_]*=[a-z0-9_]+)?$",
        ),
        "ids_file": text_field(
            "File of ids", "With *Rows* `ids`: path or URL of a file with one conversation id per line.", "Rows"
        ),
        "classifiers": classifiers_field(
            "Only rows of these classifiers. A classifier that is new to the week labels all its "
            "conversations. Empty: all classifiers of the week.",
            "Rows",
        ),
        "base_run": text_field(
            "Base run",
            "Id of the run whose rows are carried over. Empty: the published run, or the latest run if none is published.",
            "Rows",
        ),
        "fresh": Param(
            False,
            type="boolean",
            title="Fresh",
            description_md="Send requests, and pay for them, even where a reply is on record. "
            "For rows without success, requests are always sent.",
            section="Run",
        ),
        "lane": lane_field(),
        "model": text_field("Model", "Use only endpoints with this model. Empty: all endpoints.", "Run"),
        "endpoints": endpoints_field(),
        "prompts": text_field(
            "Prompts folder", "Folder with the prompt files to use. Empty: the folder of this installation.", "Run"
        ),
        "prompt_version": text_field(
            "Prompt version",
            "Fail unless the prompt files have this version, such as `topic=1.1.0`; separate several by commas.",
            "Run",
            pattern=r"^([a-z][a-z0-9_]*=\d+\.\d+\.\d+(,[a-z][a-z0-9_]*=\d+\.\d+\.\d+)*)?$",
        ),
        "strategy": choice_field(
            "Strategy",
            "What shares a request. `plain`: nothing. `packed`: conversations. `combined`: classifiers. "
            "Empty: as in `pipeline.yaml`.",
            "Run",
            SHARING,
        ),
        "pack": integer_field(
            "Conversations per request",
            "With *Strategy* `packed`: the largest number of conversations in a request.",
            "Run",
            2,
            50,
        ),
        "deadline": deadline_field(
            f"Time by which all rows must have landed, with a time zone, such as `2026-11-24T08:00Z`. {AS_CONFIGURED}"
        ),
        "max_cost_usd": max_cost_field(
            "Spending limit for all weeks together. The run stops before a request that could exceed it; "
            "replies that were paid for are kept. Empty: `budget_usd` in `pipeline.yaml` for each week."
        ),
        "reason": Param(
            type="string",
            minLength=10,
            maxLength=1000,
            title="Reason",
            description_md="Why the weeks are labelled again, in a sentence. Recorded with the run and your name.",
            section="Confirmation",
        ),
        "dry_run": Param(
            True,
            type="boolean",
            title="Dry run",
            description_md="Forecast requests, cost and reused replies; send no requests. Untick to label and publish.",
            section="Confirmation",
        ),
        "approval": Param(
            True,
            type="boolean",
            title="Ask before publishing",
            description_md="Replace a published week only after a person approves it under *Required Actions*.",
            section="Confirmation",
        ),
    }


def reprocess_request_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """The filled-in fields. Fields that the form does not have are included, so that `plan` rejects them by name."""
    return {name: value for name, value in params.items() if value not in (None, "", [])}
