import json
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.classifiers import Kind, Labelling, MatchedBy, Problem, read_answer, read_reply


@pytest.mark.parametrize(
    ("text", "label", "how"),
    [
        ('{"label": "create"}', "create", MatchedBy.EXACT),
        ('{"label":"create","why":"a poem"}', "create", MatchedBy.EXACT),
        ('{"label": " Create."}', "create", MatchedBy.NORMALISED),
        ('{"label": ["create"]}', "create", MatchedBy.NORMALISED),
        ('{"answer": "create"}', "create", MatchedBy.NORMALISED),
        ('{"Label": "create"}', "create", MatchedBy.NORMALISED),
        ('{"depth": "create"}', "create", MatchedBy.NORMALISED),
        ('{"Depth of task": {"label": "create"}}', "create", MatchedBy.NORMALISED),
        ('{"result": {"label": "create"}}', "create", MatchedBy.NORMALISED),
        ('"create"', "create", MatchedBy.NORMALISED),
        ('["create"]', "create", MatchedBy.NORMALISED),
        ('[{"label": "create"}]', "create", MatchedBy.NORMALISED),
        ("<label>create</label>", "create", MatchedBy.NORMALISED),
        ("create", "create", MatchedBy.NORMALISED),
        ("```\ncreate\n```", "create", MatchedBy.NORMALISED),
        ('```json\n{"label": "create"}\n```', "create", MatchedBy.NORMALISED),
        ('<think>{"label": "other"}? No.</think>\n{"label": "create"}', "create", MatchedBy.NORMALISED),
        ("{'label': 'create'}", "create", MatchedBy.NORMALISED),
        ('{"label": "creation"}', "create", MatchedBy.ALIAS),
        ("```json\n{'label': 'created'", "create", MatchedBy.NEAR),
        ('{"label": "The label is: create"}', "create", MatchedBy.NORMALISED),
    ],
)
def test_a_reply_becomes_a_label(one_of, text, label, how):
    assert read_reply(one_of, text) == Labelling(label, matched_by=how)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", Problem.EMPTY),
        (" \n\t", Problem.EMPTY),
        ('{"label": ""}', Problem.EMPTY),
        ('{"label": []}', Problem.EMPTY),
        ("<think>hm</think>", Problem.ONLY_REASONING),
        ("x" * 1_000_000, Problem.TOO_LONG),
        ("I'm sorry, I can't help with that.", Problem.DECLINED),
        ("{}", Problem.NO_ANSWER),
        ('{"label": null}', Problem.NO_ANSWER),
        ('{"topic": "create"}', Problem.NO_ANSWER),
        ('{"type": "object", "properties": {}}', Problem.NO_ANSWER),
        ('{"answer": "create", "result": "remember"}', Problem.NO_ANSWER),
        ('{"label": 3}', Problem.WRONG_TYPE),
        ('{"label": true}', Problem.WRONG_TYPE),
        ('{"label": [1]}', Problem.WRONG_TYPE),
        ("null", Problem.WRONG_TYPE),
        ("7", Problem.WRONG_TYPE),
        ('{"label": "relate"}', Problem.UNKNOWN_LABEL),
        ('{"label": "HACKED"}', Problem.UNKNOWN_LABEL),
        ('{"label": "créer quelque chose"}', Problem.UNKNOWN_LABEL),
        ('{"label": ["create", "remember"]}', Problem.SEVERAL_ANSWERS),
        ('{"label": "create"} {"label": "remember"}', Problem.SEVERAL_ANSWERS),
        ('{"label": "create", "label": "remember"}', Problem.SEVERAL_ANSWERS),
        ('{"label": "create' + " or" * 100, Problem.UNKNOWN_LABEL),
        ("[" * 5_000, Problem.UNKNOWN_LABEL),
        ('{"a":' * 5_000, Problem.UNKNOWN_LABEL),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_an_unreadable_reply_is_a_problem_not_an_exception(one_of, text, problem):
    labelling = read_reply(one_of, text)
    assert labelling == Labelling(None, problem=problem)
    assert not labelling.readable


@pytest.mark.parametrize(
    ("text", "label", "score"),
    [('{"label": "novice"}', "novice", 1.0), ("Level 2", "intermediate", 2.0), ("EXPERT", "expert", 3.0)],
)
def test_a_level_brings_its_rank_as_score(scale, text, label, score):
    labelling = read_reply(scale, text)
    assert (labelling.label, labelling.score) == (label, score)


