from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from semtel_ops.conversations.model import Role, Turn
from semtel_ops.errors import StoreError
from semtel_ops.steps.prepare import prepare_shard
from semtel_ops.store.parquet import read_rows
from semtel_ops.store.tables import PREPARED
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.tokens import TiktokenCounter
from semtel_ops.tokens.compressor import Compressed, NoCompression
from semtel_ops.tokens.truncate import cost_tokens
from tests.support.shards import conversation_row, make_plan, write_conversations

_COUNTER = TiktokenCounter()
_SHORT = (Turn(Role.USER, "How do I sort a list?"), Turn(Role.ASSISTANT, "Call sorted()."))
_LONG = (Turn(Role.USER, " ".join(f"word{n}" for n in range(400))), Turn(Role.ASSISTANT, "Understood."))
_PASTE = (Turn(Role.USER, "Why?\n```\n" + "\n".join(f"total_{n} = compute({n})" for n in range(90)) + "\n```"),)


@pytest.fixture
def shard(tmp_path: Path) -> dict[str, Any]:
    """A planned run with one shard of three conversations in its lake."""
    plan = make_plan(tmp_path, config={"tokens": {"max_per_conversation": 120, "truncation": "middle"}})
    rows = [_conversation(number, turns) for number, turns in enumerate((_SHORT, _LONG, _PASTE))]
    write_conversations(plan, rows, shard=7)
    return {"run": plan.save(), "shard": 7, "conversations": 3}


def _conversation(number: int, turns: tuple[Turn, ...]) -> dict[str, Any]:
    said = [{"role": turn.role.value, "content": turn.content} for turn in turns]
    return conversation_row(number, shard=7, turns=said, chars=sum(len(turn.content) for turn in turns))


def test_a_shard_is_prepared_row_by_row(shard: dict[str, Any]) -> None:
    manifest = prepare_shard(shard)
    rows = list(read_rows(manifest["prepared"]))
    assert pq.read_schema(manifest["prepared"]).equals(PREPARED)
    assert [row["conversation_id"] for row in rows] == ["c0", "c1", "c2"]
    assert {row["sample_weight"] for row in rows} == {2.0}
    assert [row["truncated_tokens"] > 0 for row in rows] == [False, True, True]
    assert rows[0]["turns"] == [{"role": turn.role.value, "content": turn.content} for turn in _SHORT]
    sent = [tuple(Turn(Role(turn["role"]), turn["content"]) for turn in row["turns"]) for row in rows]
    assert max(cost_tokens(turns, _COUNTER) for turns in sent) <= 120


def test_the_manifest_keeps_the_reference_and_adds_what_was_done(shard: dict[str, Any]) -> None:
    manifest = prepare_shard(shard)
    rows = list(read_rows(manifest["prepared"]))
    assert {name: manifest[name] for name in shard} == shard
    assert manifest["truncated"] == 2
    assert manifest["truncated_tokens"] == sum(row["truncated_tokens"] for row in rows)
    assert manifest["compression_ratio"] == pytest.approx(sum(row["compression_ratio"] for row in rows) / 3, abs=1e-4)
    assert manifest["seconds"] >= 0


def test_time_in_compression_is_measured_apart_from_the_rest(shard: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()

    class Slow(NoCompression):
        def compress(self, turns: Any) -> Compressed:
            clock.advance(2.0)
            return super().compress(turns)

    monkeypatch.setattr("semtel_ops.steps.prepare.make_compressor", lambda config: Slow())
    assert prepare_shard(shard, clock=clock)["compress_s"] == 6.0


def test_preparing_twice_gives_the_same_rows(shard: dict[str, Any]) -> None:
    first = list(read_rows(prepare_shard(shard)["prepared"]))
    assert list(read_rows(prepare_shard(shard)["prepared"])) == first


def test_a_shard_whose_conversations_are_not_there_leaves_no_file(shard: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"shard=0008\.parquet: does not exist"):
        prepare_shard({**shard, "shard": 8})
    assert list(tmp_path.rglob("prepared/**/*.parquet")) == []
