"""The trigger form of the reprocess DAG, and how what a person enters becomes a request to `semtel_ops.steps.reprocess`."""

from collections.abc import Mapping
from typing import Any

from airflow.sdk import Param

from semtel_airflow.weekly_form import MOMENT_PATTERN, WEEK_PATTERN, known_classifiers

STATUSES = ["invalid_output", "refused", "error", "expired", "missing", "success"]


def reprocess_params() -> dict[str, Param]:
    """The fields of the form, in the order they are shown."""
    return {
        "week": _text("Week", "ISO week, such as `2026-W47`. Of a range: the first.", "Which rows", pattern=WEEK_PATTERN),
        "until": _text("Until week", "The last week of a range. Empty: one week.", "Which rows", pattern=WEEK_PATTERN),
        "rows": Param(
            "not_success",
            type="string",
            enum=["not_success", "all", "status", "label", "ids"],
            title="Rows",
            description_md="Which rows are asked again; all others are carried over as they are.",
            section="Which rows",
        ),
        "status": _choice("Status", "For *Rows* `status`: only rows that ended so.", "Which rows", STATUSES),
        "label": _text(
            "Label",
            "For *Rows* `label`: classifier and label, such as `topic=technology`.",
            "Which rows",
            pattern=r"^([a-z][a-z0-9_]*=[a-z0-9_]+)?$",
        ),
        "ids_file": _text("File of ids", "For *Rows* `ids`: path or URL, one conversation id a line.", "Which rows"),
        "classifiers": Param(
            [],
            type=["null", "array"],
            items={"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
            uniqueItems=True,
            examples=known_classifiers(),
            title="Classifiers",
            description_md="Only rows of these. One the week does not have yet is asked about every conversation. Empty: all.",
            section="Which rows",
        ),
        "base_run": _text(
            "Begin with run",
            "Whose rows are kept where they are not asked again. Empty: the published run, else the latest.",
            "Which rows",
        ),
        "fresh": Param(
            False,
            type="boolean",
            title="Fresh",
            description_md="Ask anew, and pay, also where the answer is known. Rows that did not succeed always are.",
            section="How",
        ),
        "lane": _choice("Lane", "Empty: as in `pipeline.yaml`.", "How", ["auto", "realtime", "batch", "flex"]),
        "model": _text("Model", "Only endpoints with this model answer. Empty: all.", "How"),
        "endpoints": _text("Endpoints file", "Path of an `endpoints.yaml`. Empty: this installation's.", "How"),
        "prompts": _text("Folder of prompts", "Prompt files to ask with. Empty: this installation's.", "How"),
        "prompt_version": _text(
            "Prompt version",
            "Refuse unless the prompt files have it, such as `topic=1.1.0`; several separated by commas.",
            "How",
            pattern=r"^([a-z][a-z0-9_]*=\d+\.\d+\.\d+(,[a-z][a-z0-9_]*=\d+\.\d+\.\d+)*)?$",
        ),
        "strategy": _choice(
            "Strategy", "What shares a call. Empty: as in `pipeline.yaml`.", "How", ["plain", "packed", "combined"]
        ),
        "pack": Param(
            None,
            type=["null", "integer"],
            minimum=2,
            maximum=50,
            title="Conversations a call",
            description_md="For *Strategy* `packed`: at most this many.",
            section="How",
        ),
        "deadline": _text(
            "Deadline",
            "When all rows are to have landed, with a time zone.",
            "How",
            format="date-time",
            pattern=MOMENT_PATTERN,
        ),
        "max_cost_usd": Param(
            None,
            type=["null", "number"],
            exclusiveMinimum=0,
            title="Maximum cost (USD)",
            description_md="For all weeks together. Stop asking before more than this is spent; what was paid for is kept.",
            section="How",
        ),
        "reason": Param(
            type="string",
            minLength=10,
            maxLength=1000,
            title="Reason",
            description_md="Why, in a sentence. It is kept with the run, beside your name.",
            section="Whether",
        ),
        "dry_run": Param(
            True,
            type="boolean",
            title="Dry run",
            description_md="Only say what would be asked again, paid and reused. Untick it to do it.",
            section="Whether",
        ),
        "approval": Param(
            True,
            type="boolean",
            title="Ask before publishing",
            description_md="A week that is published is replaced only when a person approves it under *Required Actions*.",
            section="Whether",
        ),
    }


def reprocess_request_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """The filled-in fields. Fields the form does not know go along, so that `plan` refuses them by name."""
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


def _choice(title: str, description_md: str, section: str, words: list[str]) -> Param:
    return Param(
        None, type=["null", "string"], enum=[None, *words], title=title, description_md=description_md, section=section
    )
