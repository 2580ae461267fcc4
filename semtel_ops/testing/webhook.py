"""A webhook on a free port of 127.0.0.1 that records the alerts it receives."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Webhook:
    """A listening webhook.

    Attributes:
        url: URL for a channel.
        status: status of its replies; from 300 on, calls are rejected.
        location: sent with each reply, for redirects; None: not sent.
        received: bodies of accepted calls, in order.
        calls: number of calls, rejected calls included.
        headers: headers of the last call.
        raw: body of the last call, as sent.
    """

    url: str
    status: int = 200
    location: str | None = None
    received: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""


@contextmanager
def listening_webhook() -> Iterator[Webhook]:
    """Listen until the end of the context."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.raw = self.rfile.read(int(self.headers["Content-Length"]))
            body = json.loads(hook.raw)
            hook.calls += 1
            hook.headers = dict(self.headers.items())
            if hook.status < 300:
                hook.received.append(body)
            self.send_response(hook.status)
            if hook.location is not None:
                self.send_header("Location", hook.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
            """Do not log to stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook = Webhook(f"http://127.0.0.1:{server.server_address[1]}/hook")
    thread = threading.Thread(target=server.serve_forever, name="webhook", daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
