"""Two labels are two, however they are put side by side; a name with a comma is one."""

import pytest

from semtel_ops.classifiers import Kind, Label, Problem, read_reply
from semtel_ops.classifiers.listing import labels_listed

LABELS = (
    Label("health", "Health", "Body.", aliases=("medicine",)),
    Label("science", "Science", "Study."),
    Label("entertainment", "Entertainment", "Fun."),
    Label("ai", "AI", "Machines."),
    Label("arts", "Arts, culture and design", "Beauty."),
)


@pytest.fixture(scope="module")
def topic(make_spec):
    return make_spec(Kind.ONE_OF, labels=LABELS)


TWO = (
    "health, science",
    "health and science",
    "health/science",
    "health; science",
    "health (or science)",
    "health | science",
    "health & science",
    "health + science",
    "health - science",
    "health → science",
    "both health and science",
    "Health or maybe Science",
    "mostly health, partly science",
    "**health** and **science**",
    "health\nscience",
    "health. science.",
    "salud, health y science",
    "entertainment, AI",
    "Arts, culture and design, science",
    "label: health, science",
    "The topic is health or science",
)


@pytest.mark.parametrize("text", TWO)
def test_two_labels_are_two(topic, text):
    read = read_reply(topic, text)
    assert read.label is None
    if text != "salud, health y science":
        assert read.problem is Problem.SEVERAL_ANSWERS


@pytest.mark.parametrize(
    "text", ["health, science", "health/science", "health and science", "health (or science)", "health; science"]
)
def test_two_labels_are_two_inside_json(topic, text):
    assert read_reply(topic, f'{{"label": "{text}"}}').problem is Problem.SEVERAL_ANSWERS


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("health, because the user asks about science", "health"),
        ("health - the user feels ill", "health"),
        ("health. The user also mentions science.", "health"),
        ("health: nutrition", "health"),
        ("health (medicine)", "health"),
        ("health, health", "health"),
        ("arts, culture and design", "arts"),
        ("Arts, culture & design", "arts"),
        ('{"label": "Arts, Culture and Design"}', "arts"),
        ("Arts, culture and design, since a painting is described", "arts"),
    ],
)
def test_a_label_with_its_reason_or_a_name_with_a_comma_is_one(topic, text, label):
    assert read_reply(topic, text).label == label


@pytest.mark.parametrize(
    "text",
    ["money and health", '{"labels": ["money and health"]}', '{"labels": ["money, health"]}', '{"labels": "money / health"}'],
)
def test_where_several_may_apply_a_list_is_all_of_them(many_of, text):
    assert read_reply(many_of, text).labels == ("money", "health")


@pytest.mark.parametrize("text", ["yes/no", "yes or no", "Yes and no.", "Yes. No.", "y/n"])
def test_yes_and_no_together_are_neither(yes_no, text):
    assert read_reply(yes_no, text).problem is Problem.SEVERAL_ANSWERS


def test_a_list_with_anything_else_is_not_one_of_labels(topic):
    assert labels_listed(topic.index, "health, fishing") == []
    assert labels_listed(topic.index, ", ".join(["health"] * 200)) == []
