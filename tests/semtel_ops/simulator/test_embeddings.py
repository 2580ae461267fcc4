import base64
import struct

import pytest


async def embed(client, given, **more):
    return await client.post("/v1/embeddings", json={"model": "e", "input": given, **more})


async def test_texts_with_the_same_words_are_near_each_other(simulator):
    async with simulator() as client:
        reply = (await embed(client, ["bugs in my code", "my code has a bug", "baking bread"])).json()
    one, same, other = (entry["embedding"] for entry in reply["data"])

    def cosine(left, right):
        return sum(a * b for a, b in zip(left, right, strict=True))

    assert len(one) == 256
    assert cosine(one, one) == pytest.approx(1)
    assert cosine(one, same) > 0.5 > cosine(one, other)
    assert "not a language model" in reply["system_fingerprint"]


async def test_base64_carries_the_same_floats(simulator):
    async with simulator() as client:
        plain = (await embed(client, "hello world", dimensions=8)).json()["data"][0]["embedding"]
        packed = (await embed(client, "hello world", dimensions=8, encoding_format="base64")).json()["data"][0]["embedding"]
    assert struct.unpack("<8f", base64.b64decode(packed)) == pytest.approx(plain)


@pytest.mark.parametrize("given", [None, [], "", [""], ["a", None], ["a"] * 2_049, {"a": 1}])
async def test_an_input_that_is_no_text_is_400(simulator, given):
    async with simulator() as client:
        assert (await embed(client, given)).status_code == 400


async def test_tokens_are_an_input_too(simulator):
    async with simulator() as client:
        reply = await embed(client, [[1, 2, 3], [4]])
    assert len(reply.json()["data"]) == 2


async def test_quotas_and_faults_hold_here(simulator):
    async with simulator({"quota": {"rpm": 1}}) as client:
        assert [(await embed(client, "a")).status_code for _ in range(2)] == [200, 429]
        await client.post("/_sim/config", json={"quota": {"rpm": None}, "faults": {"500": 1}})
        assert (await embed(client, "a")).status_code == 500
