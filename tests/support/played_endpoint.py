"""A server that gives each request the reply that a test plays, and a run of `semtel classify` against such servers."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from click.testing import CliRunner

from semtel_ops.cli.main import cli
from semtel_ops.store.parquet import read_rows


class Reply(NamedTuple):
    """What a server sends."""

    status: int
    body: bytes
    headers: Mapping[str, str] = MappingProxyType({})


Play = Callable[[int, dict[str, Any]], Reply]
"""(number of the call, from 1; body of the request) → the reply"""


def answer(text: str = '{"label": "yes"}', **more: Any) -> Reply:
    """A completion with a label of `knowledge_work`."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 100, "completion_tokens": 5}
    return Reply(200, json.dumps({"model": "m", "choices": [choice], "usage": usage, **more}).encode())


def refusal(status: int, body: Any, **headers: str) -> Reply:
    """An error; a text is sent as it is, anything else as JSON."""
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Reply(status, raw, {name.replace("_", "-"): value for name, value in headers.items()})


@contextmanager
def played_endpoint(play: Play) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve on a free port of 127.0.0.1; yields the base URL and the bodies of the requests so far."""
    bodies: list[dict[str, Any]] = []
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with lock:
                bodies.append(body)
                number = len(bodies)
            reply = play(number, body)
            self.send_response(reply.status)
            for name, value in {"content-length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: Any) -> None:
            """Do not log to stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", bodies
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()


class Played(NamedTuple):
    """A finished run.

    Attributes:
        exit_code: of the command.
        shown: its output.
        rows: the status of each conversation.
        asked: the bodies that each endpoint got.
    """

    exit_code: int
    shown: str
    rows: dict[str, str]
    asked: list[list[dict[str, Any]]]
    seconds: float

    @property
    def statuses(self) -> Counter[str]:
        return Counter(self.rows.values())


def classify(folder: Path, *plays: Play, texts: Mapping[str, str]) -> Played:
    """Label conversations (id → text) with one classifier; an endpoint for each play."""
    source = folder / "chats.jsonl"
    lines = [{"conversation_id": key, "messages": [{"role": "user", "content": text}]} for key, text in texts.items()]
    source.write_text("\n".join(json.dumps(line) for line in lines))
    with ExitStack() as stack:
        opened = [stack.enter_context(played_endpoint(play)) for play in plays]
        entries = [{"name": f"e{n}", "base_url": url, "model": "m"} for n, (url, _) in enumerate(opened)]
        (folder / "endpoints.yaml").write_text(json.dumps({"endpoints": entries}))
        command = ["classify", str(source), "--classifiers", "knowledge_work", "--endpoints", str(folder / "endpoints.yaml")]
        started = time.monotonic()
        result = CliRunner().invoke(cli, [*command, "--out", str(folder / "out")])
        seconds = time.monotonic() - started
    labels = [row for file in (folder / "out" / "labels").glob("*.parquet") for row in read_rows(str(file))]
    rows = {row["conversation_id"]: row["status"] for row in labels}
    shown = result.output + (f"\n{result.exception}" if result.exception else "")
    return Played(result.exit_code, shown, rows, [bodies for _, bodies in opened], seconds)
