"""Models behind an alias, and models that are shut down, in both lanes."""

import json

from semtel_ops.simulator.lexical_labels import NOTICE

MODELS = {
    "simulated-may": {"latency": {"base_ms": 5}},
    "simulated-nov": {"confusion": {"topic": {"technology": {"cooking": 1}}}},
    "simulated-latest": {"serves": [{"model": "simulated-may"}, {"model": "simulated-nov", "since": "2026-11-02"}]},
}
CONFIG = {"models": MODELS, "labels": {"model_bias": 0}, "any_model": False}


async def ask(client, body, model="simulated-latest"):
    return await client.post("/v1/chat/completions", json=body | {"model": model})


def told(reply):
    body = reply.json()
    return body["model"], body["system_fingerprint"], json.loads(body["choices"][0]["message"]["content"])["label"]


async def test_a_model_behind_an_alias_changes_on_its_date(simulator, chat_body):
    async with simulator({**CONFIG, "today": "2026-11-01"}) as client:
        before = told(await ask(client, chat_body()))
        await client.post("/_sim/config", json={"today": "2026-11-02"})
        after = told(await ask(client, chat_body()))
        named = told(await ask(client, chat_body(), "simulated-nov"))
        records = (await client.get("/_sim/requests")).json()["recent"]
    assert before[::2] == ("simulated-may", "technology")
    assert after[::2] == ("simulated-nov", "cooking")
    assert before[1] != after[1]
    assert all(fingerprint.startswith(f"{NOTICE} fp_") for fingerprint in (before[1], after[1]))
    assert after == named
    assert [(record["model"], record["served"]) for record in records[:2]] == [
        ("simulated-latest", "simulated-may"),
        ("simulated-latest", "simulated-nov"),
    ]
    assert [record["served_ms"] for record in records[:2]] == [5, 0], "the latency is that of the served model"


async def test_a_model_behind_an_alias_changes_after_seconds(simulator, chat_body, gated_clock):
    serves = [{"model": "simulated-nov"}, {"model": "simulated-plain", "after_s": 30}]
    models = {"simulated-nov": {}, "simulated-plain": {}, "simulated-latest": {"serves": serves}}
    async with simulator({"models": models}, gated_clock) as client:
        names = []
        for _ in range(3):
            names.append((await ask(client, chat_body())).json()["model"])
            await gated_clock.advance(15)
    assert names == ["simulated-nov", "simulated-nov", "simulated-plain"]


async def test_the_control_endpoint_changes_what_an_alias_serves(simulator, chat_body):
    async with simulator({**CONFIG, "today": "2026-01-01"}) as client:
        change = {"model": "simulated-latest", "serves": "simulated-nov"}
        assert (await client.get("/_sim/aliases")).json() == {"simulated-latest": "simulated-may"}
        assert (await client.post("/_sim/aliases", json=change)).json() == {"simulated-latest": "simulated-nov"}
        assert told(await ask(client, chat_body()))[0] == "simulated-nov"
        await client.post("/_sim/aliases", json=change | {"serves": None})
        assert told(await ask(client, chat_body()))[0] == "simulated-may"
        for wrong in ({"model": "simulated-may", "serves": None}, change | {"serves": "nonsense"}, {"serves": "x"}):
            assert (await client.post("/_sim/aliases", json=wrong)).status_code == 400


async def test_a_fingerprint_changes_without_the_name(simulator, chat_body):
    async with simulator({"models": {"m": {"fingerprint": "fp_1"}}}) as client:
        first = (await ask(client, chat_body(), "m")).json()
        await client.post("/_sim/config", json={"models": {"m": {"fingerprint": "fp_2"}}})
        second = (await ask(client, chat_body(), "m")).json()
    assert (first["system_fingerprint"], second["system_fingerprint"]) == (f"{NOTICE} fp_1", f"{NOTICE} fp_2")
    assert first["model"] == second["model"] == "m"


