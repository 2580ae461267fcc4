"""A refusal keeps the provider's words, and never repeats the request or a key."""

import orjson
import pytest

from semtel_ops.endpoints.refusal import error_from_response, has_error
from semtel_ops.endpoints.refusal.provider_words import MAX_SHOWN
from semtel_ops.errors import EndpointErrorKind as Kind

SAID = "I'm a person and this is what I said to the assistant"


def body(message: object, **more: object) -> bytes:
    return orjson.dumps({"error": {"message": message, **more}})


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b'{"error": "text"}', b'{"error": 7}', b"\xff\xfe", b"null", b"0"])
def test_a_refusal_that_is_not_an_error_body_is_still_a_refusal(raw: bytes) -> None:
    assert error_from_response("east", 502, {}, raw).kind is Kind.SERVER_ERROR


@pytest.mark.parametrize(
    ("status", "raw", "message"),
    [
        (400, body("no", code="content_filter"), "east: HTTP 400 content_filter: no"),
        (400, body("no", type="invalid_request_error", code=400), "east: HTTP 400: no"),
        (400, body("no", type="exceed_context_size_error", code=400), "east: HTTP 400 exceed_context_size_error: no"),
        (502, b"<html><head><title>502 Bad Gateway</title></head><body>text</body></html>", "east: HTTP 502: 502 Bad Gateway"),
        (500, b"Internal Server Error", "east: HTTP 500: Internal Server Error"),
        (503, b"", "east: HTTP 503"),
        (
            422,
            b'{"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs", "input": 7}]}',
            "east: HTTP 422: seed: Extra inputs",
        ),
        (200, body("no", code=502), "east: HTTP 200 with an error: no"),
        (
            429,
            body("Provider returned error", metadata={"raw": "slow down"}),
            "east: HTTP 429: Provider returned error; slow down",
        ),
        (500, body("two\nlines\x00 and\u2028more"), "east: HTTP 500: two lines and more"),
    ],
)
def test_the_message_says_what_the_provider_says(status: int, raw: bytes, message: str) -> None:
    assert str(error_from_response("east", status, {}, raw)) == message


@pytest.mark.parametrize(
    "message", ['The model\'s context is full. Request: "{}"', "You can't send '{}'.", "Invalid value: “{}”, `{}`"]
)
def test_what_a_refusal_quotes_is_not_repeated_whatever_apostrophes_there_are(message: str) -> None:
    error = error_from_response("east", 400, {}, body(message.format(SAID, SAID)))
    assert "said to the assistant" not in str(error)
    assert str(error) == f"east: HTTP 400: {message.format('…', '…')}"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(body(f"Invalid value: '{SAID}"), id="cut-quotation"),
        pytest.param(
            orjson.dumps({"detail": [{"loc": ["body", "messages", 0], "msg": "Field required", "input": SAID}]}), id="input"
        ),
        pytest.param(
            orjson.dumps({"detail": [{"loc": ["body", SAID], "msg": "no", "input": {"role": "user", "content": SAID}}]}),
            id="loc",
        ),
        pytest.param(body(str([{"type": "missing", "loc": ("body",), "msg": "no", "input": {"content": SAID}}])), id="python"),
        pytest.param(body(str([{"type": "missing", "msg": "no", "input": {"content": SAID}}])[:-20]), id="cut-python"),
        pytest.param(
            body(f"1 validation error\ncontent\n  Input should be valid [type=x, input_value={SAID}, input_type=str]"),
            id="input-value",
        ),
        pytest.param(body("no", failed_generation=SAID), id="failed-generation"),
        pytest.param(body("no", metadata={"flagged_input": SAID, "reasons": ["x"]}), id="flagged-input"),
        pytest.param(body("no", request={"messages": [{"content": SAID, "message": SAID}]}), id="request"),
        pytest.param(orjson.dumps({"error": "no", "messages": [{"message": SAID}]}), id="echo"),
        pytest.param(f"<html><title>400</title><body>{SAID}</body></html>".encode(), id="page"),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_field_or_quotation_with_the_request_is_not_shown(raw: bytes, status: int) -> None:
    assert "said to the assistant" not in str(error_from_response("east", status, {}, raw))


def test_what_the_request_said_is_not_shown_without_quotation_marks_either() -> None:
    sent = orjson.dumps({"messages": [{"role": "user", "content": f"Hello. {SAID}. Bye."}]})
    error = error_from_response("east", 400, {}, body(f"Cannot parse {SAID.upper()}, sorry"), sent=sent)
    assert str(error) == "east: HTTP 400: Cannot parse …, sorry"


