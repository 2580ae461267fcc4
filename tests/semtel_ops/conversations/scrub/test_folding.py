from semtel_ops.conversations.scrub.folding import folded


def test_digits_spaces_and_signs_become_ascii_at_their_places() -> None:
    assert folded("٠٥０９\u202f１＠\u2011é") == "0509 1@-é"


def test_text_without_them_is_the_same_object() -> None:
    text = "naïve “text”"
    assert folded(text) is text
