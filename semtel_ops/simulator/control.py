"""/_sim/…: reads the simulator's statistics and changes its configuration, for tests and capacity plans."""

from typing import Any

import orjson
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from semtel_ops.simulator.auth import read_json
from semtel_ops.simulator.bodies import Refused, json_reply
from semtel_ops.simulator.lexical_labels import NOTICE
from semtel_ops.simulator.planted import planted
from semtel_ops.simulator.state import Simulator
from semtel_ops.simulator.truth import true_labels


def _simulator(request: Request) -> Simulator:
    simulator = request.app.state.simulator
    assert isinstance(simulator, Simulator)
    return simulator


async def health(request: Request) -> Response:  # noqa: ARG001
    return json_reply({"status": "ok", "notice": NOTICE})


async def stats(request: Request) -> Response:
    """GET: counters, and what is planted. DELETE: reset the counters first."""
    simulator = _simulator(request)
    if request.method == "DELETE":
        simulator.stats.clear()
    summary = simulator.stats.summary()
    return json_reply({**summary, "capacity": simulator.capacities(), "planted": planted(simulator.config)})


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


async def aliases(request: Request) -> Response:
    """GET: alias → the model that it serves. POST `{"model": ALIAS, "serves": MODEL}`: changes it; null: by its dates."""
    simulator = _simulator(request)
    if request.method == "POST":
        body = await read_json(request)
        alias, model = body.get("model"), body.get("serves")
        if not isinstance(alias, str) or not isinstance(model, str | None):
            raise Refused(400, 'send {"model": ALIAS, "serves": MODEL}')
        simulator.choose(alias, model)
    return json_reply({name: simulator.served(name) for name, own in simulator.config.models.items() if own.serves})


async def truth(request: Request) -> Response:
    """POST `{"classifier": NAME, "conversations": [[{"role", "content"}, …], …]}`: the true label of each conversation.

    By the definitions of `truth` in the configuration, or by `definitions` (label → text) in the request.
    """
    simulator = _simulator(request)
    body = await read_json(request)
    definitions = body.get("definitions") or simulator.config.truth.get(str(body.get("classifier")))
    if not isinstance(definitions, dict) or not all(isinstance(text, str) for text in definitions.values()):
        known = ", ".join(simulator.config.truth) or "none"
        raise Refused(400, f"classifier: no truth is configured for it; known: {known}; or send its definitions")
    conversations = body.get("conversations")
    if not isinstance(conversations, list) or not all(_is_conversation(turns) for turns in conversations):
        raise Refused(400, "conversations: send a list of lists of turns with role and content")
    return json_reply({"notice": NOTICE, "labels": true_labels(definitions, conversations)})


def _is_conversation(turns: Any) -> bool:
    return isinstance(turns, list) and all(
        isinstance(turn, dict) and isinstance(turn.get("role"), str) and isinstance(turn.get("content"), str) for turn in turns
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
    Route("/_sim/aliases", aliases, methods=["GET", "POST"]),
    Route("/_sim/truth", truth, methods=["POST"]),
    Route("/_sim/config", config, methods=["GET", "POST"]),
]
