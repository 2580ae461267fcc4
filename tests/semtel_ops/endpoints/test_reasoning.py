"""How much a model thinks: whose word counts, the room for thoughts, the key, the body, the forecast and the budget."""

import json
from dataclasses import replace

import pytest

from semtel_ops.batch.job_file import format_dialect, parse_dialect
from semtel_ops.endpoints.dialect import BodyWriter, Dialect, after_refusal
from semtel_ops.endpoints.model import AskedModel, ChatRequest, Endpoint, Message, Price, RequestFrame
from semtel_ops.endpoints.openai_lines import OpenAILines
from semtel_ops.endpoints.reasoning import HEADROOM_TOKENS, UNSET, Reasoning
from semtel_ops.endpoints.refusal import error_from_response
from semtel_ops.errors import EndpointErrorKind
from semtel_ops.realtime import Budget
from semtel_ops.words import ReasoningEffort as Effort

FRAME = RequestFrame((Message("system", "Name the topic."),), "topic", {"type": "object"}, 40)
REQUEST = ChatRequest(FRAME, "a text")
THINKING = replace(FRAME, reasoning_effort=Effort.HIGH)
ALL = Dialect()
OLD_KEY = "c55687599ec6e33b8517be118e6b2348"


def body_of(frame: RequestFrame, reasoning: Reasoning = UNSET, dialect: Dialect = ALL) -> dict[str, object]:
    body: dict[str, object] = json.loads(BodyWriter("m", dialect, reasoning=reasoning).write(ChatRequest(frame, "t")))
    return body


def test_every_effort_has_a_headroom_and_more_effort_has_more() -> None:
    assert list(HEADROOM_TOKENS) == list(Effort)
    assert list(HEADROOM_TOKENS.values()) == sorted(set(HEADROOM_TOKENS.values()))


def test_without_an_effort_nothing_is_sent_and_the_bound_is_that_of_the_answer() -> None:
    body = body_of(FRAME)
    assert "reasoning_effort" not in body
    assert body["max_tokens"] == 40


def test_the_prompt_counts_before_the_endpoint() -> None:
    low = Reasoning(Effort.LOW)
    assert body_of(FRAME, low)["reasoning_effort"] == "low"
    assert body_of(THINKING, low)["reasoning_effort"] == "high"


def test_the_bound_has_room_for_thoughts_unless_there_are_none() -> None:
    assert body_of(FRAME, Reasoning(Effort.LOW))["max_tokens"] == 40 + 2_048
    assert body_of(FRAME, Reasoning(Effort.LOW, ((Effort.LOW, 300),)))["max_tokens"] == 340
    assert body_of(FRAME, Reasoning(Effort.NONE))["max_tokens"] == 40


def test_keys_of_requests_without_an_effort_are_those_of_earlier_versions() -> None:
    # Computed by the version before there was an effort: replies stored under it stay valid.
    assert REQUEST.key("m") == OLD_KEY
    assert REQUEST.key(AskedModel("m")) == OLD_KEY


def test_the_key_depends_on_effort_and_headroom() -> None:
    asked = [
        AskedModel("m"),
        AskedModel("m", Reasoning(Effort.NONE)),
        AskedModel("m", Reasoning(Effort.LOW)),
        AskedModel("m", Reasoning(Effort.LOW, ((Effort.LOW, 1),))),
    ]
    assert len({REQUEST.key(model) for model in asked}) == 4
    assert len({ChatRequest(THINKING, "a text").key(model) for model in asked[:3]}) == 1, "the prompt's own effort counts"


REFUSALS = [
    {"error": {"message": "Unrecognized request argument supplied: reasoning_effort", "type": "invalid_request_error"}},
    {
        "error": {
            "message": "Unsupported value: 'reasoning_effort' does not support 'none' with this model. Supported values are: "
            "'minimal', 'low', 'medium', and 'high'.",
            "type": "invalid_request_error",
            "param": "reasoning_effort",
            "code": "unsupported_value",
        }
    },
    {  # Cerebras
        "message": "1 validation error for ChatCompletionServerRequest\nreasoning_effort\n Input should be 'low', 'medium' or "
        "'high' [type=enum, input_value='none', input_type=str]\n For further information visit https://errors.pydantic.dev",
        "type": "invalid_request_error",
        "param": "validation_error",
        "code": "wrong_api_format",
    },
]


@pytest.mark.parametrize("said", REFUSALS, ids=["unknown", "value", "enum"])
def test_a_server_that_refuses_the_effort_is_asked_without_it(said: dict[str, object]) -> None:
    error = error_from_response("east", 400, {}, json.dumps(said).encode())
    assert error.kind is EndpointErrorKind.UNSUPPORTED
    assert "reasoning_effort" in error.params
    dialect = after_refusal(Dialect(), error)
    assert dialect is not None
    body = body_of(FRAME, Reasoning(Effort.LOW), dialect)
    assert "reasoning_effort" not in body
    assert body["max_tokens"] == 40 + 2_048, "the model may think nevertheless"
    assert parse_dialect(format_dialect(dialect)) == dialect


def test_a_batch_line_asks_as_a_call_does() -> None:
    line = OpenAILines().writer("m", Dialect(), Reasoning(Effort.MEDIUM)).write("0" * 32, REQUEST)
    assert json.loads(line.data)["body"] == {**body_of(FRAME, Reasoning(Effort.MEDIUM)), "messages": [
        {"role": "system", "content": "Name the topic."}, {"role": "user", "content": "a text"},
    ]}  # fmt: skip


def test_a_budget_reserves_what_thoughts_can_cost() -> None:
    def ceiling(reasoning: Reasoning) -> float:
        endpoint = Endpoint("east", "openai", "http://x", "m", price=Price(0.0, 1.0), reasoning=reasoning)
        return Budget(1.0, (endpoint,)).ceiling_usd(REQUEST)

    # A dollar for a million tokens of output, and none for input: 40 and 40 + 2,048 tokens.
    assert ceiling(UNSET) == pytest.approx(40e-6)
    assert ceiling(Reasoning(Effort.LOW)) == pytest.approx(2_088e-6)
