"""A shard's rows: which of the journal's buckets are its own, and that they are gone when their owner lets go of them."""

import gc
import weakref

import pytest

from semtel_ops.clock import SystemClock
from semtel_ops.conversations.sampling import shard_of_bucket
from semtel_ops.runs.progress import LogProgress
from semtel_ops.runs.resources import classifiers_of
from semtel_ops.shards.rows import ShardRows, bucket_range


def test_a_shard_that_is_let_go_of_does_not_wait_for_the_collector_of_cycles(make_shard):
    bench = make_shard()
    gc.disable()
    try:
        rows = ShardRows(bench.plan, bench.ref, classifiers_of(bench.plan), ["m"], LogProgress(), SystemClock())
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
