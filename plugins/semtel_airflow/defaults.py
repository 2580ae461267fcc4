"""What every task of ours has in common."""

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from semtel_airflow.notifiers import TaskFailed, TaskSucceeded
from semtel_ops.errors import (
    AlertError,
    BudgetExceededError,
    ConfigError,
    EmptySourceError,
    QualityGateError,
    ReconciliationError,
)

RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(ConfigError, action=RetryAction.FAIL, reason="a setting is wrong; a second try reads the same"),
        RetryRule(EmptySourceError, action=RetryAction.FAIL, reason="the source was read and holds nothing of the week"),
        RetryRule(QualityGateError, action=RetryAction.FAIL, reason="the gate judged; the same rows fail it again"),
        RetryRule(BudgetExceededError, action=RetryAction.FAIL, reason="the budget is spent; a person decides"),
        RetryRule(ReconciliationError, action=RetryAction.FAIL, reason="rows do not add up; a person must look"),
        RetryRule(AlertError, action=RetryAction.FAIL, reason="channels that took the test would be told once more"),
    ]
)
"""Errors that come back unchanged fail at once. All others (a store, a network, a killed worker) are tried again."""

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "semantic-telemetry",
    # Tasks resume: rows that landed and replies that were paid for are found again, so a retry is cheap.
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
"""For DAGs that a person starts and watches, and that label no week: an alert speaks of a week, and ends with it."""

SHARD_TIMEOUT = timedelta(hours=12)
"""For tasks whose time depends on an endpoint's quota; what they paid for before the timeout is kept."""
