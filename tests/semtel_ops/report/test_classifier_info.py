from pathlib import Path

import pytest

from semtel_ops.report.classifier_info import load_classifier_info

PROMPTS = Path(__file__).parents[3] / "include" / "prompts"


@pytest.fixture
def facts():
    return {
        one.id: one
        for one in load_classifier_info(PROMPTS, ["task_complexity", "satisfaction", "user_expertise", "topic", "gone"])
    }


def test_levels_keep_the_order_of_their_prompt_file(facts):
    assert list(facts["user_expertise"].names) == ["novice", "beginner", "intermediate", "proficient", "expert"]
    assert facts["user_expertise"].ordered
    assert not facts["topic"].ordered


def test_complexity_has_groups(facts):
    assert facts["task_complexity"].groups["remember"] == "low"
    assert facts["task_complexity"].groups["create"] == "high"


def test_a_rubric_has_verdicts_for_labels_and_its_items_apart(facts):
    assert list(facts["satisfaction"].names) == ["satisfied", "neutral", "dissatisfied"]
    assert len(facts["satisfaction"].items) == 20
    assert set(facts["satisfaction"].item_groups.values()) == {"sat", "dsat"}
    assert facts["satisfaction"].groups == {}


def test_a_prompt_file_that_is_gone_leaves_the_id_as_a_title(facts):
    assert (facts["gone"].title, facts["gone"].name("some_label")) == ("Gone", "Some label")