@pytest.mark.parametrize("sent", [b"", b"{}", b"no json", b'{"messages": 7}', b'{"messages": [{"content": [{"text": "x"}]}]}'])
def test_any_request_body_may_have_been_sent(sent: bytes) -> None:
    assert "slow down" in str(error_from_response("east", 429, {}, body("slow down"), sent=sent))


@pytest.mark.parametrize(
    "key", ["sk-proj-abcdefgh12345678", "sk-abc*****xyz", "gsk_abcdefgh123", "AIzaSyA-1234567890abcdefghij", "Bearer abc.def"]
)
def test_a_key_is_not_repeated(key: str) -> None:
    error = error_from_response("east", 401, {}, body(f"Incorrect API key provided: {key}. See the docs."))
    assert str(error).startswith("east: HTTP 401: Incorrect API key provided: …")
    assert key not in str(error)


def test_a_message_is_cut() -> None:
    error = error_from_response("east", 400, {}, body("word " * 1_000))
    assert len(str(error)) <= len("east: HTTP 400: ") + MAX_SHOWN
    assert str(error).endswith("…")


def test_a_code_that_is_a_sentence_is_words() -> None:
    error = error_from_response("east", 403, {}, orjson.dumps({"code": "You may not do this", "error": "Denied"}))
    assert error.code is None
    assert "You may not do this" in str(error)


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://new.example/v1/chat?key=secret", "moved to https://new.example"),
        ("https://user:secret@new.example:8443/secret", "moved to https://new.example:8443"),
        ("/secret/v2", "moved to another path of the same host"),
        ("", "moved to another address"),
        ("http://[", "moved to another address"),
        ("https://x:99999999/", "moved to another address"),
    ],
)
def test_a_redirect_names_the_new_host_and_nothing_else(location: str, words: str) -> None:
    error = error_from_response("east", 308, {"location": location}, b"<html>moved, secret</html>")
    assert error.kind is Kind.DEPLOYMENT
    assert str(error) == f"east: HTTP 308: {words}"


@pytest.mark.parametrize(
    ("headers", "raw", "wait_s"),
    [
        pytest.param({"retry-after": "3"}, body("slow", retry_after=9), 3.0, id="the-header-first"),
        pytest.param({}, body("slow", retry_after=9.5), 9.5, id="retry_after"),
        pytest.param({}, body("slow", details=[{"retryDelay": "13s"}]), 13.0, id="gemini-RetryInfo"),
        pytest.param({}, body("Please try again in 9m38.016s."), 578.016, id="groq-continuedev/continue#10920"),
        pytest.param({}, body("Please try again in 20ms. Visit the page."), 0.02, id="openai"),
        pytest.param({}, body("Please retry after 86400 seconds."), 86_400.0, id="azure"),
        pytest.param({}, body("Please retry in 13.5s."), 13.5, id="gemini-words"),
        pytest.param({}, body("request reached max request: 3, please try again after 1 seconds"), 1.0, id="moonshot"),
        pytest.param({}, orjson.dumps({"error": "loading", "estimated_time": 20.5}), 20.5, id="huggingface"),
        pytest.param({"retry-after": "soon"}, body("slow"), None, id="unreadable"),
        pytest.param({}, body("slow", retry_after="NaN"), None, id="nan"),
        pytest.param({}, body("slow", retry_after=-1), None, id="negative"),
    ],
)
def test_a_wait_is_read_from_headers_or_body(headers: dict[str, str], raw: bytes, wait_s: float | None) -> None:
    assert error_from_response("east", 429, headers, raw).retry_after_s == wait_s


def test_a_wait_until_a_date_is_read_against_our_clock() -> None:
    headers = {"Retry-After": "Thu, 06 Mar 2025 22:27:10 GMT"}
    assert error_from_response("east", 429, headers, b"", now=1_741_300_000.0).retry_after_s == 30.0


def test_quota_headers_in_a_body_count_as_headers() -> None:
    raw = body(
        "slow", metadata={"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1741305600000", "x-other": "7"}}
    )
    error = error_from_response("east", 429, {"X-RateLimit-Remaining": "1", "set-cookie": "secret"}, raw)
    assert error.headers == {"x-ratelimit-remaining": "1", "x-ratelimit-reset": "1741305600000"}


@pytest.mark.parametrize(
    ("data", "is_error"),
    [
        ({"error": {"message": "no"}}, True), ({"error": "no"}, True), ([{"error": {"code": 400}}], True), ({"detail": "no"}, True),
        ({"error": None, "choices": []}, False), ({}, False), ([], False), (None, False), ("error", False), ([7], False),
    ],
)  # fmt: skip
def test_an_error_in_place_of_a_completion_is_noticed(data: object, is_error: bool) -> None:
    assert has_error(data) is is_error
