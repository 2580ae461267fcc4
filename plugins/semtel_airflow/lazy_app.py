"""Web applications that are imported at their first request."""

from collections.abc import Awaitable, Callable, MutableMapping
from importlib import import_module
from typing import Any


class LazyApp:
    """An ASGI application that is imported at its first request, so that only the API server imports it.

    Args:
        module: the module whose `app` answers the requests.
    """

    def __init__(self, module: str) -> None:
        self._module = module

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        await import_module(self._module).app(scope, receive, send)
