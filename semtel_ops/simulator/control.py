"""/_sim/…: reads the simulator's statistics and changes its configuration, for tests and capacity plans."""

import orjson
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from semtel_ops.simulator.bodies import json_reply
from semtel_ops.simulator.lexical_labels import NOTICE
from semtel_ops.simulator.state import Simulator


def _simulator(request: Request) -> Simulator:
    simulator = request.app.state.simulator
    assert isinstance(simulator, Simulator)
    return simulator


async def health(request: Request) -> Response:  # noqa: ARG001
    return json_reply({"status": "ok", "notice": NOTICE})


async def stats(request: Request) -> Response:
    """GET: counters. DELETE: reset them first."""
    simulator = _simulator(request)
    if request.method == "DELETE":
        simulator.stats.clear()
    return json_reply({**simulator.stats.summary(), "capacity": simulator.capacities()})


async def requests(request: Request) -> Response:
    """The latest requests and the most frequent bodies as hashes; `?limit=` entries of each (default 100, at most 2,000)."""
    simulator = _simulator(request)
    limit_text = request.query_params.get("limit", "100")
    limit = min(2_000, int(limit_text)) if limit_text.isdecimal() else 100
    return json_reply(
        {
            **simulator.stats.bodies(),
            "most_asked": simulator.stats.most_asked(limit),
            "recent": simulator.stats.recent(limit),
        }
    )


async def config(request: Request) -> Response:
    """GET: the current configuration. POST: merge a partial configuration into it; applies immediately."""
    simulator = _simulator(request)
    if request.method == "POST":
        try:
            patch = orjson.loads(await request.body())
            if not isinstance(patch, dict):
                return json_reply({"error": {"message": "send an object of settings"}}, 400)
            simulator.configure(patch)
        except orjson.JSONDecodeError:
            return json_reply({"error": {"message": "the body is not JSON"}}, 400)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            name = ".".join(map(str, first["loc"]))
            return json_reply({"error": {"message": f"{name}: {first['msg']}"}}, 400)
    # Keys are not shown: people may have configured a real key.
    return json_reply(simulator.config.model_dump(mode="json", exclude={"api_keys"}))


ROUTES = [
    Route("/healthz", health),
    Route("/_sim/stats", stats, methods=["GET", "DELETE"]),
    Route("/_sim/requests", requests),
    Route("/_sim/config", config, methods=["GET", "POST"]),
]
