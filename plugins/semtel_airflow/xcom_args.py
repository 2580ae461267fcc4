"""Results of earlier tasks as arguments of a task, where the earlier tasks may have failed or been skipped."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

ValueT = TypeVar("ValueT")
ResultT = TypeVar("ResultT", bound=Mapping[str, Any])

TaskResult: TypeAlias = Any
"""The result of a task in a DAG's graph: Airflow puts the value in its place when the next task runs."""

_NO_RESULT = "an earlier task has no result, and its log says why; correct the cause, then clear that task"


def or_fail(value: ValueT | None) -> ValueT:
    """Return the result of an earlier task.

    Raises:
        AirflowFailException: there is no result, or an empty one; a retry would not change that.
    """
    if not value:
        raise AirflowFailException(_NO_RESULT)
    return value


def or_skip(value: ValueT | None) -> ValueT:
    """Return the result of an earlier task.

    Raises:
        AirflowSkipException: there is no result, or an empty one.
    """
    if not value:
        raise AirflowSkipException(_NO_RESULT)
    return value


def as_list(results: Sequence[ResultT] | ResultT | None) -> list[ResultT]:
    """Return the results of mapped tasks.

    Airflow passes None if no task succeeded, and the result without a list if exactly one did.
    """
    if results is None:
        return []
    return [results] if isinstance(results, Mapping) else list(results)


def skip_in_dry_run() -> None:
    """Skip the current task in a dry run.

    Raises:
        AirflowSkipException: the run is a dry run.
    """
    if get_current_context()["params"]["dry_run"]:
        raise AirflowSkipException("dry run: the forecast is in the log of `gather`; no request is sent, nothing is published")
