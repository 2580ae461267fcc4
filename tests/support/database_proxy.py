"""A TCP proxy before PostgreSQL that loses connections on demand, as a restart or a broken network does."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal
from urllib.parse import quote, urlsplit

Loss = Literal["before", "after"]
"""The connection is lost before the message reaches the server, or after: then the server acts on it, and its answer is lost."""


class DatabaseProxy:
    """Forwards to a server until it is cut.

    Attributes:
        loses: says of each message to the server whether its connection is lost; called by one thread at a time.
        lost: number of connections that were lost.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self.loses: Callable[[bytes], Loss | None] = lambda _message: None
        self.lost = 0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.port = 0
        self.restore()

    def url(self, url: str) -> str:
        """The same database through the proxy, unencrypted, so that the proxy sees what is said."""
        parts = urlsplit(url)
        query = "&".join(filter(None, (parts.query, "sslmode=disable")))
        return f"postgresql+psycopg://{quote(parts.username or '')}@127.0.0.1:{self.port}{parts.path}?{query}"

    def cut(self) -> None:
        """Lose all connections and refuse new ones."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for end in list(self._open):
            _end(end)

    def restore(self) -> None:
        """Take connections again, on the same port."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            self._open |= {client, server}
            threading.Thread(target=self._forward, args=(client, server), daemon=True).start()
            threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while message := client.recv(65_536):
                with self._lock:
                    loss = self.loses(message)
                    self.lost += loss is not None
                if loss == "after":
                    _end(client)  # first, so that the answer cannot reach it
                if loss != "before":
                    server.sendall(message)
                if loss is not None:
                    break
        self._close(client, server)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while message := server.recv(65_536):
                client.sendall(message)
        self._close(server, client)

    def _close(self, *ends: socket.socket) -> None:
        for end in ends:
            self._open.discard(end)
            _end(end)


@contextmanager
def database_proxy(url: str) -> Iterator[DatabaseProxy]:
    """A proxy before the server of a PostgreSQL URL."""
    parts = urlsplit(url)
    proxy = DatabaseProxy(parts.hostname or "127.0.0.1", parts.port or 5432)
    try:
        yield proxy
    finally:
        proxy.cut()


def _end(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
