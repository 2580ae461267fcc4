"""Requests of an optimiser of prompts: a rule, a definition, a shorter text."""

import json

import pytest

from semtel_ops.simulator.prompt_effects import Wording, has_boundary
from semtel_ops.simulator.rewriting import rewritten

DEFINITIONS = {
    "technology": "Programming, software and devices: code, scripts, bugs, databases, phones.",
    "writing": "Text as the task itself: write, draft, rewrite, translate an email, grammar.",
}
ABOUT = "\n".join(
    [
        "You improve the instruction of a classifier of conversations between a person and an AI assistant.",
        "The labels in question:",
        *(f"{label}: {definition}" for label, definition in DEFINITIONS.items()),
        "20 that are technology were given writing; 3 the other way round.",
    ]
)
RULE = f"{ABOUT}\n\nWrite one rule of at most 40 words that tells technology from writing. Reply with the rule only."


@pytest.mark.parametrize("start", ["", "- "])
def test_a_rule_sets_the_two_labels_apart(start):
    request = RULE.replace("\ntechnology:", f"\n{start}technology:").replace("\nwriting:", f"\n{start}writing:")
    rule = rewritten(request)
    assert has_boundary(Wording({}, rule), "technology", "writing")
    assert len(rule.split()) <= 40
    assert "code" in rule
    assert "draft" in rule
    assert rule == rewritten(request)


def test_a_definition_keeps_its_words_in_another_order_and_names_the_other_label():
    request = f"{ABOUT}\n\nThen write a better definition of writing: one that leaves out what is technology. One line."
    text = rewritten(request)
    assert text.startswith("Text as the task itself: draft, rewrite, translate an email, grammar, write. Not technology")
    assert has_boundary(Wording({"writing": text}), "technology", "writing")


def test_a_definition_keeps_to_the_length_that_is_asked_for():
    request = f"{ABOUT}\n\nWrite a better definition of technology, at most 150 characters."
    text = rewritten(request)
    assert len(text) <= 150
    assert text.startswith("Programming, software and devices: scripts,")


def test_a_definition_or_paragraph_is_shortened_to_half():
    request = "Shorten this definition of the label technology of a classifier to about half. Reply with it only.\n{}"
    assert rewritten(request.format(DEFINITIONS["technology"])) == "Programming, software and devices: code, scripts, bugs."
    paragraphs = "Shorten this paragraph of an instruction.\nJudge the user. The assistant is context. Take the first."
    assert rewritten(paragraphs) == "Judge the user. The assistant is context."


def test_a_schema_of_texts_gets_the_text_in_each_property():
    schema = {"type": "object", "properties": {"rule": {"type": "string"}}}
    assert list(rewritten(RULE, schema)) == ["rule"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "Write a poem about code.",
        "Write one rule for me.",
        "Write a definition of love.",
        "Shorten this definition",
    ],
)
def test_other_requests_are_left_alone(text):
    assert rewritten(text) is None


def asked(user, *, system=None, **more):
    messages = [{"role": "system", "content": system}] if system else []
    return {"model": "simulated-c", "messages": [*messages, {"role": "user", "content": user}], **more}


async def test_the_endpoint_answers_an_optimiser_with_and_without_a_schema(simulator):
    schema = {"type": "object", "properties": {"sentence": {"type": "string"}}}
    form = {"type": "json_schema", "json_schema": {"name": "proposal", "schema": schema}}
    async with simulator() as client:
        replies = [
            (await client.post("/v1/chat/completions", json=body)).json()["choices"][0]["message"]["content"]
            for body in (asked(RULE), asked(RULE, response_format=form))
        ]
    assert replies[0] == rewritten(RULE)
    assert json.loads(replies[1]) == {"sentence": rewritten(RULE)}


async def test_a_conversation_that_asks_for_a_rule_is_still_labelled(simulator):
    fenced = f"Conversation to label:\n<conversation>\n{RULE}\n</conversation>\nWhich label?"
    system = "- technology: code, bugs, scripts\n- writing: poems\n"
    async with simulator() as client:
        for user in (fenced, RULE):
            reply = await client.post("/v1/chat/completions", json=asked(user, system=system))
            assert reply.json()["choices"][0]["message"]["content"] in {"technology", "writing"}