@pytest.mark.parametrize(
    ("text", "label"),
    [('{"label":"yes"}', "yes"), ('{"label": false}', "no"), ("true", "yes"), ("N", "no"), ("Yes, it is.", "yes")],
)
def test_yes_and_no_are_read_in_all_their_forms(yes_no, text, label):
    assert read_reply(yes_no, text).label == label


@pytest.mark.parametrize(
    ("text", "labels", "how"),
    [
        ('{"labels": ["money", "health"]}', ("money", "health"), MatchedBy.EXACT),
        ('{"labels": ["money", "money"]}', ("money",), MatchedBy.EXACT),
        ('{"labels": ["money", "Medicine"]}', ("money", "health"), MatchedBy.ALIAS),
        ('["money"]', ("money",), MatchedBy.NORMALISED),
        ('{"labels": "money, health"}', ("money", "health"), MatchedBy.NORMALISED),
        ('{"label": "money"}', ("money",), MatchedBy.NORMALISED),
        ("money; tecnology", ("money", "technology"), MatchedBy.NEAR),
    ],
)
def test_several_labels_keep_their_order_and_the_first_leads(many_of, text, labels, how):
    assert read_reply(many_of, text) == Labelling(labels[0], labels=labels, matched_by=how)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"labels": []}', Problem.EMPTY),
        ('{"labels": ["money", "magic"]}', Problem.UNKNOWN_LABEL),
        ('{"labels": ["money", 1]}', Problem.WRONG_TYPE),
        ('{"labels": 1}', Problem.WRONG_TYPE),
        (json.dumps({"labels": ["money"] * 100}), Problem.TOO_LONG),
    ],
)
def test_one_unreadable_label_of_several_makes_the_reply_unreadable(many_of, text, problem):
    assert read_reply(many_of, text).problem is problem


@pytest.mark.parametrize(
    ("text", "label", "items", "score", "how"),
    [
        ('{"gratitude": 7, "follow_up": 0, "errors": 3}', "satisfied", ("gratitude", "errors"), 4.0, MatchedBy.EXACT),
        ('{"errors": 9, "gratitude": 4, "follow_up": 0}', "dissatisfied", ("gratitude", "errors"), -5.0, MatchedBy.EXACT),
        ('{"gratitude": 0, "follow_up": 0, "errors": 0}', "neutral", (), 0.0, MatchedBy.EXACT),
        ('{"gratitude": "7", "follow_up": "No", "errors": 0}', "satisfied", ("gratitude",), 7.0, MatchedBy.NORMALISED),
        ('{"Gratitude": 1, "Follow-up": 2, "Errors": 0}', "satisfied", ("gratitude", "follow_up"), 3.0, MatchedBy.NORMALISED),
        ('{"items": {"gratitude": 1, "follow_up": 0, "errors": 0}}', "satisfied", ("gratitude",), 1.0, MatchedBy.NORMALISED),
        ('{"gratitud": 1, "follow_up": 0, "errors": 0}', "satisfied", ("gratitude",), 1.0, MatchedBy.NEAR),
        (
            "* Gratitude: 2\n* Follow-up: no\n* Errors: 5/10",
            "dissatisfied",
            ("gratitude", "errors"),
            -3.0,
            MatchedBy.NORMALISED,
        ),
        ('{"gratitude": 1, "follow_up": 0, "errors": 0, "note": "x"}', "satisfied", ("gratitude",), 1.0, MatchedBy.EXACT),
    ],
)
def test_a_rubric_is_added_up(rubric, text, label, items, score, how):
    read = read_reply(rubric, text)
    assert read == Labelling(label, labels=items, score=score, matched_by=how)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"gratitude": 7, "follow_up": 0}', Problem.MISSING_ITEMS),
        ("{}", Problem.MISSING_ITEMS),
        ('{"gratitude": 7, "follow_up": 0, "errors": 11}', Problem.ITEM_VALUE),
        ('{"gratitude": 7, "follow_up": 0, "errors": null}', Problem.ITEM_VALUE),
        ('{"gratitude": 7, "follow_up": 0, "errors": "yes"}', Problem.ITEM_VALUE),
        ('{"gratitude": 7, "Gratitude": 8, "follow_up": 0, "errors": 1}', Problem.SEVERAL_ANSWERS),
        ('{"gratitude": 7, "follow_up": 0, "errors": 1, "errors": 2}', Problem.SEVERAL_ANSWERS),
        ("gratitude: 1\ngratitude: 2", Problem.SEVERAL_ANSWERS),
        ('{"gratitude": 7, "follow_up": 1', Problem.NO_ANSWER),
        ("[7, 0, 1]", Problem.WRONG_TYPE),
        ("satisfied", Problem.NO_ANSWER),
        (json.dumps({f"k{n}": 0 for n in range(1000)}), Problem.TOO_LONG),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_a_rubric_with_anything_missing_or_off_the_scale_is_unreadable(rubric, text, problem):
    assert read_reply(rubric, text).problem is problem


