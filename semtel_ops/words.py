"""Closed sets of words that settings, forms, commands and steps share; it imports nothing heavy, so forms can offer them."""

from enum import StrEnum
from typing import Final, Literal, get_args

LaneSetting = Literal["auto", "realtime", "batch", "flex"]
"""The lane a run is asked in; auto: chosen for each shard."""

LANE_SETTINGS: Final[tuple[str, ...]] = get_args(LaneSetting)

Dates = Literal["respect", "ignore"]
"""Whether a record of another week is left out, or belongs to the week being run all the same."""

DATES: Final[tuple[str, ...]] = get_args(Dates)

Rows = Literal["not_success", "all", "status", "label", "ids"]
"""Which rows a reprocess asks again."""

ROWS: Final[tuple[str, ...]] = get_args(Rows)

Sharing = Literal["plain", "packed", "combined"]
"""What shares a call in a reprocess."""

SHARING: Final[tuple[str, ...]] = get_args(Sharing)

Baseline = Literal["plain", "golden"]
"""What an experiment compares its labels with."""

BASELINES: Final[tuple[str, ...]] = get_args(Baseline)


class RowStatus(StrEnum):
    """How a (conversation, classifier) ended; the words follow Airflow's own batch manifest."""

    SUCCESS = "success"
    """A label was read."""
    INVALID_OUTPUT = "invalid_output"
    """Replies came, and none could be read; `raw_reply` holds the last one."""
    REFUSED = "refused"
    """A content filter or the model declined."""
    ERROR = "error"
    """No usable reply within the attempts; `error` names the last failure."""
    EXPIRED = "expired"
    """The batch job ended before it reached the request, and there was no other attempt."""
    MISSING = "missing"
    """The shard never landed; `gather` wrote the row."""
