from dataclasses import replace

import pytest

from semtel_ops.classifiers import Kind, load_classifier
from semtel_ops.errors import ConfigError
from semtel_ops.gold.answers import Answer, checked_answer


@pytest.fixture(scope="module")
def topic(project_root):
    return load_classifier(project_root / "include/prompts/topic.prompty")


@pytest.fixture(scope="module")
def several(topic):
    return replace(topic, kind=Kind.MANY_OF)


@pytest.fixture(scope="module")
def rubric(project_root):
    return load_classifier(project_root / "include/prompts/satisfaction.prompty")


def test_a_label_is_known_by_its_id_its_name_and_its_aliases(topic):
    for spelled in ("technology", "Technology", "programming"):
        assert checked_answer(topic, spelled) == Answer("technology", None)


def test_an_unknown_label_is_named_with_those_there_are(topic):
    with pytest.raises(ConfigError, match=r"topic: 'cooking_oil' is not a label; one of: technology, entertainment, .*other"):
        checked_answer(topic, "cooking_oil")


def test_a_long_text_in_place_of_a_label_is_not_repeated(topic):
    with pytest.raises(ConfigError) as caught:
        checked_answer(topic, "Please help me with my bank account, my name is Ada Lovelace")
    assert "Ada" not in str(caught.value)
    assert "a text of 60 characters" in str(caught.value)


def test_no_label_and_two_labels_of_one_are_refused(topic):
    with pytest.raises(ConfigError, match="needs a label"):
        checked_answer(topic, None)
    with pytest.raises(ConfigError, match="takes one label"):
        checked_answer(topic, "health", ["health", "money"])


def test_several_labels_are_in_the_order_of_the_prompt_file(several):
    assert checked_answer(several, None, ["money", "Health", "money"]) == Answer("health", ("health", "money"))
    with pytest.raises(ConfigError, match="at least one label"):
        checked_answer(several, None, [])


def test_a_rubric_takes_a_verdict_and_the_items_that_apply(rubric):
    assert checked_answer(rubric, "Neutral") == Answer("neutral", ())
    assert checked_answer(rubric, "satisfied", ["positive_feedback", "gratitude"]) == Answer(
        "satisfied", ("gratitude", "positive_feedback")
    )
    with pytest.raises(ConfigError, match="one of: satisfied, neutral, dissatisfied"):
        checked_answer(rubric, "gratitude")
