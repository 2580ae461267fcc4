import pytest

from tests.support.shards import MakeShard, ShardBench


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
