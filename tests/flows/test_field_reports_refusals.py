"""Refusals as public reports show them, played over real sockets: each row gets its true status, and the run goes on."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.played_endpoint import Played, Reply, answer, classify, refusal

ROWS = {f"c{n}": f"number {n}." for n in range(12)}
LONG = "long " * 2_000


def sound(_: int, __: dict[str, Any]) -> Reply:
    return answer()


def asked_about(body: dict[str, Any]) -> str:
    return str(body["messages"][-1]["content"])


ONE_INPUT = {
    "flag403, openrouter.ai API errors page": (
        refusal(403, {"error": {"code": 403, "message": "Your input was flagged", "metadata": {"reasons": ["violence"]}}}),
        "refused",
    ),
    "flag403, UKGovernmentBEIS/inspect_ai#2267": (
        refusal(403, {"code": "permission-denied", "error": "Content violates usage guidelines. "}),
        "refused",
    ),
    "invalidprompt, alan-turing-institute/t0-1#69": (
        refusal(400, {"error": {"message": "Invalid prompt: your prompt was flagged", "code": "invalid_prompt"}}),
        "refused",
    ),
    "filterstring": (refusal(400, json.dumps(json.dumps({"error": {"code": "content_filter", "message": "no"}}))), "refused"),
    "filtertext": (refusal(400, "The request was blocked by the content filter."), "refused"),
    "moderated, deepseek-ai/DeepSeek-V2#30": (refusal(400, {"detail": "Content Exists Risk"}), "refused"),
    "nanreply, madroidmaq/mlx-omni-server#56": (
        Reply(200, answer(logprobs=None).body.replace(b'"logprobs": null', b'"logprobs": NaN')),
        "success",
    ),
    "sse": (
        Reply(
            200,
            b'data: {"choices":[{"delta":{"content":"{\\"label\\": \\"yes\\"}"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
        ),
        "success",
    ),
}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A run in which each input of `ONE_INPUT` gets its reply, and a dozen others are answered."""
    replies = {f"case {n}.": reply for n, (reply, _) in enumerate(ONE_INPUT.values())}
    once: set[str] = set()

    def play(_: int, body: dict[str, Any]) -> Reply:
        text = asked_about(body)
        if "generate once" in text and text not in once:
            once.add(text)
            failed = {"message": "Failed to generate JSON.", "code": "json_validate_failed", "failed_generation": "{"}
            return refusal(400, {"error": failed})
        return next((reply for words, reply in replies.items() if words in text), answer())

    texts = {name: f"case {n}." for n, name in enumerate(ONE_INPUT)} | ROWS | {"groqjson, drnic/groq-ruby#12": "generate once"}
    return classify(tmp_path_factory.mktemp("mixed"), play, texts=texts)


@pytest.mark.parametrize("report", list(ONE_INPUT))
def test_one_input_is_one_row_with_its_true_status(mixed: Played, report: str) -> None:
    assert mixed.exit_code == 0, mixed.shown
    assert mixed.rows[report] == ONE_INPUT[report][1]


def test_the_rest_of_the_run_goes_on(mixed: Played) -> None:
    assert {mixed.rows[key] for key in ROWS} == {"success"}
    assert mixed.rows["groqjson, drnic/groq-ruby#12"] == "success", "an upstream failure is retried"


TOO_LONG = {
    "llamactx, ggml-org/llama.cpp#15780": refusal(
        400, {"error": {"message": "the request exceeds the available context size", "type": "exceed_context_size_error"}}
    ),
    "groq413, continuedev/continue#10218": refusal(
        413,
        {
            "error": {
                "message": "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 14137, please reduce "
                "your message size and try again.",
                "code": "rate_limit_exceeded",
            }
        },
    ),
    "vllmctx, stepfun-ai/Step-Audio-R1#3": refusal(
        400,
        {
            "message": "'max_tokens' or 'max_completion_tokens' is too large: 512. This model's maximum context length is 4096 tokens "
            "and your request has 9000 input tokens"
        },
    ),
}


def test_a_text_that_is_too_long_is_shortened_and_sent_again(tmp_path: Path) -> None:
    replies = list(TOO_LONG.values())

    def play(_: int, body: dict[str, Any]) -> Reply:
        text = asked_about(body)
        case = next((n for n in range(len(replies)) if f"case {n}." in text), None)
        return answer() if case is None or len(text) < 6_000 else replies[case]

    run = classify(tmp_path, play, texts=ROWS | {name: f"case {n}. {LONG}" for n, name in enumerate(TOO_LONG)})
    assert run.exit_code == 0, run.shown
    assert run.statuses == {"success": 15}
    assert {name for body in run.asked[0] for name in body if name.startswith("max_")} == {"max_tokens"}, "the dialect stayed"


