"""The ASGI application with its routes."""

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from semtel_ops.clock import Clock
from semtel_ops.simulator import control, models_api
from semtel_ops.simulator.batch_api import BatchApi
from semtel_ops.simulator.bodies import Refused, json_reply
from semtel_ops.simulator.chat import chat_completions
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.simulator.connection_faults import WithConnection
from semtel_ops.simulator.embeddings import embeddings
from semtel_ops.simulator.state import Simulator


async def _refused(request: Request, error: Exception) -> Response:  # noqa: ARG001
    assert isinstance(error, Refused)
    return json_reply(error.body, error.status, error.headers)


async def _not_found(request: Request, error: Exception) -> Response:  # noqa: ARG001
    body = {"error": {"message": f"Unknown request URL: {request.method} {request.url.path}.", "code": "unknown_url"}}
    return json_reply(body, 404)


def make_app(config: SimulatorConfig | None = None, clock: Clock | None = None) -> ASGIApp:
    """An ASGI application with state of its own; `clock` defaults to the system's clock."""
    simulator = Simulator(config, clock)
    batches = BatchApi(simulator)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await batches.aclose()

    # Routes are tried in this order: the most frequent first.
    routes: list[BaseRoute] = [
        Route("/v1/chat/completions", chat_completions, methods=["POST"]),
        Route("/openai/deployments/{deployment}/chat/completions", chat_completions, methods=["POST"]),
        Route("/openai/v1/chat/completions", chat_completions, methods=["POST"]),
        Route("/v1/embeddings", embeddings, methods=["POST"]),
        Route("/openai/deployments/{deployment}/embeddings", embeddings, methods=["POST"]),
        Route("/openai/v1/embeddings", embeddings, methods=["POST"]),
        *batches.routes(),
        *models_api.ROUTES,
        *control.ROUTES,
    ]
    app = Starlette(routes=routes, exception_handlers={Refused: _refused, 404: _not_found}, lifespan=lifespan)
    app.state.simulator = simulator
    return WithConnection(app)
