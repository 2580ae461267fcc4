"""Reads the JSON of a chat completion as a reply."""

from typing import Any

from semtel_ops.endpoints.flex import FLEX
from semtel_ops.endpoints.model import ChatReply, Endpoint, FinishReason, Lane, RateLimits

_FINISH = {reason.value: reason for reason in FinishReason}


def parse_completion(
    data: Any,
    endpoint: Endpoint,
    *,
    lane: Lane | None = None,
    latency_s: float = 0.0,
    rate_limits: RateLimits | None = None,
) -> ChatReply | None:
    """Parse the JSON of a chat completion; None if it is not a chat completion.

    Args:
        lane: by whose price the reply is billed. None: by the tier that the reply names, or else the tier that was requested.
    """
    try:
        choice = data["choices"][0]
        message = choice["message"]
        content, refusal = message.get("content"), message.get("refusal")
        finish, usage = choice.get("finish_reason"), data.get("usage") or {}
        if lane is None:
            lane = Lane.FLEX if (data.get("service_tier") or endpoint.service_tier) == FLEX else Lane.REALTIME
        return ChatReply(
            text=content if isinstance(content, str) else "",
            finish_reason=FinishReason.REFUSAL if refusal else _finish_reason(finish),
            model=str(data.get("model") or endpoint.model),
            input_tokens=_count(usage.get("prompt_tokens")),
            output_tokens=_count(usage.get("completion_tokens")),
            latency_s=latency_s,
            rate_limits=rate_limits,
            lane=lane,
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        return None


def _finish_reason(value: Any) -> FinishReason:
    return _FINISH.get(value, FinishReason.OTHER) if isinstance(value, str) else FinishReason.OTHER


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
