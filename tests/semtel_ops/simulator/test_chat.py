import asyncio
import json

import pytest


async def ask(client, body, path="/v1/chat/completions", **headers):
    return await client.post(path, json=body, headers=headers)


def content(reply):
    return reply.json()["choices"][0]["message"]["content"]


async def test_a_reply_has_the_shape_of_openai_and_says_what_it_is(simulator, chat_body):
    async with simulator() as client:
        reply = await ask(client, chat_body())
    body = reply.json()
    assert reply.status_code == 200
    assert json.loads(content(reply)) == {"label": "technology"}
    assert body["object"] == "chat.completion"
    assert body["system_fingerprint"] == "simulated: lexical match, not a language model"
    assert body["choices"][0]["finish_reason"] == "stop"
    usage = body["usage"]
    # A quarter of the messages' bytes, rounded up; {"label":"technology"} is 22 bytes.
    size = sum(len(message["content"].encode()) for message in chat_body()["messages"])
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (-(-size // 4), 6)
    assert usage["total_tokens"] == usage["prompt_tokens"] + 6


async def test_flex_is_slower_and_says_so_in_its_reply_and_in_what_is_billed(simulator, chat_body):
    async with simulator({"latency": {"base_ms": 1}, "flex": {"slowdown": 3}}) as client:
        tiers = [(await ask(client, chat_body() | tier)).json()["service_tier"] for tier in ({}, {"service_tier": "flex"})]
        stats, recent = (await client.get("/_sim/stats")).json(), (await client.get("/_sim/requests")).json()
    assert tiers == ["default", "flex"]
    assert stats["billed_by_tier"] == {"default": 1, "flex": 1}
    assert (stats["distinct_bodies"], stats["answered_more_than_once"]) == (1, 1), "the same question at any tier"
    assert [seen["served_ms"] for seen in recent["recent"]] == [1.0, 3.0]


async def test_flex_without_room_is_refused_and_not_billed(simulator, chat_body):
    async with simulator({"flex": {"unavailable": 1}}) as client:
        reply = await ask(client, chat_body() | {"service_tier": "flex"})
        stats = (await client.get("/_sim/stats")).json()
    assert (reply.status_code, reply.json()["error"]["code"]) == (429, "resource_unavailable")
    assert stats["billed_by_tier"] == {}
    assert stats["output_tokens"] == 0


@pytest.mark.parametrize("tier", ["flex", "gold", ["flex"], {}])
async def test_a_model_without_flex_refuses_the_parameter(tier, simulator, chat_body):
    async with simulator({"flex": {"offered": False}}) as client:
        reply = await ask(client, chat_body() | {"service_tier": tier})
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "service_tier")


async def test_equal_configurations_give_equal_replies(simulator, chat_body):
    faults = {"faults": {"wrong_label": 0.3, "near_miss": 0.3, "500": 0.2}}

    async def replies():
        async with simulator(faults) as client:
            return [
                (reply.status_code, reply.json().get("choices"))
                for number in range(30)
                for reply in [await ask(client, chat_body(f"code {number}"))]
            ]

    assert await replies() == await replies()


@pytest.mark.parametrize(
    ("fault", "status", "retry_after", "says"),
    [
        ("429", 429, "1", "Rate limit"),
        ("429_bare", 429, None, "Too many"),
        ("429_absurd", 429, "86400", "86400"),
        ("500", 500, None, "server had an error"),
        ("503", 503, None, "overloaded"),
        ("content_filter_400", 400, None, "content management policy"),
    ],
)
async def test_faults_that_are_refusals(simulator, chat_body, fault, status, retry_after, says):
    async with simulator({"faults": {fault: 1}}) as client:
        reply = await ask(client, chat_body())
    assert (reply.status_code, reply.headers.get("retry-after")) == (status, retry_after)
    assert says in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("fault", "text", "finish"),
    [
        ("near_miss", '{"label":"technologys"}', "stop"),
        ("fenced", '```json\n{"label":"technology"}\n```', "stop"),
        ("empty", "", "stop"),
        ("length", '{"label":"t', "length"),
        ("content_filter", "", "content_filter"),
        ("refusal", None, "stop"),
        ("missing_member", "{}", "stop"),
    ],
)
async def test_faults_that_are_defective_replies(simulator, chat_body, fault, text, finish):
    async with simulator({"faults": {fault: 1}}) as client:
        reply = await ask(client, chat_body())
    choice = reply.json()["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == (text, finish)
    assert bool(choice["message"]["refusal"]) == (fault == "refusal")


async def test_prose_stands_around_the_json(simulator, chat_body):
    async with simulator({"faults": {"prose": 1}}) as client:
        text = content(await ask(client, chat_body()))
    assert not text.startswith("{")
    assert '{"label":"technology"}' in text


async def test_a_wrong_label_is_another_of_those_offered(simulator, chat_body):
    async with simulator({"faults": {"wrong_label": 1}}) as client:
        found = json.loads(content(await ask(client, chat_body())))
    assert found["label"] in {"cooking", "other"}


async def test_a_page_of_html_can_come_with_status_200(simulator, chat_body):
    async with simulator({"faults": {"not_json": 1}}) as client:
        reply = await ask(client, chat_body())
    assert (reply.status_code, reply.headers["content-type"][:9]) == (200, "text/html")


async def test_max_tokens_cuts_a_reply(simulator, chat_body):
    async with simulator() as client:
        reply = await ask(client, chat_body(max_tokens=3))
    assert reply.json()["choices"][0] | {"message": None} == {
        "index": 0,
        "message": None,
        "logprobs": None,
        "finish_reason": "length",
    }
    assert content(reply) == '{"label":"te'


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"messages": []}, 400, None),
        ({"messages": ["hello"]}, 400, None),
        ({"stream": True}, 400, "unsupported_value"),
        ({"model": ""}, 400, None),
        ({"model": "unheard-of"}, 404, "model_not_found"),
        ({"max_tokens": 2_000}, 400, "context_length_exceeded"),
        ({"response_format": {"type": "json_schema"}}, 400, None),
        ({"response_format": {"type": "json_object"}}, 400, None),
    ],
)
async def test_requests_that_a_provider_refuses(simulator, chat_body, change, status, code):
    config = {"any_model": False, "context_tokens": 1_000, "response_formats": ["json_schema"]}
    async with simulator(config) as client:
        reply = await ask(client, chat_body() | change)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


