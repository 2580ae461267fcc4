"""Models that reason before they answer, and parameters that models refuse."""

import json

import pytest

from semtel_ops.simulator.model_config import ReasoningConfig
from semtel_ops.simulator.reasoning import reasoning_tokens

TOKENS = {"none": 0, "low": 100, "high": 1_000}
THINKING = {
    "models": {"m": {"reasoning": {"tokens": TOKENS, "default": "low", "spread": 0}, "latency": {"per_output_token_ms": 0.01}}}
}


async def ask(client, body, **more):
    body = {key: value for key, value in (body | {"model": "m"} | more).items() if value is not None}
    return await client.post("/v1/chat/completions", json=body)


async def test_reasoning_tokens_are_output_and_take_time(simulator, chat_body):
    async with simulator(THINKING) as client:
        replies = [
            (await ask(client, chat_body(), max_tokens=None, max_completion_tokens=5_000, **effort)).json()
            for effort in ({}, {"reasoning_effort": "none"}, {"reasoning_effort": "high"})
        ]
        stats = (await client.get("/_sim/stats")).json()
        recent = (await client.get("/_sim/requests")).json()["recent"]
    usages = [reply["usage"] for reply in replies]
    assert [usage["completion_tokens_details"]["reasoning_tokens"] for usage in usages] == [100, 0, 1_000]
    # {"label":"technology"} is 22 bytes: 6 tokens.
    assert [usage["completion_tokens"] for usage in usages] == [106, 6, 1_006]
    assert all(usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] for usage in usages)
    assert [seen["served_ms"] for seen in recent] == pytest.approx([1.06, 0.06, 10.06])
    assert (stats["output_tokens"], stats["reasoning_tokens"]) == (1_118, 1_100)


@pytest.mark.parametrize(
    ("limit", "text", "finish", "reasoning"),
    [
        (90, "", "length", 90),
        (100, "", "length", 100),
        (102, '{"label"', "length", 100),
        (106, '{"label":"technology"}', "stop", 100),
    ],
)
async def test_reasoning_counts_against_the_limit_of_tokens(limit, text, finish, reasoning, simulator, chat_body):
    async with simulator(THINKING) as client:
        reply = (await ask(client, chat_body(), max_tokens=limit)).json()
    choice = reply["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == (text, finish)
    assert reply["usage"]["completion_tokens_details"]["reasoning_tokens"] == reasoning
    assert reply["usage"]["completion_tokens"] <= limit


@pytest.mark.parametrize("effort", ["xhigh", 3, ["low"]])
async def test_an_effort_that_the_model_does_not_know_is_refused_by_name(effort, simulator, chat_body):
    async with simulator(THINKING) as client:
        reply = await ask(client, chat_body(), reasoning_effort=effort)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["param"]) == (400, "unsupported_value", "reasoning_effort")
    assert "Supported values are: 'none', 'low', and 'high'." in error["message"]


@pytest.mark.parametrize(
    ("refuses", "given", "code"),
    [
        ("reasoning_effort", {"reasoning_effort": "low"}, "unsupported_parameter"),
        ("max_tokens", {}, "unsupported_parameter"),
        ("seed", {"seed": 3}, "unsupported_parameter"),
        ("temperature", {"temperature": 0}, "unsupported_value"),
        ("temperature", {"temperature": 1}, None),
        ("top_p", {}, None),
        ("reasoning_effort", {}, None),
    ],
)
async def test_parameters_that_a_model_refuses(refuses, given, code, simulator, chat_body):
    async with simulator({"models": {"m": {"refuses": [refuses]}}}) as client:
        reply = await ask(client, chat_body(), **given)
    if code is None:
        assert reply.status_code == 200
    else:
        error = reply.json()["error"]
        assert (reply.status_code, error["code"], error["param"]) == (400, code, refuses)
        assert refuses in error["message"]


async def test_a_plain_model_ignores_the_effort_and_shows_no_details(simulator, chat_body):
    async with simulator() as client:
        reply = await ask(client, chat_body(), reasoning_effort="high")
    assert "completion_tokens_details" not in reply.json()["usage"]


async def test_a_batch_sums_up_reasoning_tokens_and_refuses_line_by_line(simulator, chat_body, gated_clock):
    bodies = [chat_body(model="m", max_tokens=1_000), chat_body(model="m", reasoning_effort="nonsense")]
    lines = "".join(
        json.dumps({"custom_id": str(number), "method": "POST", "url": "/v1/chat/completions", "body": body}) + "\n"
        for number, body in enumerate(bodies)
    )
    async with simulator(THINKING, gated_clock) as client:
        upload = await client.post("/v1/files", files={"file": ("in.jsonl", lines)}, data={"purpose": "batch"})
        wanted = {"input_file_id": upload.json()["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        job = (await client.post("/v1/batches", json=wanted)).json()
        await gated_clock.advance(10)
        job = (await client.get(f"/v1/batches/{job['id']}")).json()
        errors = (await client.get(f"/v1/files/{job['error_file_id']}/content")).text
    assert job["usage"]["output_tokens_details"]["reasoning_tokens"] == 100
    assert job["request_counts"] == {"total": 2, "completed": 1, "failed": 1}
    assert json.loads(errors)["response"]["body"]["error"]["code"] == "unsupported_value"


def test_tokens_of_reasoning_vary_around_the_mean_and_are_the_same_for_the_same_request():
    config = ReasoningConfig(tokens={"low": 100}, default="low", spread=0.5)
    drawn = [reasoning_tokens(config, "low", draw_key=(number,)) for number in range(500)]
    assert drawn == [reasoning_tokens(config, "low", draw_key=(number,)) for number in range(500)]
    assert 50 <= min(drawn) < 60
    assert 140 < max(drawn) <= 150
    # Uniform from 50 to 150: the mean of 500 has a standard error of 1.3.
    assert 95 < sum(drawn) / 500 < 105
