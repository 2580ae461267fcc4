"""Fields that several trigger forms have. An optional field that is left empty is None or an empty list."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import Param

from semtel_ops.words import LANE_SETTINGS

MOMENT_PATTERN = r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$"
WEEK_PATTERN = r"^(\d{4}-W(0[1-9]|[1-4]\d|5[0-3]))?$"
AS_CONFIGURED = "Empty: as in `pipeline.yaml`."


def text_field(title: str, description: str, section: str, **schema: Any) -> Param:
    """An optional line of text."""
    return _optional("string", title, description, section, maxLength=4096, **schema)


def choice_field(title: str, description: str, section: str, words: Sequence[str]) -> Param:
    """An optional choice from a menu."""
    return _optional("string", title, description, section, enum=[None, *words])


def integer_field(title: str, description: str, section: str, minimum: int, maximum: int) -> Param:
    """An optional whole number."""
    return _optional("integer", title, description, section, minimum=minimum, maximum=maximum)


def classifiers_field(description: str, section: str) -> Param:
    return Param(
        [],
        type=["null", "array"],
        items={"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
        uniqueItems=True,
        examples=known_classifiers(),
        title="Classifiers",
        description_md=description,
        section=section,
    )


def endpoints_field() -> Param:
    return text_field("Endpoints file", "Path of an `endpoints.yaml`. Empty: the file of this installation.", "Run")


def lane_field() -> Param:
    return choice_field(
        "Lane",
        "How requests are sent. `auto`: chosen for each shard by price, deadline and measured speed. `realtime`: immediately. "
        "`batch`: in batch jobs, at half the price, usually within a day. `flex`: immediately at a lower price and speed, "
        f"where an endpoint offers it. {AS_CONFIGURED}",
        "Run",
        LANE_SETTINGS,
    )


def deadline_field(description: str) -> Param:
    # Airflow does not check the format, and a time without a zone is ambiguous.
    return text_field("Deadline", description, "Run", format="date-time", pattern=MOMENT_PATTERN)


def max_cost_field(description: str) -> Param:
    return _optional("number", "Maximum cost (USD)", description, "Run", exclusiveMinimum=0)


def known_classifiers() -> list[str]:
    """Ids of the prompt files, as suggestions in a form. Only the names are read; `plan` reads the files."""
    from semtel_ops.settings.environment import include_folder

    prompts = include_folder() / "prompts"
    return sorted(path.stem for path in prompts.glob("*.prompty") if not path.name.startswith("_"))


def _optional(kind: str, title: str, description: str, section: str, **schema: Any) -> Param:
    return Param(None, type=["null", kind], title=title, description_md=description, section=section, **schema)
