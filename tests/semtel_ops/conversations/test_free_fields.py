"""What a record says beside its turns is restricted or scrubbed."""

import pytest

from semtel_ops.conversations.free_fields import FreeFields, is_language, scrub_labels
from semtel_ops.conversations.scrub.rules import RuleScrubber


@pytest.fixture
def free():
    return FreeFields({"topic", "satisfaction"})


@pytest.mark.parametrize(
    "language", ["en", "de-AT", "pt_BR", "zh-Hant-TW", "zh-cmn-Hans-CN", "es-419", "de-1996", "English", "chinese"]
)
def test_tags_and_names_of_languages_are_kept(free, language):
    assert (free.language(language), free.left_out) == (language, {})


@pytest.mark.parametrize(
    "language",
    ["ada@example.com", "Ada Lovelace", "en-x-ada-lovelace", "en-a-secret", "CANARY12", "e", "en\n", "</script>", "12", "+49"],
)
def test_any_other_language_is_left_out_and_counted(free, language):
    assert not is_language(language)
    assert (free.language(language), free.left_out) == (None, {"language": 1})


@pytest.mark.parametrize("value", ["cooking", True, 3, 2.5, ["a", "b"], None, [1, "b"]])
def test_a_label_of_a_classifier_is_kept(free, value):
    assert (free.labels({"topic": value}), free.left_out) == ({"topic": value}, {})


@pytest.mark.parametrize(
    "labels",
    [
        {"user_email": "ada@example.com"},
        {"ada@example.com": "topic"},
        {"topic": "x" * 201},
        {"topic": {"note": "a diary"}},
        {"topic": [["nested"]]},
        {"topic": ["x"] * 65},
        {"topic": 4915112345678},
        {"topic": float("inf")},
    ],
)
def test_other_labels_are_left_out_and_counted(free, labels):
    assert (free.labels(labels), free.left_out) == ({}, {"labels": 1})


def test_labels_of_a_batch_are_scrubbed():
    labels = [{"topic": "ask ada@example.com"}, {"topic": ["cooking", "ada@example.com"], "satisfaction": 3}]
    assert scrub_labels(labels, RuleScrubber(), invisible=True) == {"email": 2}
    assert labels == [{"topic": "ask [EMAIL]"}, {"topic": ["cooking", "[EMAIL]"], "satisfaction": 3}]


def test_without_labels_nothing_is_scrubbed():
    assert scrub_labels([], RuleScrubber(), invisible=True) == {}


def test_hidden_characters_leave_labels_before_they_are_scrubbed():
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")
    split = "ada@exa\u200bmple.com"
    labels = [{"topic": f"travel{hidden}"}, {"topic": ["\u202efood", split, 3]}, {"topic": split}]
    kept = [{"topic": split}]
    assert scrub_labels(labels, RuleScrubber(), invisible=True) == {"invisible": 7, "email": 2}
    assert labels == [{"topic": "travel"}, {"topic": ["food", "[EMAIL]", 3]}, {"topic": "[EMAIL]"}]
    assert "invisible" not in scrub_labels(kept, RuleScrubber(), invisible=False)
