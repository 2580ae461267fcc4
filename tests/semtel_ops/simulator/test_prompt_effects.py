"""Properties of a prompt's text that change planted confusion."""

import pytest

from semtel_ops.simulator.confusion_config import PromptEffect
from semtel_ops.simulator.prompt_effects import Wording, applies, changed_rates

DEFINITIONS = {"technology": "Software: code, bugs.", "writing": "Text as the task: write, edit.", "other": "None."}
WORDING = Wording(DEFINITIONS, "Rules:\n* Writing code, or fixing it, is technology, whatever the code is for.\n")
BOUNDARY = PromptEffect(classifier="topic", when="boundary", labels=("technology", "writing"), factor=0.2)


def defined(**definitions):
    return Wording({**DEFINITIONS, **definitions}, WORDING.rest)


def instructed(rule):
    return Wording(DEFINITIONS, f"{WORDING.rest}* {rule}\n")


@pytest.mark.parametrize(
    ("wording", "has"),
    [
        (WORDING, False),
        (defined(technology="Software: code, bugs. Not writing, which is about text."), True),
        (defined(writing="Text as the task, rather than technology."), True),
        (defined(writing="Text about technology."), False),
        (defined(technology="Software. Not text. Writing programs."), False),
        (instructed("Choose technology rather than writing if the request is about code."), True),
        (instructed("Between technology and writing: technology if it is about “Software”, writing if “Text”."), True),
        (instructed("When both technology and writing seem to fit, choose technology."), True),
        (instructed("Choose technology rather than other. Writing is text."), False),
    ],
)
def test_a_boundary_is_a_sentence_that_sets_both_labels_apart(wording, has):
    assert applies(BOUNDARY, wording) is has


def test_a_label_of_several_words_may_be_written_with_spaces():
    effect = PromptEffect(classifier="topic", when="boundary", labels=("history_and_law", "money"), factor=0)
    assert applies(effect, Wording({"money": "Banks, not History and law.", "history_and_law": "Wars."}))
    assert not applies(effect, Wording({"money": "Banks, not history.", "history_and_law": "Wars."}))


@pytest.mark.parametrize(
    ("effect", "has"),
    [
        ({"when": "longer", "labels": ["technology"], "words": 3}, True),
        ({"when": "longer", "labels": ["technology"], "words": 4}, False),
        ({"when": "shorter", "labels": ["technology", "other"], "words": 3}, True),
        # The definitions have 3, 6 and 1 words: 10/3 on average.
        ({"when": "shorter", "words": 3}, False),
        ({"when": "longer", "words": 3}, True),
        ({"when": "order", "labels": ["technology", "writing"]}, True),
        ({"when": "order", "labels": ["other", "writing"]}, False),
        ({"when": "order", "labels": ["absent", "writing"]}, False),
        ({"when": "mentions", "labels": ["technology"], "any_of": ["hardware", "BUGS"]}, True),
        ({"when": "mentions", "labels": ["technology"], "any_of": ["bug"]}, False),
        ({"when": "mentions", "any_of": ["whatever the code"]}, True),
        ({"when": "mentions", "any_of": ["edit"]}, False),
        ({"when": "reasoning_effort", "any_of": ["high"]}, False),
    ],
)
def test_other_properties(effect, has):
    assert applies(PromptEffect.model_validate({**effect, "classifier": "topic", "factor": 0.5}), WORDING) is has


def test_effort_is_a_property_of_the_request():
    effect = PromptEffect(classifier="topic", when="reasoning_effort", any_of=("medium", "high"), factor=0.5)
    assert [applies(effect, Wording({}, effort=effort)) for effort in ("", "low", "high")] == [False, False, True]


RATES = {"technology": {"writing": 0.4, "other": 0.1}, "other": {"technology": 0.2, "lifestyle": 0.3}}


def test_a_boundary_changes_only_the_confusion_of_its_two_labels():
    found = changed_rates(RATES, [BOUNDARY], instructed("Choose technology, not writing."))
    assert found["technology"] == pytest.approx({"writing": 0.08, "other": 0.1})
    assert found["other"] == RATES["other"]


def test_other_effects_change_all_confusion_from_and_to_their_labels_and_multiply():
    longer = PromptEffect(classifier="topic", when="longer", labels=("technology",), words=2, factor=0.5)
    everywhere = PromptEffect(classifier="topic", when="longer", words=1, factor=2)
    found = changed_rates(RATES, [longer, everywhere], WORDING)
    assert found["technology"] == pytest.approx({"writing": 0.4, "other": 0.1})
    assert found["other"] == pytest.approx({"technology": 0.2, "lifestyle": 0.6})


def test_rates_never_add_up_to_more_than_one():
    found = changed_rates(
        {"technology": {"writing": 0.6, "other": 0.2}},
        [PromptEffect(classifier="topic", when="longer", words=0, factor=5)],
        WORDING,
    )
    # 3 and 1 of 4.
    assert found["technology"] == pytest.approx({"writing": 0.75, "other": 0.25})
