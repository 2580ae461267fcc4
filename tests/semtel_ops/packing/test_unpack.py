"""A shared reply, however mangled, gives each member at most one labelling, and never another's."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.classifiers import Kind, Label, MatchedBy, Problem
from semtel_ops.classifiers.spec import ClassifierSpec
from semtel_ops.classifiers.thoughts import without_thoughts
from semtel_ops.packing import Member, PreparedConversation
from semtel_ops.packing.unpack import read_members
from semtel_ops.prompts import RenderedPrompt

KEYS = ("c01", "c02", "c03", "c04")


def make_spec(name: str, kind: Kind, *labels: str) -> ClassifierSpec:
    found = tuple(Label(label, label.title(), f"About {label}.", group="sat") for label in labels)
    return ClassifierSpec(name, name.title(), "", "1.0.0", "", kind, found, RenderedPrompt("Judge.", (), "", ""), 40)


# Each conversation has a label of its own, and so has each classifier: an answer says whose it is.
TOPIC = make_spec("topic", Kind.ONE_OF, *(f"{word}{key}" for word in ("about", "near") for key in KEYS), "other")
MOOD = make_spec("mood", Kind.SCALE, *(f"mood{key}" for key in KEYS))
SIGNS = make_spec("signs", Kind.RUBRIC, "thanks", "mood_shown")


def make_members(*specs: ClassifierSpec, keys: tuple[str, ...] = KEYS) -> list[Member]:
    return [
        Member(
            PreparedConversation(key, "00", 1.0, ()),
            spec,
            ((key,) if len(keys) > 1 else ()) + ((spec.id,) if len(specs) > 1 else ()),
        )
        for key in keys
        for spec in specs
    ]


def own(member: Member) -> str:
    return f"{'about' if member.spec is TOPIC else 'mood'}{member.key[0]}"


PACKED = make_members(TOPIC)
BOTH = make_members(TOPIC, MOOD)
WHOLE_PACKED: dict[str, Any] = {member.path[0]: {"label": own(member)} for member in PACKED}
WHOLE_BOTH: dict[str, Any] = {key: {m.spec.id: {"label": own(m)} for m in BOTH if m.path[0] == key} for key in KEYS}


def labels(members: list[Member], text: str) -> list[str | None]:
    return [labelling.label for labelling in read_members(members, text)]


def problems(members: list[Member], text: str) -> list[str | None]:
    return [labelling.problem for labelling in read_members(members, text)]


def assert_nobody_has_anothers(members: list[Member], text: str) -> None:
    read = read_members(members, text)
    assert len(read) == len(members)
    for member, labelling in zip(members, read, strict=True):
        assert labelling.label in {None, own(member)}, (member.key, labelling)
        assert (labelling.label is None) == (labelling.problem is not None)


@pytest.mark.parametrize(("members", "reply"), [(PACKED, WHOLE_PACKED), (BOTH, WHOLE_BOTH)])
def test_a_reply_as_asked_is_read_exactly(members, reply):
    read = read_members(members, json.dumps(reply))
    assert [one.label for one in read] == [own(member) for member in members]
    assert {one.matched_by for one in read} == {MatchedBy.EXACT}


def test_one_conversation_with_several_classifiers_is_keyed_by_classifier():
    members = make_members(TOPIC, MOOD, SIGNS, keys=("c01",))
    reply = {"topic": {"label": "aboutc01"}, "mood": {"label": "moodc02"}, "signs": {"thanks": 3, "mood_shown": 0}}
    read = read_members(members, json.dumps(reply))
    assert [one.label for one in read] == ["aboutc01", "moodc02", "satisfied"]
    assert read[1].score == 2.0


@pytest.mark.parametrize(
    "text",
    [
        f"Here you are:\n```json\n{json.dumps(WHOLE_PACKED)}\n```\nAnything else?",
        json.dumps({"results": WHOLE_PACKED}),
        "\n".join(json.dumps({key: value}) for key, value in WHOLE_PACKED.items()),
        json.dumps({key.upper(): value["label"] for key, value in WHOLE_PACKED.items()}),
        f"<think>c01? c02? {{}}</think>{json.dumps(WHOLE_PACKED)}",
        json.dumps(WHOLE_PACKED)[:-1] + ",}",
    ],
    ids=["prose", "wrapped", "lines", "words", "thoughts", "comma"],
)
def test_decoration_around_answers_is_taken_off_and_noted(text):
    read = read_members(PACKED, text)
    assert [one.label for one in read] == [own(member) for member in PACKED]


def test_a_missing_member_leaves_the_others():
    reply = {key: value for key, value in WHOLE_PACKED.items() if key != "c02"}
    assert problems(PACKED, json.dumps(reply)) == [None, Problem.MISSING_MEMBER, None, None]


def test_a_member_that_is_answered_twice_has_an_answer_only_if_both_agree():
    twice = (
        '{"c01": {"label": "aboutc01"}, "c01": {"label": "other"}, "c02": {"label": "aboutc02"}, "c02": {"label": "aboutc02"}}'
    )
    assert problems(PACKED, twice) == [Problem.SEVERAL_ANSWERS, None, Problem.MISSING_MEMBER, Problem.MISSING_MEMBER]


def test_unknown_keys_are_passed_over():
    assert labels(PACKED, json.dumps({**WHOLE_PACKED, "c99": {"label": "other"}})) == [own(member) for member in PACKED]


def test_lists_are_not_guessed_at():
    text = json.dumps([{"id": key, **value} for key, value in WHOLE_PACKED.items()])
    assert labels(PACKED, text) == [None] * 4
    assert labels(PACKED, json.dumps({"results": [{"label": own(member)} for member in PACKED]})) == [None] * 4


@pytest.mark.parametrize(
    "reply",
    [
        {"c01": {"c02": {"label": "aboutc02"}}},
        {"c01": {"label": "aboutc01", "c02": {"label": "aboutc02"}}},
        {"c01": [{"c02": "aboutc02"}]},
    ],
)
def test_an_answer_that_holds_anothers_key_is_not_read(reply):
    assert labels(PACKED, json.dumps(reply)) == [None] * 4


def test_an_answer_under_another_classifiers_key_is_not_read():
    assert labels(BOTH, json.dumps({"c01": {"topic": {"mood": {"label": "moodc01"}}}})) == [None] * 8


def test_classifiers_without_their_conversation_are_nobodys():
    assert labels(BOTH, json.dumps({"topic": {"c01": {"label": "aboutc01"}}})) == [None] * 8


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ('{"c01": {"label": "aboutc01"}, "c02": {"label": "about', 1),
        ('{"c01": {"label": "aboutc01"}, "c02": {"label": "other"', 1),
        ('{"c01": {"label": "aboutc01"}, "c02": "other"', 1),
        ('{"c01": {"label": "aboutc01"}, "c02": {"label": "aboutc02"}', 2),
        ('{"c01": {"label": "aboutc01"}, "c', 1),
    ],
)
def test_of_a_cut_reply_whole_answers_count_and_no_cut_one(cut, whole):
    assert [label is not None for label in labels(PACKED, cut)] == [True] * whole + [False] * (4 - whole)


def test_of_a_cut_conversation_its_whole_answers_count():
    assert labels(BOTH, '{"c01": {"topic": {"label": "aboutc01"}, "mood": {"label": "mood')[:2] == ["aboutc01", None]


@pytest.mark.parametrize("text", ["", "   ", "no idea", "{", "[]", "null", '"c01"', "{" * 5_000, '{"a":' * 5_000, "x" * 70_000])
def test_garbage_is_nobodys_answer(text):
    assert labels(PACKED, text) == [None] * 4
    assert labels(BOTH, text) == [None] * 8


WHOLE = st.sampled_from([(PACKED, WHOLE_PACKED), (BOTH, WHOLE_BOTH)])


@given(WHOLE, st.data())
def test_cut_at_any_byte_it_is_nobody_elses(whole, data):
    members, reply = whole
    text = json.dumps(reply, separators=data.draw(st.sampled_from([(",", ":"), (", ", ": ")])))
    assert_nobody_has_anothers(members, text[: data.draw(st.integers(0, len(text)))])


@given(WHOLE, st.data())
def test_keys_dropped_doubled_renamed_and_in_any_order_it_is_nobody_elses(whole, data):
    members, reply = whole

    def mangled(held: Any, depth: int) -> str:
        if depth == 0:
            return json.dumps(held)
        pairs = data.draw(st.lists(st.sampled_from(list(held.items())), max_size=2 * len(held)))
        spelled = [
            (data.draw(st.sampled_from([key, key.upper(), f" {key}", f"{key}_", f"x{key}"])), value) for key, value in pairs
        ]
        return "{" + ",".join(f"{json.dumps(key)}:{mangled(value, depth - 1)}" for key, value in spelled) + "}"

    assert_nobody_has_anothers(members, mangled(reply, len(members[0].path)))


@given(WHOLE, st.data())
def test_characters_lost_or_doubled_anywhere_it_is_nobody_elses(whole, data):
    """Braces, quotes and colons that go astray; letters of keys and labels do not, since a key may turn into another's."""
    members, reply = whole
    text = json.dumps(reply)
    marks = [at for at, letter in enumerate(text) if letter in '{}":,']
    hit = data.draw(st.sets(st.sampled_from(marks), max_size=6))
    change = data.draw(st.sampled_from(["", "2"]))
    assert_nobody_has_anothers(
        members, "".join(letter * (2 if change else 0) if at in hit else letter for at, letter in enumerate(text))
    )


