import pytest

from semtel_ops.conversations.scrub.cues import Cue, CueIndex, cue, words

_INDEX = CueIndex((cue(text), text) for text in ("dob", "date of birth", "passport*", "geb.", "паспорт*", "护照"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dob 1", ["dob"]),
        ("my dob, and my date of birth", ["date of birth", "dob"]),
        ("adobe, dobs", []),
        ("passports and xpassport", ["passport*"]),
        ("geb. 1987", ["geb."]),
        ("загранпаспорт паспорту", ["паспорт*"]),
        ("我的护照号", ["护照"]),
        ("dob dob", ["dob", "dob"]),
    ],
)
def test_a_cue_is_found_where_its_table_says(text: str, found: list[str]) -> None:
    spans = list(_INDEX.found(text))
    assert sorted(value for _, _, value in spans) == found
    assert all(text[start:end] == value.rstrip("*") for start, end, value in spans)


def test_a_cue_without_bounds_is_found_inside_words() -> None:
    assert [(start, end) for start, end, _ in CueIndex([(Cue("key"), None)]).found("apikey, keys")] == [(3, 6), (8, 11)]


def test_the_words_of_a_huge_text_are_those_of_its_parts() -> None:
    assert words("one two " * 20_000) == words("one two") == {"one", "two"}
