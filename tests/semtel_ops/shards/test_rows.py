"""A shard's rows: which of the journal's buckets are its own, and that they are gone when their owner lets go of them."""

import gc
import weakref

import pytest

from semtel_ops.clock import SystemClock
from semtel_ops.conversations.sampling import shard_of_bucket
from semtel_ops.endpoints.model import AskedModel
from semtel_ops.errors import ReconciliationError
from semtel_ops.packing import Packer
from semtel_ops.runs.progress import LogProgress
from semtel_ops.runs.resources import classifiers_of
from semtel_ops.shards.rows import ShardRows, bucket_range


def test_a_shard_that_is_let_go_of_does_not_wait_for_the_collector_of_cycles(make_shard):
    bench = make_shard()
    gc.disable()
    try:
        rows = ShardRows(bench.plan, bench.ref, classifiers_of(bench.plan), [AskedModel("m")], LogProgress(), SystemClock())
        assert len(list(rows.to_ask())) == rows.expected
        journal = weakref.ref(rows.journal)
        del rows
        assert journal() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("shards", [1, 2, 3, 7, 64, 255, 256])
def test_shards_share_the_buckets_without_gap_or_overlap(shards):
    ranges = [bucket_range(shard, shards) for shard in range(shards)]
    assert [bucket for low, high in ranges for bucket in range(low, high + 1)] == list(range(256))
    for shard, (low, high) in enumerate(ranges):
        assert {shard_of_bucket(f"{bucket:02x}", shards) for bucket in range(low, high + 1)} == {shard}


class DefectError(Exception):
    """A defect of our own code."""


@pytest.mark.parametrize("config", [{}, {"strategy": {"pack": 4}}], ids=["plain", "packed"])
def test_a_reply_that_our_own_code_fails_on_is_rows_with_an_error_that_keep_their_cost(make_shard, monkeypatch, caplog, config):
    bench = make_shard(classifiers=("topic",), config=config)
    unpack = Packer.unpack

    def breaks(self, plan, text, *, cut):
        if "question 3." in plan.request.text:
            raise DefectError(plan.request.text)
        return unpack(self, plan, text, cut=cut)

    monkeypatch.setattr(Packer, "unpack", breaks)
    bench.classify()
    failed = [row for row in bench.rows() if row["status"] == "error"]
    assert len(bench.rows()) == 20
    assert "c3" in {row["conversation_id"] for row in failed}
    assert {row["error"] for row in failed} == {"unusable_outcome"}
    assert sum(row["cost_usd"] for row in failed) > 0
    assert "DefectError" in caplog.text
    assert "question 3." not in caplog.text
    # The reply is in the journal, and fails in the same way when the shard is asked again: nothing is paid twice.
    asked = len(bench.asked)
    bench.classify()
    assert len(bench.asked) == asked
    assert len(bench.rows()) == 20


def test_what_says_that_rows_do_not_add_up_ends_the_run(make_shard, monkeypatch):
    def breaks(*_, **__):
        raise ReconciliationError("twice")

    monkeypatch.setattr(Packer, "unpack", breaks)
    with pytest.raises(ReconciliationError, match="twice"):
        make_shard().classify()
