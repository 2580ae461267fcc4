"""The trigger form of `model_alignment`, and the request that a filled-in form becomes."""

import re
from collections.abc import Mapping
from typing import Any

from airflow.sdk import Param

from semtel_airflow.form_fields import (
    WEEK_PATTERN,
    choice_field,
    classifiers_field,
    endpoints_field,
    max_cost_field,
    text_field,
)

_LANES = ("realtime", "batch", "flex")
_STRATEGIES = ("plain", "configured")
_RUN = re.compile(r"\.((?:incumbent|candidate)\..+)\.(\d+)(?:~[0-9a-f]+)?/run\.json$")


def align_params() -> dict[str, Param]:
    """The fields of the form, in the order they are shown."""
    return {
        "name": Param(
            None,
            type=["null", "string"],
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
            title="Name",
            description_md="Name of the alignment in the lake and the ledger. The same name again continues it. "
            "Empty: the id of the DAG run.",
            section="Labellers",
        ),
        "incumbent": text_field(
            "Incumbent",
            "Name of an entry in the endpoints file: who labels now. Empty: the entry with the model that labelled the week.",
            "Labellers",
        ),
        "candidates": Param(
            type="array",
            items={"type": "string", "minLength": 1},
            minItems=1,
            uniqueItems=True,
            title="Candidates",
            description_md="Names of entries in the endpoints file that may label from now on. The incumbent's own name, with "
            "*Candidates' prompts folder*, compares another prompt.",
            section="Labellers",
        ),
        "prompts": text_field("Prompts folder", "Folder of the prompt files. Empty: that of this installation.", "Labellers"),
        "candidate_prompts": text_field(
            "Candidates' prompts folder", "Folder of the candidates' prompts. Empty: the incumbent's.", "Labellers"
        ),
        "endpoints": endpoints_field(),
        "classifiers": classifiers_field("Empty: those of the week.", "Conversations"),
        "week": text_field(
            "Week",
            "A published week whose conversations are compared. Empty: the last one.",
            "Conversations",
            pattern=WEEK_PATTERN,
        ),
        "rows": Param(
            2_000, type="integer", minimum=20, maximum=1_000_000, title="Conversations", section="Conversations",
            description_md="How many are drawn, in proportion to the labels of the week. Those that people labelled are added.",
        ),
        "gold": text_field(
            "File with labels by people",
            "Path or URL of JSONL with `conversation_id`, `classifier` and `label`, beside those in the ledger.",
            "Conversations",
        ),
        "margin": Param(
            0.02, type="number", exclusiveMinimum=0, exclusiveMaximum=1, title="Margin", section="Run",
            description_md="Change of a label's share that is small enough to be called the same: 0.02 is two points.",
        ),
        "lane": choice_field("Lane", "How requests are sent. Empty: `realtime`.", "Run", _LANES),
        "strategy": choice_field(
            "Strategy",
            "`plain`: one conversation and one classifier in a request. `configured`: as in `pipeline.yaml`. Empty: `plain`.",
            "Run",
            _STRATEGIES,
        ),
        "max_cost_usd": max_cost_field(
            "Spending limit of the whole alignment, divided among the labellers by their forecasts. Empty: no limit."
        ),
        "dry_run": Param(
            True, type="boolean", title="Dry run", section="Run",
            description_md="Forecast the requests and the cost, and send none. Untick to compare.",
        ),
    }  # fmt: skip


def align_request_of(params: Mapping[str, Any], *, run_id: str) -> tuple[str, dict[str, Any]]:
    """The alignment's name and the request to its plan.

    Fields that the form does not have are included, so that `plan` rejects them by name.
    """
    filled = {name: value for name, value in params.items() if value not in (None, "", [])}
    return str(filled.pop("name", run_id)), filled


def labeller_of_run(url: str) -> str:
    """The name of a mapped task: "candidate.new, repeat 2", from the URL of its run."""
    match = _RUN.search(url)
    return url if match is None else f"{match[1]}, repeat {int(match[2]) + 1}"
