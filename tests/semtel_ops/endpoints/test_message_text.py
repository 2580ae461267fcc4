"""Content is text in many forms; reasoning is not part of it, and a refusal is one wherever it stands."""

from typing import Any

import pytest

from semtel_ops.endpoints.message_text import MessageText, message_text

JSON = '{"label":"yes"}'

TEXTS = {
    "NousResearch/hermes-agent#4748": [
        {"type": "thinking", "thinking": [{"type": "text", "text": "no"}]},
        {"type": "text", "text": JSON},
    ],
    "infiniflow/ragflow#14805": [{"type": "reasoning", "text": "no"}, {"type": "output_text", "text": JSON}],
    "spring-projects/spring-ai#5019": [{"type": "text", "text": JSON[:5]}, {"type": "text", "text": JSON[5:]}],
    "redacted": [{"type": "redacted_thinking", "data": "abc"}, {"type": "text", "text": JSON}],
    "Gemini": {"parts": [{"text": "no", "thought": True}, {"text": JSON}], "role": "model"},
    "a thought after the text": [{"type": "text", "text": JSON}, {"type": "thinking", "thinking": "no?"}],
    "Assistants": [{"type": "text", "text": {"value": JSON, "annotations": []}}],
    "texts": [JSON],
    "one part": {"type": "text", "text": JSON},
    "without types": [{"text": JSON}],
    "nested": [{"type": "message", "content": [{"type": "output_text", "text": JSON}]}],
    "parsed by the server": {"label": "yes"},
    "an image beside it": [{"type": "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": JSON}],
    "null parts": [None, {"type": "text", "text": None}, {"type": "text", "text": JSON}],
}


@pytest.mark.parametrize("content", TEXTS.values(), ids=TEXTS)
def test_the_text_of_all_parts_that_are_text(content: Any) -> None:
    assert message_text({"content": content}) == MessageText(JSON, refused=False)


@pytest.mark.parametrize(("content", "text"), [(7, "7"), (True, "true"), (0.5, "0.5"), (["a", "b"], "ab"), ({}, "")])
def test_bare_values_are_their_text(content: Any, text: str) -> None:
    assert message_text({"content": content}).text == text


@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "refusal": "I can't help."},
        {"content": [{"type": "refusal", "refusal": "I can't help."}]},
        {"content": [{"type": "thinking", "thinking": "hm"}, {"type": "refusal", "refusal": "No."}]},
    ],
)
def test_a_refusal_is_one_as_a_field_and_as_a_part(message: dict[str, Any]) -> None:
    assert message_text(message).refused


REASONING = {
    "vllm-project/vllm#17349": {"content": None, "reasoning_content": JSON},
    "vllm-project/vllm#19839": {"content": "", "reasoning": JSON},
    "sgl-project/sglang#37645": {"content": " \n", "reasoning_content": JSON},
    "OpenRouter": {"content": None, "reasoning_details": [{"type": "reasoning.text", "text": JSON}]},
    "Ollama": {"content": "", "thinking": JSON},
    "parts": {"content": [{"type": "thinking", "thinking": JSON}]},
}


@pytest.mark.parametrize("message", REASONING.values(), ids=REASONING)
def test_reasoning_without_an_answer_is_marked_as_reasoning(message: dict[str, Any]) -> None:
    assert message_text(message).text == f"<think>{JSON}</think>"


def test_reasoning_beside_an_answer_is_left_out() -> None:
    assert message_text({"content": "yes", "reasoning_content": "no?", "reasoning": "no?"}).text == "yes"


def test_reasoning_is_kept_up_to_a_length() -> None:
    assert len(message_text({"content": None, "reasoning": "x" * 1_000_000}).text) < 10_000


def call(arguments: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "answer", "arguments": arguments}}


@pytest.mark.parametrize("calls", [[call(JSON)], [call({"label": "yes"})]])
def test_the_arguments_of_the_only_call_are_the_answer(calls: list[Any]) -> None:
    """Requests offer no functions: gateways answer a schema with a call."""
    assert message_text({"content": None, "tool_calls": calls}).text == JSON


@pytest.mark.parametrize("calls", [[call(JSON), call(JSON)], [call(None)], [None], "x", [{}]])
def test_several_calls_or_strange_ones_are_no_answer(calls: Any) -> None:
    assert message_text({"content": None, "tool_calls": calls}).text == ""
    assert message_text({"content": "yes", "tool_calls": calls}).text == "yes"


def test_parts_inside_parts_end_somewhere() -> None:
    content: Any = "deep"
    for _ in range(500):
        content = [content]
    assert message_text({"content": content}).text == ""
