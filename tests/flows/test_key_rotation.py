"""A key that is rotated in the middle of a run: the run goes on with the new one, or ends once and is continued; nothing is paid twice."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from semtel_ops.endpoints.factory import chat_client
from semtel_ops.errors import EndpointError
from semtel_ops.steps.land_shards import land_shards
from semtel_ops.steps.route import route_shards
from semtel_ops.steps.week import ingest_week
from tests.support.installation import Installation
from tests.support.keyed_server import KeyedServer
from tests.support.played_endpoint import answer
from tests.support.shards import WEEK, label_of, write_endpoints

BEFORE = 5
"""Requests that are answered with the old key."""


def _label(body: bytes) -> bytes:
    name = json.loads(body)["response_format"]["json_schema"]["name"]
    return answer(label_of(name)).body


@pytest.fixture
def rotating() -> Iterator[KeyedServer]:
    """Takes the key `old` for the first requests, and then only `new`."""
    with KeyedServer(lambda server: "old" if len(server.accepted) < BEFORE else "new", _label).serving() as server:
        yield server


@pytest.mark.parametrize("late", [False, True], ids=["the-new-key-is-there", "the-new-key-comes-later"])
def test_a_run_goes_on_with_the_new_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rotating: KeyedServer, late: bool
) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("EAST_KEY", "old")
    installation = Installation(tmp_path, url)
    write_endpoints(tmp_path, base_url=f"{rotating.url}/v1", api_key_env="EAST_KEY")

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
        assert len(rotating.accepted) == BEFORE
        monkeypatch.setenv("EAST_KEY", "new")
    landed = list(land_shards(shards, resources=resources()))
    assert sum((Counter(shard["by_status"]) for shard in landed), Counter()) == {"success": 24}
    assert set(Counter(rotating.accepted).values()) == {1}
    assert len(rotating.accepted) == 24
    assert len(rotating.keys) > len(rotating.accepted)