async def test_embeddings_name_the_served_model(simulator):
    async with simulator({**CONFIG, "today": "2026-11-03"}) as client:
        reply = (await client.post("/v1/embeddings", json={"model": "simulated-latest", "input": "hello"})).json()
    assert reply["model"] == "simulated-nov"


async def test_after_its_shutdown_date_a_model_is_refused_in_the_providers_words(simulator, chat_body):
    def dying(**more):
        return {"shutdown_date": "2026-12-11", **more}

    models = {
        "deprecated": dying(),
        "missing": dying(after_shutdown="missing"),
        "gone": dying(after_shutdown="gone"),
        "undead": dying(after_shutdown="answers"),
        "alias": {"serves": [{"model": "deprecated"}]},
    }
    async with simulator({"models": models, "today": "2026-12-10"}) as client:
        assert [(await ask(client, chat_body(), name)).status_code for name in models] == [200] * 5
        await client.post("/_sim/config", json={"today": "2026-12-11"})
        replies = {name: await ask(client, chat_body(), name) for name in models}
    assert {name: reply.status_code for name, reply in replies.items()} == {
        "deprecated": 404,
        "missing": 404,
        "gone": 410,
        "undead": 200,
        "alias": 404,
    }
    error = replies["deprecated"].json()["error"]
    assert error["code"] == "model_not_found"
    assert error["type"] == "invalid_request_error"
    assert error["message"].startswith("The model `deprecated` has been deprecated, learn more here:")
    assert "does not exist" in replies["missing"].json()["error"]["message"]


async def test_the_date_of_the_clock_counts_where_none_is_configured(simulator, chat_body, gated_clock):
    # The clock begins on 14 November 2023, 22:30 UTC.
    async with simulator({"models": {"m": {"shutdown_date": "2023-11-15"}}}, gated_clock) as client:
        first = (await ask(client, chat_body(), "m")).status_code
        await gated_clock.advance(2 * 3_600)
        assert (first, (await ask(client, chat_body(), "m")).status_code) == (200, 404)


async def run_batch(client, clock, bodies):
    lines = "".join(
        json.dumps({"custom_id": f"r{number}", "method": "POST", "url": "/v1/chat/completions", "body": body}) + "\n"
        for number, body in enumerate(bodies)
    )
    upload = await client.post("/v1/files", files={"file": ("in.jsonl", lines)}, data={"purpose": "batch"})
    wanted = {"input_file_id": upload.json()["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    job = (await client.post("/v1/batches", json=wanted)).json()
    await clock.advance(10)
    job = (await client.get(f"/v1/batches/{job['id']}")).json()
    if job["status"] != "completed":
        return job, []
    output = (await client.get(f"/v1/files/{job['output_file_id']}/content")).text
    return job, [json.loads(line)["response"]["body"] for line in output.splitlines()]


async def test_the_batch_lane_answers_as_the_realtime_lane_does(simulator, chat_body, gated_clock):
    bodies = [chat_body(f"code {number}", model="simulated-latest") for number in range(5)]
    async with simulator({**CONFIG, "today": "2026-11-03"}, gated_clock) as client:
        _, batch = await run_batch(client, gated_clock, bodies)
        realtime = [(await ask(client, body)).json() for body in bodies]
    told_by = [{(body["model"], body["system_fingerprint"]) for body in lane} for lane in (batch, realtime)]
    assert told_by[0] == told_by[1]
    assert {name for name, _ in told_by[0]} == {"simulated-nov"}
    assert {body["choices"][0]["message"]["content"] for body in batch} == {'{"label":"cooking"}'}


async def test_a_batch_for_a_model_that_is_shut_down_fails(simulator, chat_body, gated_clock):
    models = {"simulated-old": {"shutdown_date": "2026-10-23"}}
    async with simulator({"models": models, "today": "2026-11-03"}, gated_clock) as client:
        job, _ = await run_batch(client, gated_clock, [chat_body(model="simulated-old")])
    assert job["errors"]["data"][0]["code"] == "model_not_found"
