"""Plans, jobs and a ledger for tests of the batch room."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from semtel_ops.classifiers import load_classifiers
from semtel_ops.conversations.model import Role, Turn
from semtel_ops.endpoints.model import Endpoint, Lane, Limits, Price
from semtel_ops.packing import PreparedConversation, RequestPlan, SinglePacker
from semtel_ops.settings import Settings
from semtel_ops.store.batch_ledger import BatchJob
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_open import open_ledger

MakePlans = Callable[..., list[RequestPlan]]
MakeJob = Callable[..., BatchJob]


@pytest.fixture(scope="session")
def make_plans() -> MakePlans:
    """`make_plans(count)`: single plans about conversations with different texts."""
    packer = SinglePacker(load_classifiers(Settings().prompts, ["topic"]))

    def make(count: int, text: str = "question") -> list[RequestPlan]:
        return [
            plan
            for n in range(count)
            for plan in packer.plan(PreparedConversation(f"c{n}", f"{n:032x}", 1.0, (Turn(Role.USER, f"{text} {n}"),)))
        ]

    return make


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint("east", "openai", "http://127.0.0.1:1/v1", "m", lanes=(Lane.BATCH,), price=Price(1.0, 2.0), limits=Limits())


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


@pytest.fixture
def make_job() -> MakeJob:
    def make(key: str = "job-0", **changes: object) -> BatchJob:
        values: dict[str, object] = {
            "job_key": key, "week": "2026-W47", "run_id": "r", "shard": 0, "round": 1, "endpoint": "east", "model": "m",
            "queue": "q", "fingerprint": "f" * 32, "dialect": "json_schema max_tokens sampling", "input_url": "in.jsonl",
            "keys_url": "in.keys.parquet", "requests": 10, "bytes": 100, "tokens": 1_000, "created_at": 1_000_000.0,
            "touched_at": 1_000_000.0,
        }  # fmt: skip
        return BatchJob(**{**values, **changes})  # type: ignore[arg-type]

    return make
