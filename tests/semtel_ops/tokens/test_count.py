import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.tokens import TiktokenCounter
from semtel_ops.tokens.count import byte_length
from semtel_ops.tokens.encodings import load_encoding

_WORDS = [
    "the",
    "fox",
    "don't",
    "2026",
    "naïve",
    "中文",
    "🙂",
    "👩‍👩‍👧",
    "\n",
    "\r\n",
    "  ",
    "\t",
    ".",
    "<|endoftext|>",
    "e\u0301",
    "한국어",
]
_PROSE = st.lists(st.sampled_from(_WORDS), max_size=120).map(" ".join)
_TEXTS = _PROSE | st.text(max_size=200)
_ENCODE = load_encoding().encode_ordinary
_COUNTER = TiktokenCounter()


def test_special_tokens_are_counted_as_the_text_they_are(each_counter: TiktokenCounter) -> None:
    assert each_counter.count("<|endoftext|>") == 7
    assert each_counter.prefix("<|endoftext|> <|endoftext|>", 7) == "<|endoftext|>"


def test_a_long_text_counts_as_when_encoded_at_once(each_counter: TiktokenCounter) -> None:
    text = "".join(f"Line {n}: it's the {n}th — naïve 中文。 \t don't\r\n" for n in range(8_000))
    assert each_counter.count(text) == len(each_counter._encoding.encode_ordinary(text))


@settings(deadline=None)
@given(text=_TEXTS)
def test_a_text_has_no_more_tokens_than_bytes(text: str) -> None:
    assert _COUNTER.count(text) <= byte_length(text)


@settings(deadline=None)
@given(text=_TEXTS, budget=st.integers(0, 150))
def test_fits_says_whether_the_count_is_within_the_budget(text: str, budget: int) -> None:
    assert _COUNTER.fits(text, budget) == (_COUNTER.count(text) <= budget)


@settings(max_examples=200, deadline=None)
@given(text=_TEXTS, n=st.integers(0, 60))
def test_prefix_is_what_decoding_the_first_tokens_gives(text: str, n: int) -> None:
    tokens = _ENCODE(text)
    prefix = _COUNTER.prefix(text, n)
    decoded = load_encoding().decode_bytes(tokens[:n]).decode("utf-8", "ignore")
    assert text.startswith(prefix)
    assert _COUNTER.count(prefix) <= n
    assert prefix == decoded or (decoded.startswith(prefix) and _COUNTER.count(decoded) > n)


@settings(max_examples=200, deadline=None)
@given(text=_TEXTS, n=st.integers(0, 60))
def test_suffix_is_what_decoding_the_last_tokens_gives(text: str, n: int) -> None:
    tokens = _ENCODE(text)
    suffix = _COUNTER.suffix(text, n)
    decoded = load_encoding().decode_bytes(tokens[max(0, len(tokens) - n) :]).decode("utf-8", "ignore")
    assert text.endswith(suffix)
    assert _COUNTER.count(suffix) <= n
    assert suffix == decoded or (decoded.endswith(suffix) and _COUNTER.count(decoded) > n)


def test_a_character_of_several_tokens_is_kept_whole_or_not_at_all(counter: TiktokenCounter) -> None:
    rare = "\U0001fae8"
    cost = counter.count(rare)
    assert cost > 1
    assert counter.prefix(rare * 9, cost * 2 + cost - 1) == rare * 2
    assert counter.suffix(rare * 9, cost * 2 + cost - 1) == rare * 2


class _CountingEncoding:
    """Remembers how many characters were given to the tokeniser."""

    def __init__(self) -> None:
        self._encoding = load_encoding()
        self.decode_bytes = self._encoding.decode_bytes
        self.characters = 0

    def encode_ordinary(self, text: str) -> list[int]:
        self.characters += len(text)
        return list(self._encoding.encode_ordinary(text))


@pytest.mark.parametrize("ask", ["prefix", "suffix", "fits"])
def test_only_as_much_is_encoded_as_the_answer_needs(ask: str) -> None:
    encoding = _CountingEncoding()
    getattr(TiktokenCounter(encoding), ask)("The quick brown fox jumps over it. " * 50_000, 500)
    assert encoding.characters < 40_000


def test_a_short_text_fits_without_the_tokeniser() -> None:
    encoding = _CountingEncoding()
    counter = TiktokenCounter(encoding)
    assert counter.fits("été " * 10, 60)
    assert counter.prefix("short", 5) == "short"
    assert encoding.characters == 0


@pytest.mark.parametrize(
    ("run", "times"),
    [(" ", 1_000_000), ("\t ", 600_000), ("\n", 200_000), ("a", 200_000), ("'", 200_000), ("中", 200_000), ("\u0301", 200_000)],
)
def test_a_long_run_of_anything_is_counted_and_cut(run: str, times: int, counter: TiktokenCounter) -> None:
    """The tokeniser itself panics on a million spaces, with an error that `except Exception` does not see."""
    text = run * times + "x"
    assert 0 < counter.count(text) <= byte_length(text)
    assert not counter.fits(text, 100)
    assert 0 < counter.count(counter.prefix(text, 100)) <= 100
    assert counter.suffix(text, 100).endswith("x")
    assert counter.count(counter.suffix(text, 100)) <= 100


def test_lone_surrogates_count_as_the_replacement_they_become(counter: TiktokenCounter) -> None:
    text = "a\ud800b " * 1_000
    assert counter.count(text) == counter.count(text.replace("\ud800", "\ufffd"))
    assert counter.prefix(text, 3).encode().decode() == counter.prefix(text.replace("\ud800", "\ufffd"), 3)
    assert counter.suffix(text, 3).encode()


def test_a_model_brings_its_encoding() -> None:
    assert TiktokenCounter.for_model("gpt-4")._encoding.name == "cl100k_base"
    assert TiktokenCounter.for_model("gpt-4o-mini")._encoding.name == "o200k_base"


def test_the_tokeniser_is_loaded_when_a_text_is_tokenised_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    monkeypatch.setattr("semtel_ops.tokens.count.load_encoding", refuse)
    counter = TiktokenCounter()
    assert counter.fits("short", 100)
    with pytest.raises(AssertionError, match="o200k_base"):
        counter.count("short")
