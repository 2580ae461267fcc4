"""The words that providers have for the state of a batch job, as data.

Under way is what no word contradicts: a job in a state that is not in the table exists and is billed, so it is waited for and
never submitted again.
"""

import re
from collections.abc import Mapping
from typing import Any

from semtel_ops.endpoints.batch_client import RemoteStatus

STATES: Mapping[RemoteStatus, tuple[str, ...]] = {
    RemoteStatus.VALIDATING: (
        "validating",
        "queued",  # Mistral; deltallm (deltawi/deltallm#153); Gemini
        "pending",  # Gemini; SAP AI Core (SAP/ai-sdk#464)
        "submitted",  # Bedrock
        "scheduled",  # Bedrock
        "created",  # BerriAI/litellm#41749
        "preparing_input",  # SAP AI Core
    ),
    RemoteStatus.IN_PROGRESS: (
        "in_progress",  # OpenAI; Anthropic; as InProgress in Bedrock
        "running",  # Mistral; Gemini; SAP AI Core
        "processing",  # BerriAI/litellm#41749
        "updating",  # Gemini
    ),
    RemoteStatus.FINALIZING: ("finalizing",),
    RemoteStatus.CANCELLING: (
        "cancelling",
        "canceling",  # Anthropic
        "cancellation_requested",  # Mistral
        "stopping",  # Bedrock
    ),
    RemoteStatus.COMPLETED: (
        "completed",
        "complete",
        "success",  # Mistral
        "succeeded",  # Gemini
        "partially_succeeded",  # Gemini
        "partially_completed",  # as PartiallyCompleted in Bedrock
        "ended",  # Anthropic
        "completed_with_errors",
        "succeed",
        "done",
        "finished",
    ),
    RemoteStatus.FAILED: ("failed", "failure", "error", "errored", "rejected", "validation_failed"),
    RemoteStatus.EXPIRED: (
        "expired",
        "timeout_exceeded",  # Mistral
        "timed_out",
    ),
    RemoteStatus.CANCELLED: (
        "cancelled",
        "canceled",
        "stopped",  # Bedrock
        "aborted",
        "terminated",
        "killed",
        "deleted",
    ),
}
"""State → words for it, without case, spaces and the prefix of an enumeration.

Sources: openai SDK, types/batch.py; mistral-openapi-client, BatchJobStatus; Anthropic, `processing_status` of message batches;
google-genai, JobState; Amazon Bedrock, `status` of GetModelInvocationJob; Together writes OpenAI's words in upper
case (docs.together.ai/docs/inference/batch/manage). Words without a source are other forms of one that has one.
"""

_BY_WORD = {word: status for status, words in STATES.items() for word in words}
_PREFIX = re.compile(r"^(?:batch_)?(?:job_)?(?:state|status)_")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MOST_CHARS = 40


def read_state(value: Any) -> tuple[RemoteStatus, str]:
    """The state that a provider's word means, and the word, cut and without control characters."""
    if isinstance(value, dict):
        value = next((value[name] for name in ("state", "status", "name", "value") if name in value), None)
    shown = "".join(char for char in str(value) if char.isprintable())[:_MOST_CHARS]
    if not isinstance(value, str):
        return RemoteStatus.UNKNOWN, shown
    word = re.sub(r"[\s-]+", "_", _CAMEL.sub("_", shown.strip())).lower()
    return _BY_WORD.get(word) or _BY_WORD.get(_PREFIX.sub("", word), RemoteStatus.UNKNOWN), shown