DEEP = b'{"model":"m","messages":[{"role":"user","content":"x"}],"deep":' + b"[" * 300 + b"]" * 300 + b"}"


@pytest.mark.parametrize("raw", [DEEP, b"", b"{", b"[]", b'{"model":"m","messages":[{"role":"user","content":"\\ud800"}]}'])
async def test_a_body_that_is_no_json_object_is_400(simulator, raw):
    async with simulator() as client:
        assert (await client.post("/v1/chat/completions", content=raw)).status_code == 400


async def test_keys_are_asked_for_in_both_dialects_and_never_shown(simulator, chat_body):
    async with simulator({"api_keys": ["s3cret"]}) as client:
        replies = [
            await ask(client, chat_body()),
            await ask(client, chat_body(), Authorization="Bearer wr0ng"),
            await ask(client, chat_body(), Authorization="Bearer s3cret"),
            await ask(client, chat_body(), **{"api-key": "s3cret"}),
        ]
        shown = await client.get("/_sim/config")
    assert [reply.status_code for reply in replies] == [401, 401, 200, 200]
    assert "wr0ng" not in replies[1].text
    assert "s3cret" not in shown.text


async def test_azure_names_the_deployment_in_the_path_and_needs_an_api_version(simulator, chat_body):
    path = "/openai/deployments/gpt-east/chat/completions"
    async with simulator({"models": {"gpt-east": {}}, "any_model": False}) as client:
        missing = await ask(client, chat_body(), path)
        reply = await ask(client, chat_body(), path + "?api-version=2024-10-21")
    assert missing.status_code == 404
    assert (reply.status_code, reply.json()["model"]) == (200, "gpt-east")


async def test_a_batch_deployment_refuses_realtime(simulator, chat_body):
    async with simulator({"models": {"b": {"batch_only": True}}}) as client:
        assert (await ask(client, chat_body(model="b"))).json()["error"]["code"] == "OperationNotSupported"


