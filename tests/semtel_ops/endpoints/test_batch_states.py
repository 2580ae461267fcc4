"""Every provider's word for an end is an end, and every other word is none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.endpoints.batch_client import RemoteStatus
from semtel_ops.endpoints.batch_states import STATES, read_state

WAITS, RUNS, CANCELS = RemoteStatus.VALIDATING, RemoteStatus.IN_PROGRESS, RemoteStatus.CANCELLING
DONE, FAILED, EXPIRED, CANCELLED = RemoteStatus.COMPLETED, RemoteStatus.FAILED, RemoteStatus.EXPIRED, RemoteStatus.CANCELLED
UNKNOWN = RemoteStatus.UNKNOWN

RECORDED = {
    "openai, types/batch.py": {
        "validating": WAITS, "failed": FAILED, "in_progress": RUNS, "finalizing": RemoteStatus.FINALIZING, "completed": DONE,
        "expired": EXPIRED, "cancelling": CANCELS, "cancelled": CANCELLED,
    },
    "mistral-openapi-client, BatchJobStatus": {
        "QUEUED": WAITS, "RUNNING": RUNS, "SUCCESS": DONE, "FAILED": FAILED, "TIMEOUT_EXCEEDED": EXPIRED,
        "CANCELLATION_REQUESTED": CANCELS, "CANCELLED": CANCELLED,
    },
    "docs.together.ai/docs/inference/batch/manage": {
        "VALIDATING": WAITS, "IN_PROGRESS": RUNS, "COMPLETED": DONE, "FAILED": FAILED, "EXPIRED": EXPIRED, "CANCELLED": CANCELLED,
    },
    "Anthropic, processing_status": {"in_progress": RUNS, "canceling": CANCELS, "ended": DONE},
    "googleapis.github.io/js-genai, JobState": {
        "JOB_STATE_QUEUED": WAITS, "JOB_STATE_PENDING": WAITS, "JOB_STATE_RUNNING": RUNS, "JOB_STATE_UPDATING": RUNS,
        "JOB_STATE_SUCCEEDED": DONE, "JOB_STATE_PARTIALLY_SUCCEEDED": DONE, "JOB_STATE_FAILED": FAILED,
        "JOB_STATE_EXPIRED": EXPIRED, "JOB_STATE_CANCELLING": CANCELS, "JOB_STATE_CANCELLED": CANCELLED,
        "JOB_STATE_PAUSED": UNKNOWN, "JOB_STATE_UNSPECIFIED": UNKNOWN, "BATCH_STATE_SUCCEEDED": DONE,
    },
    "Amazon Bedrock, ModelInvocationJobStatus": {
        "Submitted": WAITS, "Validating": WAITS, "Scheduled": WAITS, "InProgress": RUNS, "Completed": DONE,
        "PartiallyCompleted": DONE, "Failed": FAILED, "Stopping": CANCELS, "Stopped": CANCELLED, "Expired": EXPIRED,
    },
    "SAP/ai-sdk#464": {
        "PENDING": WAITS, "PREPARING_INPUT": WAITS, "RUNNING": RUNS, "COMPLETED": DONE, "FAILED": FAILED,
        "CANCELLING": CANCELS, "CANCELLED": CANCELLED,
    },
    "deltawi/deltallm#153": {"queued": WAITS},
}  # fmt: skip


@pytest.mark.parametrize(
    ("word", "status"),
    [
        pytest.param(word, status, id=f"{source}: {word}")
        for source, words in RECORDED.items()
        for word, status in words.items()
    ],
)
def test_recorded_words_are_known(word: str, status: RemoteStatus) -> None:
    assert read_state(word) == (status, word)


@pytest.mark.parametrize("value", [None, "", 7, True, [], {}, "PAUSED", "in_queue", "napping", {"phase": "done"}])
def test_any_other_value_is_under_way(value: Any) -> None:
    status, _ = read_state(value)
    assert (status, status.ended) == (UNKNOWN, False)


def test_a_state_inside_an_object_is_read() -> None:
    assert read_state({"state": "SUCCEEDED"})[0] is DONE


def test_no_word_means_two_things() -> None:
    words = [word for named in STATES.values() for word in named]
    assert len(words) == len(set(words))


@given(st.text() | st.integers() | st.none())
def test_what_is_shown_of_a_word_is_short_and_printable(value: Any) -> None:
    _, word = read_state(value)
    assert len(word) <= 40
    assert word.isprintable()
