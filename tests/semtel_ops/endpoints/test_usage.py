"""A count is what a model can take; everything else is no count, and our own count takes its place."""

import math
from typing import Any

import pytest

from semtel_ops.endpoints.completion import parse_completion
from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint, Message, RequestFrame
from semtel_ops.endpoints.usage import MAX_TOKENS, Usage, prompt_tokens, read_usage, with_estimate

REQUEST = ChatRequest(RequestFrame((Message("system", "Judge this."),), "a", {"type": "object"}, 10), "word " * 100)

COUNTED = {
    "OpenAI": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
    "Anthropic": {"input_tokens": 12, "output_tokens": 3},
    "Gemini": {"promptTokenCount": 12, "candidatesTokenCount": 3},
    "Ollama": {"prompt_eval_count": 12, "eval_count": 3},
    "Bedrock": {"inputTokens": 12, "outputTokens": 3, "totalTokens": 15},
    "floats": {"prompt_tokens": 12.0, "completion_tokens": 3.0},
    "text": {"prompt_tokens": "12", "completion_tokens": "3"},
    "total and output": {"completion_tokens": 3, "total_tokens": 15},
    "total and input": {"prompt_tokens": 12, "total_tokens": 15},
    "null output": {"prompt_tokens": 12, "completion_tokens": None, "total_tokens": 15},
}


@pytest.mark.parametrize("usage", COUNTED.values(), ids=COUNTED)
def test_counts_are_read_under_the_names_of_every_api(usage: dict[str, Any]) -> None:
    assert read_usage(usage) == Usage(12, 3)


@pytest.mark.parametrize(
    "count",
    [None, -1, 2**64 - 5, 10**30, MAX_TOKENS + 1, 1.5, math.nan, math.inf, 1e300, "many", "-1", "1" * 50, True, [], {}, 0],
    ids=str,
)
def test_what_no_model_can_take_is_no_count(count: Any) -> None:
    """64bit/async-openai#404, HELPMEEADICE/BANDORI-PET-REV#295 (2^64 - 5 tokens)."""
    assert read_usage({"prompt_tokens": count, "completion_tokens": 3}) == Usage(None, 3)


MISSING = {
    "maximhq/bifrost#5425": {"prompt_tokens": None, "completion_tokens": None, "total_tokens": 0},
    "microsoft/autogen#2292": None,
    "64bit/async-openai#404": {"prompt_tokens": 2**64 - 5, "completion_tokens": 2**64 - 1},
    "zeros of a gateway": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    "only a total": {"total_tokens": 15},
    "a text": "12",
    "a list": [12, 3],
}


@pytest.mark.parametrize("usage", MISSING.values(), ids=MISSING)
def test_a_reply_without_plausible_counts_has_ours_and_says_so(usage: Any) -> None:
    body = {"choices": [{"message": {"content": "a b c"}}], "usage": usage}
    reply = parse_completion(body, Endpoint("e", "openai", "http://x/v1", "m"))
    assert isinstance(reply, ChatReply)
    assert reply.usage_estimated
    assert reply.input_tokens == 0
    counted = with_estimate(reply, REQUEST)
    assert counted.usage_estimated
    assert counted.input_tokens == prompt_tokens(REQUEST)
    assert counted.output_tokens == 3


def test_counts_beside_the_choices_and_in_a_choice_are_found() -> None:
    assert read_usage(None, {"prompt_tokens": 12, "completion_tokens": 3}) == Usage(12, 3)
    assert read_usage({}, "x", {"prompt_eval_count": 12, "eval_count": 3, "message": {}}) == Usage(12, 3)


def test_our_count_of_a_prompt_includes_schema_frame_and_follow_up() -> None:
    longer = ChatRequest(REQUEST.frame, REQUEST.text, (Message("assistant", "word " * 50),))
    assert 100 < prompt_tokens(REQUEST) < 140
    assert prompt_tokens(longer) >= prompt_tokens(REQUEST) + 50


def test_a_known_input_keeps_its_count_where_only_the_output_is_estimated() -> None:
    body = {"choices": [{"message": {"content": "a b"}}], "usage": {"prompt_tokens": 7, "completion_tokens": -1}}
    reply = parse_completion(body, Endpoint("e", "openai", "http://x/v1", "m"))
    assert isinstance(reply, ChatReply)
    counted = with_estimate(reply, REQUEST)
    assert (counted.input_tokens, counted.output_tokens, counted.usage_estimated) == (7, 2, True)


THOUGHT = {
    "OpenAI": {"prompt_tokens": 12, "completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 6}},
    "OpenAI Responses": {"input_tokens": 12, "output_tokens": 9, "output_tokens_details": {"reasoning_tokens": 6}},
    "Gemini": {"promptTokenCount": 12, "candidatesTokenCount": 3, "thoughtsTokenCount": 6, "totalTokenCount": 21},
    "xAI": {
        "prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 21, "completion_tokens_details": {"reasoning_tokens": 6},
    },
}  # fmt: skip


@pytest.mark.parametrize("usage", THOUGHT.values(), ids=THOUGHT)
def test_thoughts_are_part_of_the_output_wherever_they_are_counted(usage: dict[str, Any]) -> None:
    assert read_usage(usage) == Usage(12, 9, 6)


@pytest.mark.parametrize(
    ("details", "thoughts"),
    [
        (None, None),
        ({}, None),
        ([], None),
        ({"reasoning_tokens": -1}, None),
        ({"reasoning_tokens": 0}, 0),
        ({"reasoning_tokens": 50}, 9),
    ],
    ids=str,
)
def test_thoughts_are_no_more_than_the_output(details: Any, thoughts: int | None) -> None:
    usage = {"prompt_tokens": 12, "completion_tokens": 9, "completion_tokens_details": details}
    assert read_usage(usage) == Usage(12, 9, thoughts)


def test_a_reply_says_how_much_of_it_was_thought() -> None:
    data = {
        "choices": [{"message": {"content": "x"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 6}},
    }
    reply = parse_completion(data, Endpoint("east", "openai", "http://x", "m"))
    assert isinstance(reply, ChatReply)
    assert (reply.output_tokens, reply.reasoning_tokens) == (9, 6)
