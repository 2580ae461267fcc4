from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.classifiers import catalog
from semtel_ops.endpoints import load_models
from semtel_ops.runs import resources
from semtel_ops.steps import repair_prompts
from tests.support.shards import MakeShard, ShardBench


@pytest.fixture(scope="session", autouse=True)
def parsed_once() -> Iterator[None]:
    """Prompt files and models.yaml, which every step of a run reads, are parsed once for as long as they stay unchanged."""
    with pytest.MonkeyPatch.context() as patch:
        load_classifier = _remembered(catalog.load_classifier)
        patch.setattr(catalog, "load_classifier", load_classifier)
        patch.setattr(repair_prompts, "load_classifier", load_classifier)
        patch.setattr(resources, "load_models", _remembered(load_models))
        yield


def _remembered(parse: Callable[[Path], Any]) -> Callable[[str | Path], Any]:
    """Parse each state of a file once; a file that cannot be parsed is tried each time."""
    known = cache(lambda path, *_: parse(path))
    return lambda path: known(Path(path), *_state(path))


def _state(path: str | Path) -> tuple[int, int]:
    """What changes with a file's content."""
    try:
        found = Path(path).stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


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