@given(st.text(max_size=300))
def test_any_text_at_all_is_read_without_an_error(text):
    for members in (PACKED, BOTH):
        assert len(read_members(members, text)) == len(members)
        assert len(read_members(members, json.dumps({"c01": text, "c02": [text], "c03": {text: text}}))) == len(members)


SWAPPED = {key: {"label": f"about{KEYS[KEYS.index(key) - 1]}"} for key in KEYS}


@pytest.mark.parametrize(
    "text",
    [
        "<think>{draft}</think>{answer}",
        "perhaps {draft}?</think>\n{answer}",
        "[THINK]{draft}[/THINK]{answer}",
        "<|channel|>analysis<|message|>{draft}<|end|><|start|>assistant<|channel|>final<|message|>{answer}",
        "analysisPerhaps {draft}assistantfinal{answer}",
    ],
)
def test_members_are_read_after_the_reasoning(text):
    said = text.replace("{draft}", json.dumps(SWAPPED)).replace("{answer}", json.dumps(WHOLE_PACKED))
    assert labels(PACKED, said) == [own(member) for member in PACKED]


@pytest.mark.parametrize("text", ["<think>{draft}", "{answer}<think>{draft}", "<|channel|>analysis<|message|>{draft}"])
def test_members_inside_reasoning_that_does_not_end_have_no_answer(text):
    said = text.replace("{draft}", json.dumps(SWAPPED)).replace("{answer}", json.dumps(WHOLE_PACKED))
    assert problems(PACKED, said) == [Problem.UNFINISHED] * len(PACKED)


