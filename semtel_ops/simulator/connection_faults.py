"""Faults of the connection below HTTP: resets, incomplete bodies, no reply."""

import asyncio
import socket
import struct
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_KEY = "semtel.connection"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Connection:
    """The client's connection of a request. Without a socket (Starlette's test client), faults raise ConnectionResetError."""

    def __init__(self, send: Send) -> None:
        # `send` of uvicorn is a bound method of the object with the transport. ASGI has no other way to the socket.
        cycle = getattr(send, "__self__", None)
        self._transport = getattr(cycle, "transport", None)

    @property
    def closed(self) -> bool:
        """Whether the client has closed the connection, so that a reply cannot reach it."""
        return self._transport is not None and bool(self._transport.is_closing())

    def reset(self) -> None:
        """Abort the connection with RST."""
        if self._transport is None:
            raise ConnectionResetError("the simulator resets this connection")
        raw_socket = self._transport.get_extra_info("socket")
        if raw_socket is not None:
            raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()

    def end(self) -> None:
        """Close the connection after the data already written."""
        if self._transport is None:
            raise ConnectionResetError("the simulator ends this connection")
        self._transport.close()


class WithConnection:
    """Outermost ASGI layer: gives responses access to their connection."""

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


async def wait_for_disconnect(receive: Receive) -> None:
    """Wait until the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


class ResetResponse(Response):
    """No response: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        connection_of(scope).reset()
        await wait_for_disconnect(receive)


class CutResponse(Response):
    """Headers for the whole body, then half of the body, then the connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        connection_of(scope).end()
        await wait_for_disconnect(receive)


class HangResponse(Response):
    """No reply until the client disconnects or `seconds` have passed; then the connection is reset."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        try:
            await asyncio.wait_for(wait_for_disconnect(receive), timeout=self._seconds)
        except TimeoutError:
            connection_of(scope).reset()
            await wait_for_disconnect(receive)
