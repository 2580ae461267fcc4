"""GET /v1/models: the models that the endpoint serves today, with the dates on which they are shut down."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from semtel_ops.simulator.auth import check_caller
from semtel_ops.simulator.bodies import json_reply
from semtel_ops.simulator.lexical_labels import NOTICE
from semtel_ops.simulator.model_config import ModelConfig
from semtel_ops.simulator.served import unknown_model
from semtel_ops.simulator.state import Simulator

_PREFIXES = ("/v1", "/openai", "/openai/v1")
_UNCONFIGURED = ModelConfig()


def _entry(simulator: Simulator, name: str) -> dict[str, Any]:
    """A model as the API shows it. An alias does not tell which model it serves."""
    shown: dict[str, Any] = {"id": name, "object": "model", "created": 0, "owned_by": NOTICE}
    if simulator.config.shutdown_dates:
        shutdown_date = simulator.config.models.get(name, _UNCONFIGURED).shutdown_date
        shown["shutdown_date"] = None if shutdown_date is None else shutdown_date.isoformat()
    return shown


async def list_models(request: Request) -> Response:
    """The configured models, without those that have been shut down."""
    simulator: Simulator = request.app.state.simulator
    early = check_caller(request, simulator)
    if early is not None:
        return early
    entries = [_entry(simulator, name) for name in simulator.config.models if simulator.answers(name)]
    return json_reply({"object": "list", "data": entries})


async def get_model(request: Request) -> Response:
    """One model; 404 where requests for it are not answered."""
    simulator: Simulator = request.app.state.simulator
    early = check_caller(request, simulator)
    if early is not None:
        return early
    name = request.path_params["id"]
    if not simulator.answers(name):
        raise unknown_model(name)
    return json_reply(_entry(simulator, name))


ROUTES = [
    route
    for prefix in _PREFIXES
    for route in (Route(f"{prefix}/models", list_models), Route(f"{prefix}/models/{{id:path}}", get_model))
]
