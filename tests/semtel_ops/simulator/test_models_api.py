import pytest

MODELS = {
    "simulated-a": {"shutdown_date": "2027-01-14"},
    "simulated-b": {},
    "simulated-old": {"shutdown_date": "2026-10-23"},
    "simulated-latest": {"serves": [{"model": "simulated-a"}]},
}
CONFIG = {"models": MODELS, "today": "2026-12-01", "any_model": False}


@pytest.mark.parametrize("path", ["/v1/models", "/openai/v1/models", "/openai/models?api-version=2024-10-21"])
async def test_models_are_listed_with_their_shutdown_date_until_they_are_gone(path, simulator):
    async with simulator(CONFIG) as client:
        found = (await client.get(path)).json()
    assert found["object"] == "list"
    assert {model["id"]: model["shutdown_date"] for model in found["data"]} == {
        "simulated-a": "2027-01-14",
        "simulated-b": None,
        "simulated-latest": None,
    }


async def test_one_model_is_shown_or_is_404(simulator):
    async with simulator(CONFIG) as client:
        shown = await client.get("/v1/models/simulated-a")
        old, unknown = [await client.get(f"/v1/models/{name}") for name in ("simulated-old", "org/unknown")]
    assert shown.json()["shutdown_date"] == "2027-01-14"
    assert shown.json()["object"] == "model"
    assert [reply.status_code for reply in (old, unknown)] == [404, 404]
    assert unknown.json()["error"]["code"] == "model_not_found"


async def test_a_server_may_say_nothing_about_dates(simulator):
    async with simulator({**CONFIG, "shutdown_dates": False}) as client:
        found = (await client.get("/v1/models")).json()["data"]
    assert all("shutdown_date" not in model for model in found)


async def test_where_any_model_is_answered_any_model_is_shown(simulator):
    async with simulator() as client:
        assert (await client.get("/v1/models/org/some-model")).json()["id"] == "org/some-model"
