import pytest

from semtel_ops.classifiers.problems import Problem, UnreadableError
from semtel_ops.classifiers.reply_json import find_json


def find(text):
    return find_json(text, lambda value: "label" in value)


WANTED = {"label": "a"}


def test_json_as_asked_is_straight():
    assert find(' {"label": "a"}\n') == (WANTED, True)


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"label": "a"}\n```',
        'Sure! Here it is: {"label": "a"}. Hope this helps {smile}.',
        '{"label": "a"} {"label": "a"}',
        '{"role": "user"}\n{"label": "a"}',
        "{'label': 'a'}",
        '{"label": "a",}',
        '{label: "a"}',
        '{"label": "a"',
        '```json\n{"label": "a"',
        "{“label”: “a”}",
        '{"label": "a"}\ud800',
    ],
)
def test_json_in_prose_or_mended_is_found(text):
    assert find(text) == (WANTED, False)


@pytest.mark.parametrize(
    "text", ["", "a", "label a", "{", "{}}{", '{"label": "a', '{"label": 1', '{"x": {"label": ', "{" * 60_000]
)
def test_what_is_no_object_is_not_made_one(text):
    found = find(text)
    assert found is None or found[0] == {}


@pytest.mark.parametrize(
    "text",
    [
        '{"label": "a"} {"label": "b"}',
        '{"label": "a", "label": "b"}',
        'x {"label": "a", "label": "b"}',
        "{'label': 'a', 'label': 'b'}",
    ],
)
def test_two_answers_are_none(text):
    with pytest.raises(UnreadableError) as caught:
        find(text)
    assert caught.value.problem is Problem.SEVERAL_ANSWERS


def test_an_answer_said_twice_over_is_one():
    assert find('{"label": "a", "label": "a"}') == (WANTED, True)


def test_scalars_and_lists_are_values_too():
    assert find('"a"') == ("a", True)
    assert find("[1]") == ([1], True)
    assert find("null") == (None, True)
