"""Bodies are right JSON whatever the text holds, and a refused parameter is not sent again."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.endpoints.dialect import BodyWriter, Dialect, ReplyFormat, after_refusal
from semtel_ops.endpoints.model import ChatRequest, Message, RequestFrame
from semtel_ops.errors import EndpointError, EndpointErrorKind

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


def refused(*params: str, kind: EndpointErrorKind = EndpointErrorKind.UNSUPPORTED) -> EndpointError:
    return EndpointError("no", kind=kind, status=400, params=params)


def test_formats_fall_from_schema_over_an_object_with_the_schema_to_text() -> None:
    dialect: Dialect | None = Dialect()
    seen = []
    while dialect is not None:
        body = json.loads(BodyWriter("m", dialect).write(ChatRequest(FRAME, "t")))
        seen.append(body.get("response_format"))
        dialect = after_refusal(dialect, refused("response_format"))
    assert [form and form["type"] for form in seen] == ["json_schema", "json_object", "json_object", None]
    assert [form and form.get("schema") for form in seen] == [None, {"type": "object"}, None, None]


@pytest.mark.parametrize(
    ("param", "dialect"),
    [
        ("max_tokens", Dialect(max_tokens_name="max_completion_tokens")),
        ("max_completion_tokens", Dialect(max_tokens_name="max_completion_tokens")),  # required, not refused
        ("temperature", Dialect(temperature=False)),
        ("seed", Dialect(seed=False)),
    ],
)
def test_only_what_is_named_changes(param: str, dialect: Dialect) -> None:
    assert after_refusal(Dialect(), refused(param)) == dialect


def test_all_that_is_named_changes_at_once() -> None:
    assert after_refusal(Dialect(), refused("seed", "response_format")) == Dialect(ReplyFormat.JSON_OBJECT_SCHEMA, seed=False)


def test_what_is_not_accepted_is_not_sent() -> None:
    frame = replace(FRAME, temperature=0.0, seed=7)
    bodies = [
        json.loads(BodyWriter("m", dialect).write(ChatRequest(frame, "t")))
        for dialect in (Dialect(), Dialect(temperature=False), Dialect(seed=False), Dialect(temperature=False, seed=False))
    ]
    assert [sorted({"temperature", "seed"} & set(body)) for body in bodies] == [
        ["seed", "temperature"],
        ["seed"],
        ["temperature"],
        [],
    ]


def test_the_name_of_max_tokens_changes_both_ways() -> None:
    renamed = Dialect(max_tokens_name="max_completion_tokens")
    assert after_refusal(renamed, refused("max_completion_tokens")) == Dialect()


@pytest.mark.parametrize("kind", [kind for kind in EndpointErrorKind if kind is not EndpointErrorKind.UNSUPPORTED])
def test_other_refusals_change_nothing(kind: EndpointErrorKind) -> None:
    assert after_refusal(Dialect(), refused("response_format", kind=kind)) is None


def test_a_refusal_without_another_form_changes_nothing() -> None:
    assert after_refusal(Dialect(), refused()) is None
    assert after_refusal(Dialect(), refused("service_tier")) is None
    assert after_refusal(Dialect(reply_format=ReplyFormat.TEXT), refused("response_format")) is None
    assert after_refusal(Dialect(seed=False), refused("seed")) is None


def test_two_lessons_are_kept_together() -> None:
    formats, names = (
        Dialect(ReplyFormat.JSON_OBJECT, seed=False),
        Dialect(max_tokens_name="max_completion_tokens", temperature=False),
    )
    both = Dialect(ReplyFormat.JSON_OBJECT, "max_completion_tokens", temperature=False, seed=False)
    assert formats.joined(names) == names.joined(formats) == both
    assert str(both) == "reply format json_object, max_completion_tokens, no temperature, no seed"


def test_no_dialect_is_in_the_key_of_a_request() -> None:
    request = ChatRequest(FRAME, "t")
    keys = set()
    for dialect in (Dialect(), Dialect(ReplyFormat.TEXT, "max_completion_tokens", temperature=False, seed=False)):
        BodyWriter("m", dialect).write(request)
        keys.add(request.key("m"))
    assert len(keys) == 1


def test_a_frame_is_told_from_another_even_when_it_reuses_its_memory() -> None:
    writer = BodyWriter("m", Dialect())
    for number in range(50):
        frame = RequestFrame((Message("system", str(number)),), "s", None, 5)
        assert json.loads(writer.write(ChatRequest(frame, "t")))["messages"][0]["content"] == str(number)


INSTRUCTION = Message("system", 'Say “yes”\n or "no".')


@pytest.mark.parametrize(
    ("messages", "sent"),
    [
        ((INSTRUCTION,), [("user", 'Say “yes”\n or "no".\n\na "text"')]),
        (
            (INSTRUCTION, Message("user", "?"), Message("assistant", "yes")),
            [("user", 'Say “yes”\n or "no".\n\n?'), ("assistant", "yes"), ("user", 'a "text"')],
        ),
        ((), [("user", 'a "text"')]),
    ],
    ids=["alone", "with-an-example", "none"],
)
def test_without_a_system_role_the_first_user_message_begins_with_the_instruction(
    messages: tuple[Message, ...], sent: list[tuple[str, str]]
) -> None:
    dialect = after_refusal(Dialect(), refused("system_role"))
    assert dialect == Dialect(system_role=False)
    body = json.loads(BodyWriter("m", dialect).write(ChatRequest(replace(FRAME, messages=messages), 'a "text"')))
    assert [(message["role"], message["content"]) for message in body["messages"]] == sent
