"""What is shown of a value holds no secret, and everything else unchanged."""

import time

import pytest

from semtel_ops.concealed import concealed, shown_name, without_credentials, without_quotes, without_secrets
from semtel_ops.errors import ConfigError


@pytest.mark.parametrize(
    "name", ["api_key", "key", "password", "client_secret", "token", "api_keys", "api_key_env", "Credential"]
)
def test_a_text_with_the_name_of_a_secret_is_hidden(name):
    assert concealed("sk-123", name) == "…"
    assert concealed(["sk-123"], name) == ["…"]
    assert concealed({name: "sk-123", "kind": "openai"}) == {name: "…", "kind": "openai"}


@pytest.mark.parametrize("name", ["max_tokens", "tokens", "kind", "keyboard", "environment", ""])
def test_other_texts_are_shown(name):
    assert concealed("many", name) == "many"


def test_numbers_and_nothing_are_never_hidden():
    assert concealed(5, "token") == 5
    assert concealed(None, "password") is None
    assert concealed("", "password") == ""


def test_what_is_nested_deeply_is_hidden():
    endless = []
    endless.append(endless)
    assert concealed(endless) == [[[["…"]]]]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host/v1", "https://host/v1"),
        ("https://me:pw@host/v1", "https://…@host/v1"),
        ("postgresql://me:p/w@rd@host/db", "postgresql://…@host/db"),
        ("https://host/blob?sv=1&sig=abc", "https://host/blob?…"),
        ("read s3://key:secret@bucket/a and https://u@h/b?c=d", "read s3://…@bucket/a and https://…@h/b?…"),
        ("me@example.com", "me@example.com"),
        ("why?", "why?"),
    ],
)
def test_urls_are_shown_without_user_password_and_query(url, shown):
    assert without_credentials(url) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("chats/week 47/part-00012-1234567890.jsonl.gz", "chats/week 47/part-00012-1234567890.jsonl.gz"),
        ("chats/ada@example.com.jsonl", "chats/….com.jsonl"),
        ("s3://key:secret@bucket/a.jsonl", "s3://…@bucket/a.jsonl"),
        ("a\n\x1b[31mb.jsonl", "a\ufffd\ufffd[31mb.jsonl"),
        ("why?.jsonl", "why?.jsonl"),
    ],
)
def test_the_name_of_a_file_has_no_address_no_credentials_and_one_line(name, shown):
    assert shown_name(name) == shown


def test_a_name_of_any_length_is_short_in_a_message():
    assert len(shown_name("x" * 10_000)) < 500


KEYS = [
    "sk-proj-abcdefghijkl", "ghp_0123456789abcdefABCD", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY0",
    "0123456789abcdef0123456789abcdef", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "xoxb-1234-5678-abcdefghij",
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_what_looks_like_a_key_is_hidden_in_any_text(key):
    assert key not in without_secrets(f"lane: {key} must be one of auto, realtime")
    assert key not in str(ConfigError("lane", key, "is not a lane"))
    assert key not in str(ConfigError(f"endpoints.0.{key}", 1, f"use {key}"))


@pytest.mark.parametrize(
    "text",
    [
        "gpt-4o-mini-2024-07-18", "include/config/pipeline.yaml:12", "must be at most 1,000,000", "OPENAI_API_KEY",
        "max_per_conversation", "/srv/chats/2026-W47/part-00012.jsonl.gz", "https://name.openai.azure.com/openai/v1",
        "Meta-Llama-3.1-8B-Instruct", "2026-11-18T12:00:00Z", "internationalization",
    ],
)  # fmt: skip
def test_ordinary_words_are_shown(text):
    assert without_secrets(text) == text


def test_looking_for_keys_takes_linear_time():
    started = time.process_time()
    for text in ("a1" * 100_000, "A/" * 100_000 + "1", "sk-" * 100_000, "-" * 200_000):
        without_secrets(text)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("problem", "shown"),
    [
        ("found undefined alias 'sk-1'", "found undefined alias …"),
        ("could not determine a constructor for the tag '!secret'", "could not determine a constructor for the tag …"),
        ("expected <block end>, but found '<scalar>'", "expected <block end>, but found '<scalar>'"),
        ("found character '%' that cannot start any token", "found character '%' that cannot start any token"),
    ],
)
def test_a_parser_is_quoted_without_what_it_quotes(problem, shown):
    assert without_quotes(problem) == shown
