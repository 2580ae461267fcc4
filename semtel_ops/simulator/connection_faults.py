"""Faults of the connection itself, below HTTP: resets, bodies cut in the middle, silence."""

import asyncio
import socket
import struct
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_KEY = "semtel.connection"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Connection:
    """The client's connection behind one request. Without sockets (Starlette's test client) it cannot be broken."""

    def __init__(self, send: Send) -> None:
        # uvicorn hands the application a bound method of the object that holds the transport; there is no other way to
        # the socket, and a well-behaved application needs none.
        cycle = getattr(send, "__self__", None)
        self._transport = getattr(cycle, "transport", None)

    @property
    def closed(self) -> bool:
        """Whether the client has gone, so that whatever is answered reaches nobody."""
        return self._transport is not None and bool(self._transport.is_closing())

    def reset(self) -> None:
        """Drop the connection with RST."""
        if self._transport is None:
            raise ConnectionResetError("the simulator resets this connection")
        raw_socket = self._transport.get_extra_info("socket")
        if raw_socket is not None:
            raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()

    def end(self) -> None:
        """Close after what has been written."""
        if self._transport is None:
            raise ConnectionResetError("the simulator ends this connection")
        self._transport.close()


class WithConnection:
    """Outermost ASGI layer: lets a response reach the connection it goes out on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[_KEY] = Connection(send)
        await self._app(scope, receive, send)


def connection_of(scope: Any) -> Connection:
    connection = scope[_KEY]
    assert isinstance(connection, Connection)
    return connection


async def gone(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


class ResetResponse(Response):
    """No response: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        connection_of(scope).reset()
        await gone(receive)


class CutResponse(Response):
    """Headers that promise the whole body, half of it, and the end of the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        connection_of(scope).end()
        await gone(receive)


class HangResponse(Response):
    """Silence, until the client gives up or `seconds` have passed."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        try:
            await asyncio.wait_for(gone(receive), timeout=self._seconds)
        except TimeoutError:
            connection_of(scope).reset()
            await gone(receive)
