"""Results of earlier tasks as arguments, where those tasks may have failed, been skipped, or been a dry run."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

ValueT = TypeVar("ValueT")
ResultT = TypeVar("ResultT", bound=Mapping[str, Any])

TaskResult: TypeAlias = Any
"""In a DAG's graph, the result of a task: a promise, in whose place Airflow puts the value when the next task runs."""

_NO_RESULT = "an earlier task has no result; its log says why: correct the cause, then clear that task"


def or_fail(value: ValueT | None) -> ValueT:
    """The result of an earlier task.

    Raises:
        AirflowFailException: there is none, or it is empty; a retry would find the same.
    """
    if not value:
        raise AirflowFailException(_NO_RESULT)
    return value


def or_skip(value: ValueT | None) -> ValueT:
    """The result of an earlier task.

    Raises:
        AirflowSkipException: there is none, or it is empty; the task that failed says why.
    """
    if not value:
        raise AirflowSkipException(_NO_RESULT)
    return value


def as_list(results: Sequence[ResultT] | ResultT | None) -> list[ResultT]:
    """The results of mapped tasks.

    Airflow passes None where no task succeeded, and the bare result where exactly one did.
    """
    if results is None:
        return []
    return [results] if isinstance(results, Mapping) else list(results)


def skip_in_dry_run() -> None:
    """Skip the current task in a run whose form says that nothing is asked or published.

    Raises:
        AirflowSkipException: this is such a run.
    """
    if get_current_context()["params"]["dry_run"]:
        raise AirflowSkipException("dry run: the forecast is in the log of `gather`; nothing is asked or published")
