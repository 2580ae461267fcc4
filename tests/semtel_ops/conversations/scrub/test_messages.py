import pytest

from semtel_ops.conversations.scrub import scrub_message


@pytest.mark.parametrize(
    ("message", "scrubbed"),
    [
        ("HTTP 401: Incorrect API key provided: sk-abcdEFGH1234567890abcdEFGH1234567890", "HTTP 401: Incorrect API key provided: [SECRET]"),
        ("account jane.doe@example.com has no credit", "account [EMAIL] has no credit"),
        ("two\nlines\tand\x00 marks\x1b[31m", "two lines and marks [31m"),
        ("the model `gpt-4o-mini` does not exist", "the model `gpt-4o-mini` does not exist"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_message_is_one_line_without_keys_and_people(message: str, scrubbed: str) -> None:
    assert scrub_message(message) == scrubbed


def test_a_long_message_is_cut() -> None:
    assert scrub_message("word " * 1_000, 20) == "word word word word…"
