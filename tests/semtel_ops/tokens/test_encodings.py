import lzma
import socket

import pytest
import tiktoken_ext.openai_public

from semtel_ops.errors import ConfigError
from semtel_ops.tokens import encodings
from semtel_ops.tokens.encodings import RANKS_SHA256, encoding_name_for, load_encoding


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-5-mini", "o200k_base"),
        ("gpt-4o", "o200k_base"),
        ("gpt-4o-mini-2024-07-18", "o200k_base"),
        ("gpt-4.1-nano", "o200k_base"),
        ("gpt-4.5-preview", "o200k_base"),
        ("o3", "o200k_base"),
        ("ft:gpt-4o-mini:acme::x1", "o200k_base"),
        ("meta-llama/Llama-3.1-8B-Instruct", "o200k_base"),
        ("", "o200k_base"),
        ("gpt-4", "cl100k_base"),
        ("openai/GPT-4-turbo", "cl100k_base"),
        ("gpt-4-32k-0613", "cl100k_base"),
        ("ft:gpt-4:acme::x1", "cl100k_base"),
        ("gpt-3.5-turbo", "cl100k_base"),
        ("gpt-35-turbo-16k", "cl100k_base"),
        ("text-embedding-3-small", "cl100k_base"),
        ("text-embedding-ada-002", "cl100k_base"),
    ],
)
def test_a_model_is_counted_with_its_own_encoding_and_a_stranger_with_the_default(model: str, name: str) -> None:
    assert encoding_name_for(model) == name


@pytest.mark.parametrize("name", sorted(RANKS_SHA256))
def test_patterns_special_tokens_and_ranks_are_those_of_tiktoken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """tiktoken's own constructor says which URL and sha256 it wants; it is not let to fetch."""
    wanted: list[str] = []

    def no_download(_url: str, expected_hash: str) -> dict[bytes, int]:
        wanted.append(expected_hash)
        return {}

    monkeypatch.setattr(tiktoken_ext.openai_public, "load_tiktoken_bpe", no_download)
    theirs = tiktoken_ext.openai_public.ENCODING_CONSTRUCTORS[name]()
    ours = load_encoding(name)
    assert ours._pat_str == theirs["pat_str"]
    assert ours._special_tokens == theirs["special_tokens"]
    assert wanted == [RANKS_SHA256[name]]


@pytest.mark.parametrize(
    ("name", "tokens"),
    [("o200k_base", [13225, 2375, 0]), ("cl100k_base", [9906, 1917, 0])],
)
def test_known_text_has_known_tokens(name: str, tokens: list[int]) -> None:
    assert load_encoding(name).encode_ordinary("Hello world!") == tokens


def test_loading_needs_no_network_and_no_writable_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("HOME", "/nowhere")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "/nowhere")
    monkeypatch.setattr(encodings, "_loaded", {})
    assert load_encoding("cl100k_base").n_vocab == 100277


def test_an_encoding_is_loaded_once() -> None:
    assert load_encoding("o200k_base") is load_encoding("o200k_base")


@pytest.mark.parametrize("packed", [b"not xz", lzma.compress(b"other ranks 1\n"), b""])
def test_a_damaged_file_is_named_with_its_cure(packed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "_loaded", {})
    monkeypatch.setattr(encodings, "_packed", lambda _name: packed)
    with pytest.raises(ConfigError, match=r"ranks/o200k_base\.tiktoken\.xz: .*damaged.*fetch_ranks"):
        load_encoding("o200k_base")


def test_an_unknown_encoding_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'p50k_base' is not an encoding; known: cl100k_base, o200k_base"):
        load_encoding("p50k_base")