PAID = refusal(402, {"error": {"message": "Insufficient Balance", "type": "unknown_error", "code": "invalid_request_error"}})
GONE = refusal(400, {"error": {"message": "The model `m` has been decommissioned", "code": "model_decommissioned"}})
MOVED = refusal(308, "", location="https://new.example/v1?key=secret")


@pytest.mark.parametrize(
    ("unusable", "reason"),
    [
        pytest.param(PAID, "Insufficient Balance", id="pay402, continuedev/continue#11387"),
        pytest.param(GONE, "decommissioned", id="decomm, console.groq.com/docs/deprecations"),
        pytest.param(MOVED, "moved to https://new.example", id="redirect"),
    ],
)
def test_an_endpoint_that_refuses_everybody_is_left_and_without_another_the_run_says_why(
    tmp_path: Path, unusable: Reply, reason: str
) -> None:
    def play(_: int, __: dict[str, Any]) -> Reply:
        return unusable

    for name in ("two", "one"):
        (tmp_path / name).mkdir()
    two = classify(tmp_path / "two", play, sound, texts=ROWS)
    assert two.exit_code == 0, two.shown
    assert two.statuses == {"success": 12}
    assert len(two.asked[1]) == 12
    one = classify(tmp_path / "one", play, texts=ROWS)
    assert one.exit_code != 0
    assert reason in one.shown
    assert "secret" not in one.shown


def by_detail(body: dict[str, Any]) -> Reply | None:
    """mistralai/platform-docs-public#7, then the Python server of llama.cpp, ggml-org/llama.cpp#23463"""
    if "temperature" in body:
        return refusal(
            422, {"detail": [{"loc": ["body", "temperature"], "msg": "Extra inputs are not permitted", "input": 0.0}]}
        )
    if body["response_format"]["type"] == "json_schema":
        said = "'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text' or 'json_object'\""
        return refusal(500, {"error": {"message": f"[{{'type': 'literal_error', {said}}}]", "type": "internal_server_error"}})
    return None


def by_words(body: dict[str, Any]) -> Reply | None:
    """FuzzAnything/PromptFuzz#42, vllm-project/vllm#16321, then noonghunna/club-3090#45"""
    form = body.get("response_format", {})
    if "temperature" in body:
        return refusal(400, [{"error": {"code": 400, "message": 'Unknown name "temperature": Cannot find field.'}}])
    if form.get("type") == "json_schema":
        return refusal(400, {"message": "The provided JSON schema contains features not supported by xgrammar.", "code": 400})
    return (
        refusal(500, {"error": {"message": 'Grammar error: Unimplemented keys: ["propertyNames"]'}})
        if "schema" in form
        else None
    )


@pytest.mark.parametrize("refuses", [by_detail, by_words])
def test_a_form_that_is_refused_is_sent_in_another(tmp_path: Path, refuses: Callable[[dict[str, Any]], Reply | None]) -> None:
    run = classify(tmp_path, lambda _, body: refuses(body) or answer(), texts=ROWS)
    assert run.exit_code == 0, run.shown
    assert run.statuses == {"success": 12}
    assert run.asked[0][-1]["response_format"]["type"] == "json_object"


@pytest.mark.parametrize("in_milliseconds", [False, True], ids=["CortexLM/cortex-code#407", "Gitlawb/openclaude#936"])
def test_a_reset_in_seconds_since_1970_stops_nobody(tmp_path: Path, in_milliseconds: bool) -> None:
    def play(number: int, _: dict[str, Any]) -> Reply:
        reset = (time.time() + 30) * (1_000 if in_milliseconds else 1)
        names = ("limit-requests", "remaining-requests", "reset-requests")
        values = ("6000", str(6_000 - number), str(int(reset)))
        return answer()._replace(headers={f"x-ratelimit-{name}": value for name, value in zip(names, values, strict=True)})

    run = classify(tmp_path, play, texts={f"c{n}": f"number {n}." for n in range(150)})
    assert run.statuses == {"success": 150}
    assert run.seconds < 60


def test_a_wait_until_a_date_is_waited_for(tmp_path: Path) -> None:
    """interviewstreet/hiring-agent#386"""
    times: list[float] = []

    def play(number: int, _: dict[str, Any]) -> Reply:
        times.append(time.monotonic())
        if number > 1:
            return answer()
        date = "Thu, 06 Mar 2025 22:27:{:02} GMT".format
        return refusal(429, {"error": {"message": "Rate limit reached"}}, retry_after=date(12), date=date(10))

    assert classify(tmp_path, play, texts={"c0": "number 0."}).statuses == {"success": 1}
    assert 2.0 <= times[1] - times[0] < 10.0
