"""Bodies are right JSON whatever the text holds, and a refused parameter is not sent again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.endpoints.dialect import BodyWriter, Dialect, ReplyFormat, after_refusal
from semtel_ops.endpoints.model import ChatRequest, Message, RequestFrame

FRAME = RequestFrame(
    messages=(Message("system", 'Say “yes” or "no".'), Message("user", "?"), Message("assistant", "yes")),
    schema_name="answer",
    schema={"type": "object"},
    max_output_tokens=20,
)


@given(text=st.text(st.characters(exclude_categories=())), after=st.lists(st.text(max_size=20), max_size=2))
def test_any_text_makes_a_body_that_says_it(text: str, after: list[str]) -> None:
    follow_up = tuple(Message("user", said) for said in after)
    body = json.loads(BodyWriter("m", Dialect()).write(ChatRequest(FRAME, text, follow_up)))
    said = [message["content"] for message in body["messages"][3:]]
    assert len(said) == 1 + len(after)
    if not any("\ud800" <= char <= "\udfff" for char in text):
        assert said[0] == text


def test_a_body_has_all_that_the_frame_asks_for() -> None:
    body = json.loads(BodyWriter("m", Dialect()).write(ChatRequest(FRAME, "text")))
    assert body["model"] == "m"
    assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "user"]
    assert body["response_format"]["json_schema"] == {"name": "answer", "strict": True, "schema": {"type": "object"}}
    assert (body["max_tokens"], body["temperature"]) == (20, 0.0)


def test_formats_fall_from_schema_to_object_to_text() -> None:
    dialect = Dialect()
    seen = []
    while dialect is not None:
        body = json.loads(BodyWriter("m", dialect).write(ChatRequest(FRAME, "t")))
        seen.append(body.get("response_format", {}).get("type"))
        dialect = after_refusal(dialect, "'response_format' of type 'json_schema' is not supported")  # type: ignore[assignment]
    assert seen == ["json_schema", "json_object", None]


def test_reasoning_models_get_the_parameters_they_name() -> None:
    dialect = after_refusal(Dialect(), "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.")
    assert dialect == Dialect(max_tokens_name="max_completion_tokens")
    dialect = after_refusal(Dialect(), "'temperature' does not support 0 with this model.")
    assert dialect == Dialect(sampling=False)
    body = json.loads(BodyWriter("m", Dialect(sampling=False)).write(ChatRequest(FRAME, "t")))
    assert "temperature" not in body


@pytest.mark.parametrize("message", ["Unknown field", "", "messages: too many"])
def test_other_refusals_change_nothing(message: str) -> None:
    assert after_refusal(Dialect(), message) is None
    assert after_refusal(Dialect(reply_format=ReplyFormat.TEXT), "response_format") is None


def test_a_frame_is_told_from_another_even_when_it_reuses_its_memory() -> None:
    writer = BodyWriter("m", Dialect())
    for number in range(50):
        frame = RequestFrame((Message("system", str(number)),), "s", None, 5)
        assert json.loads(writer.write(ChatRequest(frame, "t")))["messages"][0]["content"] == str(number)
