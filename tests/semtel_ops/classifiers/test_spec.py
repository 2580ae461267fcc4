import dataclasses

import pytest

from semtel_ops.classifiers import Kind, Label, Problem
from semtel_ops.classifiers.rubric import signs
from semtel_ops.conversations.model import Role, Turn
from semtel_ops.prompts import RenderedPrompt
from semtel_ops.words import ReasoningEffort


def test_the_user_text_is_intro_fence_and_reminder(one_of):
    assert one_of.user_text([Turn(Role.USER, "Hi")]) == (
        'Here:\n<conversation>\n{"role":"user","content":"Hi"}\n</conversation>\nWhich?'
    )


def test_a_rubrics_labels_are_its_verdicts_and_its_items_are_its_own(rubric):
    assert rubric.label_ids == ("satisfied", "neutral", "dissatisfied")
    assert rubric.item_ids == ("gratitude", "follow_up", "errors")
    assert signs(rubric.labels) == (("gratitude", 1), ("follow_up", 1), ("errors", -1))


def test_groups_hold_the_labels_that_have_one(one_of):
    assert one_of.groups == {"remember": "low", "create": "high"}


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other_id"},
        {"version": "1.0.1"},
        {"kind": Kind.SCALE},
        {"labels": (Label("remember", "Remember", "Recall."), Label("create", "Create", "Make."))},
        {"prompt": RenderedPrompt("Judge well.", (), "Here:\n", "\nWhich?")},
        {"max_output_tokens": 41},
        {"temperature": None},
        {"seed": 1},
        {"reasoning_effort": ReasoningEffort.LOW},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_fingerprint_follows_whatever_can_change_an_answer(one_of, change):
    assert dataclasses.replace(one_of, **change).fingerprint != one_of.fingerprint


def test_the_fingerprint_does_not_follow_words_for_people(one_of):
    changed = dataclasses.replace(one_of, description="new", source="new")
    assert changed.fingerprint == one_of.fingerprint


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("problem", Problem)
def test_the_second_ask_says_what_was_wrong_and_names_every_id(make_spec, kind, problem):
    spec = make_spec(kind)
    message = spec.repair_message(problem)
    assert message.startswith("Your reply could not be used: ")
    assert all(item in message for item in spec.item_ids)
    assert "JSON" in message


def test_each_problem_is_told_in_its_own_words(one_of):
    assert len({one_of.repair_message(problem) for problem in Problem}) == len(Problem)
    assert one_of.repair_message("unheard_of") == one_of.repair_message(Problem.NO_ANSWER)
