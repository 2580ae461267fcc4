"""Defaults that the tasks of all DAGs share: retries, callbacks, timeouts."""

from collections.abc import Callable
from datetime import timedelta
from inspect import getdoc
from typing import Any, ParamSpec, TypeVar

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, task
from airflow.sdk.bases.decorator import Task

from semtel_airflow.notifiers import TaskFailed, TaskSucceeded
from semtel_ops.errors import (
    AlertError,
    BudgetExceededError,
    ConfigError,
    EmptySourceError,
    QualityGateError,
    ReconciliationError,
)

ParamsT = ParamSpec("ParamsT")
ReturnT = TypeVar("ReturnT")

RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(ConfigError, action=RetryAction.FAIL, reason="a setting is invalid; a retry would read it again"),
        RetryRule(EmptySourceError, action=RetryAction.FAIL, reason="the source has no conversations of the week"),
        RetryRule(
            QualityGateError,
            action=RetryAction.FAIL,
            reason="the quality gate stopped the week; the same rows would fail again",
        ),
        RetryRule(BudgetExceededError, action=RetryAction.FAIL, reason="the budget is spent; a person must raise it"),
        RetryRule(
            ReconciliationError, action=RetryAction.FAIL, reason="row counts do not reconcile; a person must investigate"
        ),
        RetryRule(AlertError, action=RetryAction.FAIL, reason="channels that accepted the test would be notified twice"),
    ]
)
"""Errors that a retry cannot change fail the task at once. All others (a store, the network, a killed worker) are retried."""

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "semantic-telemetry",
    # A retry is cheap: rows that have landed and replies that were paid for are reused.
    "retries": 3,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": 3,
    "max_retry_delay": timedelta(minutes=15),
    "retry_policy": RETRY_POLICY,
    "on_failure_callback": TaskFailed(),
    "on_success_callback": TaskSucceeded(),
    "execution_timeout": timedelta(hours=1),
}

ADHOC_ARGS: dict[str, Any] = {**DEFAULT_ARGS, "on_failure_callback": None, "on_success_callback": None}
"""For DAGs that a person triggers and that label no week: an alert belongs to a week."""

SHARD_TIMEOUT = timedelta(hours=12)
"""For tasks whose duration depends on an endpoint's quota. Replies that arrived before the timeout are kept."""


def documented_task(
    *, multiple_outputs: bool = False, **arguments: Any
) -> Callable[[Callable[ParamsT, ReturnT]], Task[ParamsT, ReturnT]]:
    """`@task` for tasks that may be mapped.

    Airflow shows the docstring of a task in its UI, but not that of a mapped one. It would also store every key of a returned
    dict as an XCom of its own, which for many shards are many rows.
    """

    def decorate(function: Callable[ParamsT, ReturnT]) -> Task[ParamsT, ReturnT]:
        return task(doc_md=getdoc(function), multiple_outputs=multiple_outputs, **arguments)(function)

    return decorate
