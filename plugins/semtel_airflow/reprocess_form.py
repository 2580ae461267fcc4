"""The trigger form of the reprocess DAG, and the request that a filled-in form becomes."""

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import Param

from semtel_airflow.weekly_form import LANE_DESCRIPTION, MOMENT_PATTERN, WEEK_PATTERN, known_classifiers
from semtel_ops.words import LANE_SETTINGS, ROWS, SHARING, RowStatus


def reprocess_params() -> dict[str, Param]:
    """The fields of the form, in the order they are shown."""
    return {
        "week": _text("Week", "ISO week, such as `2026-W47`; for a range of weeks, the first.", "Rows", pattern=WEEK_PATTERN),
        "until": _text("Until week", "The last week of a range. Empty: only *Week*.", "Rows", pattern=WEEK_PATTERN),
        "rows": Param(
            "not_success",
            type="string",
            enum=list(ROWS),
            title="Rows",
            description_md="The rows to label again. All others are carried over unchanged.",
            section="Rows",
        ),
        "status": _choice("Status", "With *Rows* `status`: the status of the rows.", "Rows", list(RowStatus)),
        "label": _text(
            "Label",
            "With *Rows* `label`: classifier and label, such as `topic=technology`.",
            "Rows",
            pattern=r"^([a-z][a-z0-9_]*=[a-z0-9_]+)?$",
        ),
        "ids_file": _text("File of ids", "With *Rows* `ids`: path or URL of a file with one conversation id per line.", "Rows"),
        "classifiers": Param(
            [],
            type=["null", "array"],
            items={"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
            uniqueItems=True,
            examples=known_classifiers(),
            title="Classifiers",
            description_md="Only rows of these classifiers. A classifier that is new to the week labels all its "
            "conversations. Empty: all classifiers of the week.",
            section="Rows",
        ),
        "base_run": _text(
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
        "lane": _choice("Lane", f"{LANE_DESCRIPTION} Empty: as in `pipeline.yaml`.", "Run", LANE_SETTINGS),
        "model": _text("Model", "Use only endpoints with this model. Empty: all endpoints.", "Run"),
        "endpoints": _text("Endpoints file", "Path of an `endpoints.yaml`. Empty: the file of this installation.", "Run"),
        "prompts": _text(
            "Prompts folder", "Folder with the prompt files to use. Empty: the folder of this installation.", "Run"
        ),
        "prompt_version": _text(
            "Prompt version",
            "Fail unless the prompt files have this version, such as `topic=1.1.0`; separate several by commas.",
            "Run",
            pattern=r"^([a-z][a-z0-9_]*=\d+\.\d+\.\d+(,[a-z][a-z0-9_]*=\d+\.\d+\.\d+)*)?$",
        ),
        "strategy": _choice(
            "Strategy",
            "What shares a request. `plain`: nothing. `packed`: conversations. `combined`: classifiers. "
            "Empty: as in `pipeline.yaml`.",
            "Run",
            SHARING,
        ),
        "pack": Param(
            None,
            type=["null", "integer"],
            minimum=2,
            maximum=50,
            title="Conversations per request",
            description_md="With *Strategy* `packed`: the largest number of conversations in a request.",
            section="Run",
        ),
        "deadline": _text(
            "Deadline",
            "Time by which all rows must have landed, with a time zone, such as `2026-11-24T08:00Z`. "
            "Empty: as in `pipeline.yaml`.",
            "Run",
            format="date-time",
            pattern=MOMENT_PATTERN,
        ),
        "max_cost_usd": Param(
            None,
            type=["null", "number"],
            exclusiveMinimum=0,
            title="Maximum cost (USD)",
            description_md="Spending limit for all weeks together. The run stops before a request that could exceed it; "
            "replies that were paid for are kept. Empty: `budget_usd` in `pipeline.yaml` for each week.",
            section="Run",
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


def _text(title: str, description_md: str, section: str, **schema: Any) -> Param:
    return Param(
        None,
        type=["null", "string"],
        maxLength=4096,
        title=title,
        description_md=description_md,
        section=section,
        **schema,
    )


def _choice(title: str, description_md: str, section: str, words: Sequence[str]) -> Param:
    return Param(
        None, type=["null", "string"], enum=[None, *words], title=title, description_md=description_md, section=section
    )