async def test_quotas_belong_to_models_and_headers_tell_them(simulator, chat_body, gated_clock):
    async with simulator({"quota": {"rpm": 1}}, gated_clock) as client:
        first = await ask(client, chat_body(model="a"))
        refused = await ask(client, chat_body(model="a"))
        other = await ask(client, chat_body(model="b"))
        await gated_clock.advance(60)
        later = await ask(client, chat_body(model="a"))
    assert [reply.status_code for reply in (first, refused, other, later)] == [200, 429, 200, 200]
    assert first.headers["x-ratelimit-remaining-requests"] == "0"
    assert (refused.headers["retry-after"], refused.headers["x-ratelimit-limit-requests"]) == ("60", "1")
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"


async def test_azure_says_in_its_own_words_when_to_retry(simulator, chat_body, gated_clock):
    async with simulator({"quota": {"style": "azure", "tpm": 150}}, gated_clock) as client:
        assert (await ask(client, chat_body())).status_code == 200
        await gated_clock.advance(20)
        refused = await ask(client, chat_body())
    assert "Please retry after 40 seconds" in refused.json()["error"]["message"]
    assert refused.headers["retry-after-ms"] == "40000"


async def test_beyond_slots_and_queue_requests_are_refused(simulator, chat_body, gated_clock):
    config = {"capacity": {"slots": 2, "queue": 1}, "latency": {"base_ms": 1_000}}
    async with simulator(config, gated_clock) as client:
        asked = [asyncio.create_task(ask(client, chat_body(f"code {number}"))) for number in range(4)]
        await gated_clock.advance(5)
        statuses = [(await one).status_code for one in asked]
        stats = (await client.get("/_sim/stats")).json()
    assert statuses == [200, 200, 200, 503]
    assert stats["peak_in_flight"] == 4
    used = stats["capacity"]["simulated-small"]
    assert (used["peak_serving"], used["peak_waiting"]) == (2, 1)
    assert used["slot_seconds_served"] == pytest.approx(3)


async def test_an_outage_begins_and_ends_and_can_be_ordered_while_it_runs(simulator, chat_body, gated_clock):
    async with simulator({}, gated_clock) as client:
        await client.post("/_sim/config", json={"outages": [{"after_s": 10, "for_s": 5, "how": "503"}]})
        statuses = []
        for _ in range(4):
            statuses.append((await ask(client, chat_body())).status_code)
            await gated_clock.advance(6)
    assert statuses == [200, 200, 503, 200]


async def test_a_bad_change_changes_nothing(simulator, chat_body):
    async with simulator() as client:
        for bad in ({"faults": {"500": 3}}, {"nonsense": 1}, [], {"quota": {"rpm": "many"}}):
            reply = await client.post("/_sim/config", json=bad)
            assert reply.status_code == 400
            assert reply.json()["error"]["message"]
        assert (await ask(client, chat_body())).status_code == 200


async def test_the_statistics_prove_what_was_asked_twice_and_answered_twice(simulator, chat_body):
    async with simulator() as client:
        await ask(client, chat_body("code one"))
        await client.post("/_sim/config", json={"faults": {"500": 1}})
        await ask(client, chat_body("code two"))
        await client.post("/_sim/config", json={"faults": {}})
        await ask(client, chat_body("code two"))
        once = (await client.get("/_sim/requests")).json()
        reordered = dict(reversed(chat_body("code one").items()))
        await ask(client, reordered)
        twice = (await client.get("/_sim/requests?limit=1")).json()
        none = (await client.get("/_sim/requests?limit=0")).json()
        cleared = (await client.delete("/_sim/stats")).json()
    assert (once["distinct_bodies"], once["asked_more_than_once"], once["answered_more_than_once"]) == (2, 1, 0)
    assert [seen["answered"] for seen in once["recent"]] == [True, False, True]
    assert twice["answered_more_than_once"] == 1
    assert (len(twice["recent"]), none["recent"]) == (1, [])
    assert "code one" not in json.dumps(once)
    assert cleared["requests"] == 0


async def test_unknown_paths_are_404_in_json(simulator):
    async with simulator() as client:
        reply = await client.get("/v1/nonsense")
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "unknown_url")


async def test_models_are_listed_as_simulated(simulator):
    async with simulator() as client:
        found = (await client.get("/v1/models")).json()
        healthy = (await client.get("/healthz")).json()
    assert [model["id"] for model in found["data"]] == ["simulated-small", "simulated-large"]
    assert "not a language model" in found["data"][0]["owned_by"]
    assert healthy["status"] == "ok"
