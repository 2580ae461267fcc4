"""What is shown of a value holds no secret, and everything else unchanged."""

import pytest

from semtel_ops.settings.concealed import concealed, shown_name, without_credentials


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
