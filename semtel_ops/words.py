"""Closed sets of words that settings, forms, commands and steps share. Quick to import, so DAG files can use it."""

from enum import StrEnum
from typing import Final, Literal, get_args

LaneSetting = Literal["auto", "realtime", "batch", "flex"]
"""The lane of a run; `auto`: the router chooses the lane of each shard."""

LANE_SETTINGS: Final[tuple[str, ...]] = get_args(LaneSetting)

Dates = Literal["respect", "ignore"]
"""Records dated outside the week: `respect` leaves them out, `ignore` takes them as records of the week."""

DATES: Final[tuple[str, ...]] = get_args(Dates)

SourceIds = Literal["scrub", "hash", "keep"]
"""Ids of a source in the lake: `scrub` hashes those that are more than a reference, `hash` all, `keep` none."""

Rows = Literal["not_success", "all", "status", "label", "ids"]
"""Which rows a reprocess labels again."""

ROWS: Final[tuple[str, ...]] = get_args(Rows)

Sharing = Literal["plain", "packed", "combined"]
"""What shares a request in a reprocess: nothing, several conversations (packed) or several classifiers (combined)."""

SHARING: Final[tuple[str, ...]] = get_args(Sharing)

Baseline = Literal["plain", "golden"]
"""What an experiment compares its labels with."""

BASELINES: Final[tuple[str, ...]] = get_args(Baseline)


class ReasoningEffort(StrEnum):
    """How much a model thinks before it answers, in ascending order: the words of OpenAI's `reasoning_effort`.

    No model knows all of them. OpenAI and Azure document all seven over their models; most other servers know low, medium and
    high. A word that the server refuses is no longer sent to it.
    """

    NONE = "none"
    """No thought."""
    MINIMAL = "minimal"
    """As little as possible (GPT-5)."""
    LOW = "low"
    """Little."""
    MEDIUM = "medium"
    """The default of most models that reason."""
    HIGH = "high"
    """Much."""
    XHIGH = "xhigh"
    """Very much (models after GPT-5.1)."""
    MAX = "max"
    """As much as possible (models after GPT-5.5)."""


class RowStatus(StrEnum):
    """Final state of a (conversation, classifier); the words follow Airflow's own batch manifest."""

    SUCCESS = "success"
    """A label was read."""
    INVALID_OUTPUT = "invalid_output"
    """No reply could be read; `raw_reply` is the last reply."""
    REFUSED = "refused"
    """A content filter or the model declined."""
    ERROR = "error"
    """No usable reply after all attempts; `error` names the last failure."""
    EXPIRED = "expired"
    """The batch job expired before the request was processed, and there was no other attempt."""
    MISSING = "missing"
    """The shard never landed; `gather` wrote the row."""
