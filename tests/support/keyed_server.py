"""A server that takes one key at a time, for tests in which keys are rotated."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_REFUSAL = b'{"error": {"code": "invalid_api_key", "message": "Incorrect API key."}}'


class KeyedServer:
    """What came to a server that answers requests with the right key, and refuses others with 401.

    Attributes:
        right: the key that is taken now.
        url: without a path.
        keys: the keys that came.
        accepted: bodies of the requests that were answered.
    """

    def __init__(self, right: Callable[["KeyedServer"], str], reply: Callable[[bytes], bytes]) -> None:
        """`reply`: body of an accepted request → body of the answer."""
        self.right, self.reply, self.url = right, reply, ""
        self.keys: list[str] = []
        self.accepted: list[bytes] = []
        self._lock = threading.Lock()

    def answer(self, key: str, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to a request."""
        with self._lock:
            self.keys.append(key)
            if key != self.right(self):
                return 401, _REFUSAL
            self.accepted.append(body)
        return 200, self.reply(body)

    @contextmanager
    def serving(self) -> Iterator["KeyedServer"]:
        """Serve on a free port of 127.0.0.1."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                key = self.headers.get("api-key") or self.headers.get("authorization", "").removeprefix("Bearer ")
                status, raw = outer.answer(key, body)
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                """Do not log to stderr."""

        http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            http.shutdown()
            thread.join(timeout=10)
            http.server_close()
