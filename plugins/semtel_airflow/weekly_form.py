"""The trigger form of the weekly DAG, and how what a person enters becomes a request to `semtel_ops.steps.plan`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Param

MOMENT_PATTERN = r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$"
WEEK_PATTERN = r"^(\d{4}-W(0[1-9]|[1-4]\d|5[0-3]))?$"

_SWITCH = {"on": True, "off": False}
"""A checkbox has no third state for: as in pipeline.yaml."""


def known_classifiers() -> list[str]:
    """Ids of the prompt files, for the form to offer; the files themselves are read by `plan`, not here."""
    from semtel_ops.settings.environment import include_folder

    prompts = include_folder() / "prompts"
    return sorted(path.stem for path in prompts.glob("*.prompty") if not path.name.startswith("_"))


def weekly_params() -> dict[str, Param]:
    """The fields of the form, in the order they are shown. Empty always means: as in pipeline.yaml."""
    return {
        "week": Param(
            None,
            type=["null", "string"],
            pattern=WEEK_PATTERN,
            title="Week",
            description_md="ISO week, such as `2026-W47`. Empty: the week of the run's data interval; "
            "for a run started by hand, the last complete week.",
            section="What",
        ),
        "source": Param(
            None,
            type=["null", "string"],
            maxLength=4096,
            title="Source",
            description_md="File, folder, glob or URL with conversations; several separated by commas. "
            "Empty: the source in `pipeline.yaml`.",
            examples=["include/sample"],
            section="What",
        ),
        "dates": Param(
            None,
            type=["null", "string"],
            enum=[None, "respect", "ignore"],
            title="Dates",
            description_md="`respect`: only conversations that began in the week. "
            "`ignore`: every conversation of the source belongs to the week.",
            section="What",
        ),
        "sample_size": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=1_000_000_000,
            title="Sample size",
            description_md="At most this many conversations, chosen by a hash of their id: "
            "the same ones on any machine and in any run.",
            section="What",
        ),
        "classifiers": Param(
            [],
            type=["null", "array"],
            items={"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
            uniqueItems=True,
            examples=known_classifiers(),
            title="Classifiers",
            description_md="What is asked about each conversation: one prompt file each. Empty: those in `pipeline.yaml`.",
            section="What",
        ),
        "pack": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=50,
            title="Conversations a call",
            description_md="At most this many share a call; 1: each has its own. A strategy that no experiment speaks for "
            "is not used: plain calls are, and the log of `plan` says so (`strategy_gate` in `pipeline.yaml`).",
            section="Strategy",
        ),
        "combine": _switch("Combined", "All classifiers in one call."),
        "grader": _switch("Grader", "Shows packed labels to the model once more, and asks those it doubts again."),
        "endpoints": Param(
            None,
            type=["null", "string"],
            maxLength=4096,
            title="Endpoints file",
            description_md="Path of an `endpoints.yaml`. Empty: the one this installation is set up with.",
            section="How",
        ),
        "max_cost_usd": Param(
            None,
            type=["null", "number"],
            exclusiveMinimum=0,
            title="Maximum cost (USD)",
            description_md="Stop asking before more than this is spent. What was paid for is kept, and a cleared run goes on.",
            section="How",
        ),
        "max_tokens_per_conversation": Param(
            None,
            type=["null", "integer"],
            minimum=16,
            maximum=1_000_000,
            title="Tokens per conversation",
            description_md="Longer conversations are compressed and cut to this. Empty: as in `pipeline.yaml`.",
            section="How",
        ),
        "lane": Param(
            None,
            type=["null", "string"],
            enum=[None, "auto", "realtime", "batch", "flex"],
            title="Lane",
            description_md="`auto`: for each shard what price, deadline and earlier runs speak for. `realtime`: ask now. "
            "`batch`: at half the price, within a day as a rule. `flex`: now, slower and cheaper, where an endpoint offers it. "
            "Empty: as in `pipeline.yaml`.",
            section="How",
        ),
        "deadline": Param(
            None,
            type=["null", "string"],
            format="date-time",
            pattern=MOMENT_PATTERN,  # Airflow does not check the format, and without a zone nobody knows when that is
            title="Deadline",
            description_md="When all rows are to have landed. One that cannot be met is refused before anything is paid; "
            "batches that are late for it are stopped, and the rest is asked in realtime. "
            "Empty: as in `pipeline.yaml`, else two days are aimed at.",
            section="How",
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description_md="Sample, prepare and forecast tokens, cost and time; ask nothing, publish nothing.",
            section="How",
        ),
    }


def _switch(title: str, says: str) -> Param:
    return Param(
        None,
        type=["null", "string"],
        enum=[None, *_SWITCH],
        title=title,
        description_md=f"{says} Empty: as in `pipeline.yaml`.",
        section="Strategy",
    )


def request_of(params: Mapping[str, Any], *, data_interval_start: datetime | None, run_after: datetime) -> dict[str, Any]:
    """What `plan` is asked for: the filled-in fields of the form, and the week that an empty one stands for.

    Fields the form does not know (a key in `conf` that was misspelt) go along, so that `plan` refuses them by name.
    """
    request = {name: value for name, value in params.items() if value not in (None, "", [])}
    request |= {name: _SWITCH[request[name]] for name in ("combine", "grader") if request.get(name) in _SWITCH}
    request.setdefault("week", _iso_week(data_interval_start or run_after - timedelta(days=7)))
    return request


def _iso_week(moment: datetime) -> str:
    year, week, _ = moment.isocalendar()
    return f"{year:04d}-W{week:02d}"
