import pytest
from airflow.sdk import RetryAction

from semtel_airflow.defaults import DEFAULT_ARGS, RETRY_POLICY
from semtel_ops.errors import (
    AlertError,
    BudgetExceededError,
    ConfigError,
    EmptySourceError,
    EndpointError,
    EndpointErrorKind,
    PromptFileError,
    QualityGateError,
    ReconciliationError,
    SourceError,
    StoreError,
)


@pytest.mark.parametrize(
    "error",
    [
        ConfigError("week", "x", "must be a week"),
        PromptFileError("topic.prompty", 3, "unknown key"),
        EmptySourceError("nothing of the week"),
        AlertError("not taken"),
        QualityGateError("stopped"),
        BudgetExceededError("spent"),
        ReconciliationError("one row too many"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_comes_back_unchanged_fails_at_once(error):
    assert RETRY_POLICY.evaluate(error, try_number=1, max_tries=4).action is RetryAction.FAIL


@pytest.mark.parametrize(
    "error",
    [StoreError("full"), SourceError("late"), EndpointError("busy", kind=EndpointErrorKind.TIMEOUT), OSError("network")],
    ids=lambda error: type(error).__name__,
)
def test_what_may_pass_is_tried_again(error):
    assert RETRY_POLICY.evaluate(error, try_number=1, max_tries=4).action is RetryAction.DEFAULT


def test_the_policy_survives_serialization():
    copy = type(RETRY_POLICY).deserialize(RETRY_POLICY.serialize())
    assert copy.evaluate(QualityGateError("stopped"), try_number=1, max_tries=4).action is RetryAction.FAIL


def test_waits_grow():
    assert DEFAULT_ARGS["retry_delay"] < DEFAULT_ARGS["max_retry_delay"]
    assert DEFAULT_ARGS["retry_exponential_backoff"] > 1
