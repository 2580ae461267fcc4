"""A key that is rotated in the middle of a run: the run goes on with the new one, or ends once and is continued; nothing is paid twice."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from semtel_ops.endpoints.factory import chat_client
from semtel_ops.errors import EndpointError
from semtel_ops.steps.land_shards import land_shards
from semtel_ops.steps.route import route_shards
from semtel_ops.steps.week import ingest_week
from tests.support.installation import Installation
from tests.support.played_endpoint import answer
from tests.support.shards import WEEK, label_of, write_endpoints

BEFORE = 5
"""Requests that are answered with the old key."""


class Rotating:
    """A server that takes the key `old` for the first requests, and then only `new`; `paid` are the requests it answered."""

    def __init__(self) -> None:
        self.paid: Counter[bytes] = Counter()
        self.refused = 0
        lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                with lock:
                    right = "old" if outer.paid.total() < BEFORE else "new"
                    accepted = self.headers["authorization"] == f"Bearer {right}"
                    if accepted:
                        outer.paid[body] += 1
                    else:
                        outer.refused += 1
                name = json.loads(body)["response_format"]["json_schema"]["name"]
                raw = answer(label_of(name)).body if accepted else b'{"error": {"code": "invalid_api_key", "message": "no"}}'
                self.send_response(200 if accepted else 401)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                """Do not log to stderr."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"


@pytest.fixture
def rotating() -> Iterator[Rotating]:
    made = Rotating()
    thread = threading.Thread(target=made.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.http.shutdown()
    thread.join(timeout=10)
    made.http.server_close()


@pytest.mark.parametrize("late", [False, True], ids=["the-new-key-is-there", "the-new-key-comes-later"])
def test_a_run_goes_on_with_the_new_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rotating: Rotating, late: bool
) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("EAST_KEY", "old")
    installation = Installation(tmp_path, url)
    write_endpoints(tmp_path, base_url=rotating.url, api_key_env="EAST_KEY")

    def resources():
        return installation.resources(make_chat_client=client)

    def client(endpoint):
        # The client was opened with the old key; the store of secrets has the new one from now on.
        opened = chat_client(endpoint)
        if not late:
            monkeypatch.setenv("EAST_KEY", "new")
        return opened

    shards = route_shards(ingest_week({"week": WEEK}, run_id="r1", settings=installation.settings))
    if late:
        with pytest.raises(EndpointError, match=r"401 invalid_api_key.*run the same command again"):
            list(land_shards(shards, resources=resources()))
        assert rotating.paid.total() == BEFORE
        monkeypatch.setenv("EAST_KEY", "new")
    landed = list(land_shards(shards, resources=resources()))
    assert sum((Counter(shard["by_status"]) for shard in landed), Counter()) == {"success": 24}
    assert set(rotating.paid.values()) == {1}
    assert rotating.paid.total() == 24
    assert rotating.refused