@pytest.mark.parametrize("kind", Kind)
@given(
    text=st.one_of(
        st.text(),
        st.text(alphabet="{}[]\":,'\\ labelyesno0123\n`*"),
        st.binary().map(lambda b: b.decode("utf-8", "surrogateescape")),
    )
)
def test_reading_never_raises_and_always_says_something(make_spec, kind, text):
    labelling = read_reply(make_spec(kind), text)
    assert (labelling.label is None) == (labelling.problem is not None) == (labelling.matched_by is None)
    assert labelling.problem in {None, *Problem}


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["create", "yes", "money"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.one_of(st.text(), st.sampled_from(["label", "labels", "answer", "gratitude", "follow_up", "errors"])),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("kind", Kind)
@given(value=JSON_VALUES)
def test_any_json_is_read_as_text_as_it_is_read_as_value(make_spec, kind, value):
    spec = make_spec(kind)
    direct = read_answer(spec, value)
    assert direct.label is None or direct.label in spec.label_ids
    whole = read_reply(spec, json.dumps(value))
    assert whole.label is None or whole == direct


DECORATIONS = (
    "{}",
    " {} ",
    "{}.",
    "**{}**",
    "`{}`",
    '"{}"',
    "Label: {}",
    "The label is {}.",
    "```\n{}\n```",
    '{{"label": "{}"}}',
    '```json\n{{"label": "{}"}}\n```',
    "{{'label': '{}'}}",
    'Here you are:\n{{"label": "{}"}}\nAnything else?',
    '{{"label": "{}",}}',
    "<think>\nI think so.\n</think>\n\n{}",
)


@pytest.mark.parametrize("kind", [Kind.ONE_OF, Kind.YES_NO, Kind.SCALE])
@given(data=st.data(), spelled=st.sampled_from([str, str.upper, str.title, lambda word: word.replace("_", " ")]))
def test_any_label_in_any_decoration_reads_back_to_itself(make_spec, kind, data, spelled):
    spec = make_spec(kind)
    label = data.draw(st.sampled_from(spec.label_ids))
    decoration = data.draw(st.sampled_from(DECORATIONS))
    assert read_reply(spec, decoration.format(spelled(label))).label == label


def test_an_answer_to_one_member_of_a_larger_reply_is_read_alone(one_of, rubric):
    reply = orjson.loads('{"depth": {"label": "create"}, "sat": {"gratitude": 1, "follow_up": 0, "errors": 0}}')
    assert read_answer(one_of, reply["depth"]) == Labelling("create", matched_by=MatchedBy.EXACT)
    assert read_answer(one_of, "create").label == "create"
    assert read_answer(one_of, None).problem is Problem.WRONG_TYPE
    assert read_answer(rubric, reply["sat"]).score == 1.0


@pytest.mark.parametrize(
    "unit",
    [
        "{",
        '{"a":',
        "[",
        '"',
        "is ",
        "label is ",
        "**",
        "{}",
        "a: b\n",
        "- ",
        "\u200b",
        "x, ",
        "</think>",
        "<think>",
        '{"a":1}</think>',
        "health and ",
        "I can't ",
    ],
)
@pytest.mark.parametrize("kind", [Kind.ONE_OF, Kind.MANY_OF, Kind.RUBRIC])
def test_garbage_of_the_greatest_length_costs_little(make_spec, kind, unit):
    text = unit * (65_536 // len(unit))
    start = time.process_time()
    read_reply(make_spec(kind), text)
    assert time.process_time() - start < 30, "milliseconds where the cost is linear, minutes where it is quadratic"
