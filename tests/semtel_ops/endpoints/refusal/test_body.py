"""An error body of any shape is read as codes, statuses, parameters and words, without what else it has."""

import orjson
import pytest

from semtel_ops.endpoints.refusal.body import ErrorBody, plain_code, read_error_body


def read(body: object) -> ErrorBody:
    return read_error_body(orjson.dumps(body))


def test_codes_statuses_and_words_are_read_at_every_level() -> None:
    found = read({"error": {"code": 400, "message": "no", "type": "bad", "innererror": {"code": "Filter", "message": "why"}}})
    assert (found.code, found.codes, found.statuses) == ("Filter", {"bad", "filter"}, (400,))
    assert found.text == "no; why"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"type": "tokens", "code": "rate_limit_exceeded"}}, "rate_limit_exceeded"),
        ({"error": {"code": "1301", "type": "x"}}, "x"),
        ({"error": {"code": "1301"}}, "1301"),
        ({"error": {"code": 429}}, None),
        ({"error": {"code": "429", "type": "None"}}, None),
        ({"error_code": "BAD", "message": "no"}, "BAD"),
        ({"error": {"code": ["list"]}}, None),
        ({"error": {"code": True}}, None),
    ],
)
def test_the_most_telling_code_is_the_error_s(body: object, code: str | None) -> None:
    assert read(body).code == code


@pytest.mark.parametrize(
    ("detail", "parameters", "text"),
    [
        ("text", (), "text"),
        ([{"loc": ["body", "seed"], "msg": "Extra", "input": "what was said"}], ("seed",), "seed: Extra"),
        ([{"loc": ["body", "messages", 0, "content"], "msg": "no"}], ("messages.content",), "messages.content: no"),
        ({"loc": "query", "msg": "no"}, (), "no"),
        (["one", "two"], (), "one; two"),
        ([], (), ""),
        (7, (), ""),
    ],
)
def test_a_detail_contributes_where_and_what(detail: object, parameters: tuple[str, ...], text: str) -> None:
    found = read({"detail": detail})
    assert (found.parameters, found.text) == (parameters, text)


def test_only_a_verdict_that_filtered_counts() -> None:
    verdicts = {"hate": {"filtered": False, "severity": "safe"}, "violence": {"filtered": True}}
    assert "filtered" in read({"error": {"innererror": {"content_filter_result": verdicts}}}).fields
    assert "filtered" not in read({"error": {"innererror": {"content_filter_result": {"hate": {"filtered": False}}}}}).fields


def test_a_field_without_a_value_does_not_count() -> None:
    assert "reasons" not in read({"error": {"metadata": {"reasons": []}}}).fields
    assert "reasons" in read({"error": {"metadata": {"reasons": ["violence"]}}}).fields


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>what was said</body>", "502 Bad Gateway"),
        (b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Reduce</Message></Error>", "SlowDown; Reduce"),
        (b"<400> InvalidParameter: no", "<400> InvalidParameter: no"),
        (b"upstream connect error", "upstream connect error"),
        (b'"{\\"error\\": \\"no\\"}"', "no"),
        (b"\xff\xfe\x00", ""),
        (b"", ""),
    ],
)
def test_pages_and_texts_are_bodies_too(raw: bytes, text: str) -> None:
    assert read_error_body(raw).text == text


def test_a_deep_or_wide_body_is_read_to_a_bound() -> None:
    deep: object = "no"
    for _ in range(150):
        deep = {"error": deep}
    assert read(deep).text == ""
    assert len(read({"errors": [{"message": f"word {n}"} for n in range(10_000)]}).text) < 3_000
    assert read_error_body(b"x" * 5_000_000).text.startswith("x")


def test_codes_are_compared_without_case_and_separators() -> None:
    assert plain_code("Content-Filter") == plain_code("content_filter") == "contentfilter"
