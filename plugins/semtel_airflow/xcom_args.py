"""How tasks that run after a failure find their run, and what they do where there is nothing to do."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

ValueT = TypeVar("ValueT")

_NOTHING = "an earlier task made nothing to go on with; its log says what is wrong: correct it and clear that task"


def run_of(manifests: Sequence[Mapping[str, Any]] | None, *, needed: bool = False) -> str:
    """URL of the run, from what an earlier task returned: parts or shards, or None where that task did not succeed.

    Raises:
        AirflowSkipException: there is nothing to go on with; the task that failed says why.
        AirflowFailException: the same where the caller says that a run is `needed`.
    """
    if manifests:
        return str(manifests[0]["run"])
    raise (AirflowFailException if needed else AirflowSkipException)(_NOTHING)


def needed(runs: Sequence[str] | None) -> Sequence[str]:
    """The runs of an earlier task.

    Raises:
        AirflowFailException: it made none.
    """
    if not runs:
        raise AirflowFailException(_NOTHING)
    return runs


def or_skip(value: ValueT | None) -> ValueT:
    """What an earlier task returned, for a task that is left out where that is nothing.

    Raises:
        AirflowSkipException: it is nothing.
    """
    if not value:
        raise AirflowSkipException(_NOTHING)
    return value


def as_list(mapped: Sequence[dict[str, Any]] | dict[str, Any] | None) -> list[dict[str, Any]]:
    """What the tasks of a mapped group returned, as the list it is meant to be.

    Airflow gives None where none succeeded, and where exactly one did, its value bare.
    """
    if mapped is None:
        return []
    return [mapped] if isinstance(mapped, dict) else list(mapped)


def skip_in_a_dry_run(gathered: Mapping[str, Any] | None) -> None:
    """Leave the task out when the run was only to be forecast."""
    if gathered is not None and gathered["dry_run"]:
        raise AirflowSkipException("dry run: the forecast is in the log of gather; nothing was asked, nothing is published")
