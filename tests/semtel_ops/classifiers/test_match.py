import pytest

from semtel_ops.classifiers import Label, MatchedBy
from semtel_ops.classifiers.match import index_labels, normalise


@pytest.mark.parametrize(
    ("text", "label", "how"),
    [
        ("create", "create", MatchedBy.EXACT),
        ("Create", "create", MatchedBy.NORMALISED),
        (" *CREATE*. ", "create", MatchedBy.NORMALISED),
        ("“create”", "create", MatchedBy.NORMALISED),
        ("cre\u200bate", "create", MatchedBy.NORMALISED),
        ("ｃｒｅａｔｅ", "create", MatchedBy.NORMALISED),
        ("Writing-and-editing", "writing_and_editing", MatchedBy.NORMALISED),
        ("writing & editing", "writing_and_editing", MatchedBy.NORMALISED),
        ("2. create", "create", MatchedBy.NORMALISED),
        ("b) Create", "create", MatchedBy.NORMALISED),
        ("Make-up", "create", MatchedBy.ALIAS),
        ("language and writing", "writing_and_editing", MatchedBy.ALIAS),
        ("None.", "other", MatchedBy.ALIAS),
        ("created", "create", MatchedBy.NEAR),
        ("creat", "create", MatchedBy.NEAR),
        ("remembr", "remember", MatchedBy.NEAR),
        ("writing_editing", "writing_and_editing", MatchedBy.NEAR),
    ],
)
def test_a_spelling_is_a_label(one_of, text, label, how):
    assert one_of.index.match(text) == (label, how)


@pytest.mark.parametrize(
    "text", ["relate", "cremate x", "", "…", "7", "not create", "create or remember", "recreate", "创造", "c" * 5000]
)
def test_a_false_friend_is_no_label(one_of, text):
    assert one_of.index.match(text) is None


def test_what_is_close_to_two_labels_is_neither():
    labels = (Label("understand_a", "A", "x"), Label("understand_b", "B", "x"))
    index = index_labels(labels)
    assert index.match("understand_c") is None
    assert index.match("understand_a") == ("understand_a", MatchedBy.EXACT)


def test_inexpert_is_not_nearly_expert(scale):
    assert scale.index.match("inexpert") is None


@pytest.mark.parametrize(("text", "label"), [("Y", "yes"), ("n", "no"), ("TRUE", "yes"), ("False", "no"), ("yep", "yes")])
def test_yes_and_no_have_their_short_forms(yes_no, text, label):
    assert yes_no.index.match(text) == (label, MatchedBy.ALIAS)


def test_yes_and_no_are_too_short_to_be_nearly_spelled(yes_no):
    assert yes_no.index.match("not") is None
    assert yes_no.index.match("ye") is None


def test_two_labels_cannot_share_a_spelling():
    with pytest.raises(ValueError, match="'Two' is ambiguous: it matches both two and one"):
        index_labels((Label("two", "Pair", "x"), Label("one", "One", "x", aliases=("Two",))))


def test_a_spelling_needs_a_letter():
    with pytest.raises(ValueError, match="without a letter"):
        index_labels((Label("a", "A", "x", aliases=("***",)),))


def test_normalise_leaves_words():
    assert normalise("  **The\tLabel_is:** «Straße»! ") == "the label is strasse"
