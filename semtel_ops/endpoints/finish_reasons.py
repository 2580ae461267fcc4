"""Why a reply ended, in the words of each provider. To support another word, add a row.

Words are compared in lower case, without punctuation and without the name of an enumeration before them, so that
`FinishReason.MAX_TOKENS`, `maxTokens` and `max_tokens` are one word.
"""

import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from semtel_ops.endpoints.model import FinishReason


class Finish(NamedTuple):
    """A word, what it means, and who says it; `reason` None: the provider failed, so there is no reply."""

    word: str
    reason: FinishReason | None
    source: str


_STOP, _LENGTH = FinishReason.STOP, FinishReason.LENGTH
_FILTER, _REFUSAL = FinishReason.CONTENT_FILTER, FinishReason.REFUSAL

FINISHES: Final = (
    Finish("stop", _STOP, "OpenAI, Gemini, Ollama"),
    Finish("end_turn", _STOP, "Anthropic"),
    Finish("stop_sequence", _STOP, "Anthropic, TGI, Cohere"),
    Finish("eos", _STOP, "Together, KoboldCpp"),
    Finish("eos_token", _STOP, "TGI"),
    Finish("complete", _STOP, "Cohere"),
    Finish("completed", _STOP, "OpenAI Responses"),
    Finish("length", _LENGTH, "OpenAI"),
    Finish("max_tokens", _LENGTH, "Anthropic, Gemini, Cohere"),
    Finish("max_output_tokens", _LENGTH, "OpenAI Responses"),
    Finish("model_length", _LENGTH, "Mistral"),
    Finish("model_context_window_exceeded", _LENGTH, "Anthropic"),
    Finish("error_limit", _LENGTH, "Cohere"),
    Finish("max_length", _LENGTH, "local servers"),
    Finish("max_new_tokens", _LENGTH, "local servers"),
    Finish("token_limit", _LENGTH, "watsonx"),
    Finish("context_length", _LENGTH, "local servers"),
    Finish("repetition_truncation", _LENGTH, "DashScope"),
    Finish("content_filter", _FILTER, "OpenAI, Azure"),
    Finish("content_filtered", _FILTER, "Bedrock"),
    Finish("guardrail_intervened", _FILTER, "Bedrock"),
    Finish("sensitive", _FILTER, "Zhipu"),
    Finish("safety", _FILTER, "Gemini"),
    Finish("recitation", _FILTER, "Gemini"),
    Finish("prohibited_content", _FILTER, "Gemini"),
    Finish("blocklist", _FILTER, "Gemini"),
    Finish("spii", _FILTER, "Gemini"),
    Finish("image_safety", _FILTER, "Gemini"),
    Finish("model_armor", _FILTER, "Vertex"),
    Finish("error_toxic", _FILTER, "Cohere"),
    Finish("moderation", _FILTER, "gateways"),
    Finish("blocked", _FILTER, "gateways"),
    Finish("flagged", _FILTER, "gateways"),
    Finish("policy_violation", _FILTER, "gateways"),
    Finish("input_guardrail_triggered", _FILTER, "Databricks"),
    Finish("output_guardrail_triggered", _FILTER, "Databricks"),
    Finish("refusal", _REFUSAL, "Anthropic"),
    Finish("refused", _REFUSAL, "gateways"),
    Finish("error", None, "OpenRouter, Mistral, Cohere"),
    Finish("server_error", None, "gateways"),
    Finish("network_error", None, "Zhipu"),
    Finish("internal_error", None, "gateways"),
    Finish("upstream_error", None, "gateways"),
    Finish("preempted", None, "vLLM"),
    Finish("interrupted", None, "gateways"),
    Finish("insufficient_system_resource", None, "DeepSeek"),
    Finish("abort", None, "vLLM, SGLang"),
    Finish("aborted", None, "vLLM, SGLang"),
    Finish("cancelled", None, "gateways"),
    Finish("canceled", None, "gateways"),
    Finish("user_cancel", None, "Cohere"),
    Finish("timeout", None, "Cohere, gateways"),
    Finish("failed", None, "OpenAI Responses"),
    Finish("malformed_response", None, "Gemini"),
    Finish("malformed_function_call", None, "Gemini"),
    Finish("unexpected_tool_call", None, "Gemini"),
)

_MEANINGS: Final = {finish.word: finish.reason for finish in FINISHES}
_ENUM = re.compile(r"^(?:finish|stop)_?reason\W?_?")
_CAMEL = re.compile("(?<=[a-z])(?=[A-Z])")
_NO_LETTERS = re.compile(r"[^a-z]+")
_MAX_WORD_CHARS = 80
_DECLINED = frozenset({FinishReason.CONTENT_FILTER, FinishReason.REFUSAL})


def finish_reason(values: Iterable[Any]) -> FinishReason | None:
    """What a reply's fields say about its end; None: the provider failed.

    A failure counts before a refusal, and a refusal before other reasons: gateways add the provider's own word to a `stop`.
    """
    meanings = [_meaning(value) for value in values if isinstance(value, str)]
    if len(meanings) == 1:
        return meanings[0]
    if None in meanings:
        return None
    known = [meaning for meaning in meanings if meaning is not FinishReason.OTHER]
    declined = [meaning for meaning in known if meaning in _DECLINED]
    return (declined or known or [FinishReason.OTHER])[0]


def _meaning(value: str) -> FinishReason | None:
    if value in _MEANINGS:
        return _MEANINGS[value]
    if len(value) > _MAX_WORD_CHARS:
        return FinishReason.OTHER
    plain = _ENUM.sub("", _CAMEL.sub("_", value.partition(":")[0].strip()).lower())
    return _MEANINGS.get(_NO_LETTERS.sub("_", plain).strip("_"), FinishReason.OTHER)
