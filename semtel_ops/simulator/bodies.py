"""JSON bodies of replies in the form of OpenAI and Azure, with the fields that a client reads."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from semtel_ops.simulator.defects import Answer
from semtel_ops.simulator.lexical_labels import NOTICE
from semtel_ops.simulator.quota import Verdict


class Refused(Exception):  # noqa: N818
    """A request that gets an error reply. Raised anywhere in a handler, and turned into the reply in one place."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        kind: str = "invalid_request_error",
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = error_body(message, code=code, kind=kind, param=param)
        self.headers = dict(headers or {})


def json_reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(value), status, headers, media_type="application/json")


def error_body(message: str, *, code: str | None, kind: str, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def chat_body(
    *,
    request_id: str,
    created: int,
    model: str,
    answer: Answer,
    input_tokens: int,
    output_tokens: int,
    tier: str = "default",
    fingerprint: str = NOTICE,
) -> dict[str, Any]:
    """A chat completion of the model that was served; `system_fingerprint` says that it is simulated."""
    message = {"role": "assistant", "content": answer.text, "refusal": answer.refusal}
    usage: dict[str, Any] = {
        "prompt_tokens": input_tokens,
        "completion_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
    }
    if answer.reasoning_tokens is not None:
        usage["completion_tokens_details"] = {"reasoning_tokens": answer.reasoning_tokens}
    return {
        "id": f"chatcmpl-{request_id}",
        "object": "chat.completion",
        "created": created,
        "model": model,
        "service_tier": tier,
        "system_fingerprint": fingerprint,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": answer.finish_reason}],
        "usage": usage,
    }


def quota_refusal(verdict: Verdict, *, style: str, model: str, requested: int, headers: Mapping[str, str]) -> Refused:
    """The 429 reply of an exceeded quota, with the provider's message."""
    window = verdict.tokens if verdict.refused_by == "tokens" else verdict.requests
    assert window is not None
    wait_s = verdict.retry_after_s
    if style == "azure":
        what = "token" if verdict.refused_by == "tokens" else "call"
        wait = f"Please retry after {max(1, round(wait_s))} seconds." if wait_s is not None else "Reduce max_tokens."
        message = (
            "Requests to the ChatCompletions_Create Operation under Azure OpenAI API have exceeded"
            f" {what} rate limit of your current OpenAI S0 pricing tier. {wait}"
        )
        return Refused(429, message, code="429", kind="rate_limit", headers=headers)
    unit = "tokens per min (TPM)" if verdict.refused_by == "tokens" else "requests per min (RPM)"
    amount = requested if verdict.refused_by == "tokens" else 1
    if wait_s is None:
        message = f"Request too large for {model} on {unit}: Limit {window.limit}, Requested {amount}."
    else:
        message = (
            f"Rate limit reached for {model} on {unit}: Limit {window.limit}, Used {window.limit - window.remaining},"
            f" Requested {amount}. Please try again in {wait_s:.3f}s."
        )
    return Refused(429, message, code="rate_limit_exceeded", kind=verdict.refused_by or "tokens", headers=headers)


def content_filtered() -> Refused:
    """The 400 reply to a prompt that the content filter rejects, with Azure's message."""
    return Refused(
        400,
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        code="content_filter",
        param="prompt",
    )
