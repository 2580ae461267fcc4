from collections.abc import Iterator

import pytest

from tests.support.parsed_once import parsed_once
from tests.support.shards import MakeShard, ShardBench


@pytest.fixture(scope="session", autouse=True)
def files_parsed_once() -> Iterator[None]:
    with parsed_once():
        yield


@pytest.fixture
def ledger_url(tmp_path, monkeypatch) -> str:
    """The ledger of the environment: an SQLite file of the test's own."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    monkeypatch.setenv("DATABASE_URL", url)
    return url


@pytest.fixture
def make_shard(tmp_path, ledger_url) -> MakeShard:
    """`make_shard(**given)`: a prepared shard in the test's folder; see `tests.support.shards.ShardBench`."""
    return lambda **given: ShardBench(tmp_path, **given)
