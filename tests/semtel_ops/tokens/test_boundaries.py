import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.tokens import boundaries
from semtel_ops.tokens.boundaries import slice_end, slice_start, slices
from semtel_ops.tokens.encodings import RANKS_SHA256, load_encoding

_PIECES = st.sampled_from(
    [
        "a",
        "Ab",
        "don't",
        "I'LL",
        "'s",
        "9",
        "12345",
        " ",
        "  ",
        "\t",
        "\n",
        "\r\n",
        "\xa0",
        ".",
        "!?",
        "/",
        "{}",
        "_",
        "é",
        "e\u0301",
        "ß",
        "Ж",
        "א",
        "ع",
        "ह",
        "न्",
        "中",
        "文。",
        "、",
        "한",
        "カ",
        "🙂",
        "👩‍👩‍👧",
        "<|endoftext|>",
        "\u2019s",
        "…",
    ]
)
_TEXTS = st.lists(_PIECES | st.characters(codec="utf-8"), max_size=40).map("".join)


@pytest.mark.parametrize("name", sorted(RANKS_SHA256))
@settings(max_examples=200, deadline=None)
@given(text=_TEXTS)
def test_at_every_boundary_the_tokens_of_both_sides_are_the_tokens_of_the_whole(name: str, text: str) -> None:
    encode = load_encoding(name).encode_ordinary
    whole = encode(text)
    for found in boundaries._BOUNDARY.finditer(text):
        assert encode(text[: found.end()]) + encode(text[found.end() :]) == whole


@settings(max_examples=200, deadline=None)
@given(text=_TEXTS, step=st.integers(1, 30))
def test_slices_from_either_end_join_to_the_text(text: str, step: int) -> None:
    start, forwards = 0, []
    while start < len(text):
        end = slice_end(text, start, step)
        forwards.append(text[start:end])
        start = end
    end, backwards = len(text), []
    while end > 0:
        start = slice_start(text, end, step)
        backwards.append(text[start:end])
        end = start
    assert "".join(forwards) == text == "".join(reversed(backwards))
    assert all(forwards)
    assert all(backwards)


def test_prose_is_cut_between_words_near_the_usual_length() -> None:
    text = "The quick brown fox jumps. " * 10_000
    parts = list(slices(text))
    assert all(boundaries.USUAL_SLICE <= len(part) < boundaries.USUAL_SLICE + 30 for part in parts[:-1])
    assert not any(re.search(r"\w$", part) and re.match(r"\w", after) for part, after in itertools.pairwise(parts))


@pytest.mark.parametrize("character", [" ", "a", "🙂", "\u0301", "\n"])
def test_a_text_without_boundaries_is_cut_at_the_longest_slice(character: str) -> None:
    lengths = [len(part) for part in slices(character * 300_000)]
    assert lengths == [boundaries.LONGEST_SLICE, boundaries.LONGEST_SLICE, 300_000 - 2 * boundaries.LONGEST_SLICE]
    assert slice_start(character * 300_000, 300_000, 100) == 300_000 - boundaries.LONGEST_SLICE