def test_a_mark_inside_a_members_value_is_content():
    said = {**WHOLE_PACKED, "c01": {"label": own(PACKED[0]), "reason": "asks about <think>"}}
    assert labels(PACKED, json.dumps(said)) == [own(member) for member in PACKED]
    assert labels(PACKED, f"Here:\n{json.dumps(said)}") == [own(member) for member in PACKED]


def test_of_a_cut_reply_only_an_object_at_its_beginning_counts():
    whole = json.dumps(WHOLE_PACKED)
    assert {item.problem for item in read_members(PACKED, f"So {whole} is likely", cut=True)} == {Problem.UNFINISHED}
    assert [item.label for item in read_members(PACKED, f"{whole[:-30]}", cut=True)][:2] == [
        own(member) for member in PACKED[:2]
    ]


MARKS = st.sampled_from(
    ["<think>", "</think>", "[THINK]", "<|channel|>final<|message|>", "{", "}", '"', ":", ",", "c01", "label", "aboutc01"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(MARKS | st.text(max_size=4), max_size=14).map("".join), st.booleans())
def test_no_reply_raises_and_each_label_is_spelled_outside_the_reasoning(text, cut):
    read = read_members(PACKED, text, cut=cut)
    assert len(read) == len(PACKED)
    for labelling in read:
        assert labelling.label is None or labelling.label in without_thoughts(text).text or json_is_whole(text)


def json_is_whole(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
