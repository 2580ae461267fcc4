"""Reasoning tokens, and the refusal of parameters that a model does not support."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from semtel_ops.simulator.bodies import Refused
from semtel_ops.simulator.defects import Answer, truncate
from semtel_ops.simulator.model_config import ModelConfig, ReasoningConfig
from semtel_ops.simulator.stemming import hash_to_unit


def check_parameters(own: ModelConfig, body: Mapping[str, Any]) -> None:
    """Check the parameters of a request to a model.

    Raises:
        Refused: the model does not support a parameter, or its value; in OpenAI's words.
    """
    for name in own.refuses:
        value = body.get(name)
        if value is None or (name in {"temperature", "top_p"} and value == 1):
            continue
        if name in {"temperature", "top_p"}:
            message = (
                f"Unsupported value: '{name}' does not support {str(value)[:20]} with this model."
                " Only the default (1) value is supported."
            )
            raise Refused(400, message, code="unsupported_value", param=name)
        advice = " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
        message = f"Unsupported parameter: '{name}' is not supported with this model.{advice}"
        raise Refused(400, message, code="unsupported_parameter", param=name)
    effort = body.get("reasoning_effort")
    if own.reasoning is not None and effort is not None and not (isinstance(effort, str) and effort in own.reasoning.tokens):
        message = (
            f"Unsupported value: 'reasoning_effort' does not support '{str(effort)[:20]}' with this model."
            f" Supported values are: {_listed(list(own.reasoning.tokens))}."
        )
        raise Refused(400, message, code="unsupported_value", param="reasoning_effort")


def _listed(names: list[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])}, and {quoted[-1]}"


def reasoning_tokens(config: ReasoningConfig, effort: str, *, draw_key: tuple[object, ...]) -> int:
    """Tokens that a request's reasoning takes: the mean of its effort, give or take `spread`, the same for the same request."""
    factor = 1 + config.spread * (2 * hash_to_unit((*draw_key, "reasoning")) - 1)
    return round(config.tokens.get(effort, 0) * factor)


def after_reasoning(answer: Answer, tokens: int, max_tokens: int | None) -> Answer:
    """The answer with its reasoning tokens. They count against `max_tokens`: where they reach it, no text is left."""
    if max_tokens is None:
        return replace(answer, reasoning_tokens=tokens)
    if tokens >= max_tokens:
        return Answer("", finish_reason="length", reasoning_tokens=max_tokens)
    return replace(truncate(answer, max_tokens - tokens), reasoning_tokens=tokens)
