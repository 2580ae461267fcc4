"""The provider's words stay, what may be the request or a key goes."""

import time

import orjson
import pytest

from semtel_ops.endpoints.refusal.provider_words import MAX_SHOWN, shown, without_quotations

LONG = "a sentence of a conversation that is longer than that"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("'seed' is not supported", "'seed' is not supported"),
        (f"no: '{LONG}'", "no: '…'"),
        (f"no: '{LONG}' here", "no: '…' here"),
        (
            "it's what you can't say, isn't it? You don't know and won't",
            "it's what you can't say, isn't it? You don't know and won't",
        ),
        (f"[type=x, input_value={LONG}, input_type=str]", "[type=x, input_type=str]"),
        (f"[type=x, input_value={LONG}", "[type=x"),
        (f"{{'loc': 1, 'input': '{LONG}'", "{'loc': 1"),
        (f"Extra inputs are not permitted, field: 'seed', value: '{LONG}'", "Extra inputs are not permitted, field: 'seed'"),
        ("Unsupported value: 'temperature' does not support 0", "Unsupported value: 'temperature' does not support 0"),
        ("key sk-abcdefgh12345 is wrong", "key … is wrong"),
        ("a\r\n\tb\x00c", "a b c"),
    ],
)
def test_quotations_values_and_keys_go(text: str, left: str) -> None:
    assert without_quotations(text) == left


@pytest.mark.parametrize(
    ("text", "request_says", "left"),
    [
        (f"Cannot read {LONG}!", LONG, "Cannot read …!"),
        (f"Cannot read {LONG.upper()}!", LONG, "Cannot read …!"),
        ("Cannot read my secret-diary of 2024!", "MY SECRET (diary) of 2024?", "Cannot read my secret-diary of 2024!"),
        ("Cannot read my very secret-diary of 2024!", "MY VERY SECRET (diary) of 2024?", "Cannot read …!"),
        (f"{LONG} and {LONG}", LONG, "… and …"),
        ("İİİİİİİİİİİİİİİİİİİİİİİİİ no", "İİİİİİİİİİİİİİİİİİİİİİİİİ", "İİİİİİİİİİİİİİİİİİİİİİİİİ no"),
        ("nothing in common", LONG, "nothing in common"),
    ],
)
def test_what_the_request_says_goes(text: str, request_says: str, left: str) -> None:
    assert shown(text, orjson.dumps({"messages": [{"content": request_says}]})) == left


def test_a_text_is_cut_and_a_long_request_is_compared_in_time() -> None:
    sent = orjson.dumps({"messages": [{"content": "ab" * 200_000}]})
    started = time.process_time()
    assert len(shown("ab " * 10_000, sent)) <= MAX_SHOWN
    assert len(without_quotations("'a" * 50_000)) < 5_000
    assert len(without_quotations("a" * 50_000 + "***")) < 5_000
    assert time.process_time() - started < 2.0
