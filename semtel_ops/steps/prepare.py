"""Prepare a shard: compress and truncate each conversation to what will be sent."""

import logging
from collections.abc import Sequence
from typing import TypeVar

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.conversations.model import Turn
from semtel_ops.humanize import count, duration, number
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import RoutedShard, ShardRef
from semtel_ops.shards.prepared import PreparedTotals, leaves_no_file, prepared_batches
from semtel_ops.shards.sampled import check_sampled
from semtel_ops.store.parquet import atomic_parquet
from semtel_ops.store.tables import PREPARED
from semtel_ops.tokens import Compressed, Compressor, make_compressor

log = logging.getLogger(__name__)

_Shard = TypeVar("_Shard", ShardRef, RoutedShard)


def prepare_shard(shard: _Shard, *, clock: Clock | None = None) -> _Shard:
    """Write lake/prepared for one shard; a second time writes the same rows. The dry run of a reprocess writes none.

    Tokens are those of o200k_base, whichever endpoint will answer: so the text of a conversation, and with it the key of its
    request, does not depend on who is asked.

    Raises:
        DamagedFileError: the shard has not as many conversations as were sampled.
        StoreError: the run or the shard's conversations do not exist, or the file cannot be written.
        ConfigError: the compression engine is not installed.
    """
    clock = clock or SystemClock()
    started = clock.monotonic()
    plan = RunPlan.load(shard["run"])
    if leaves_no_file(plan):
        return shard
    check_sampled(plan, shard)
    compressor = _Timed(make_compressor(plan.config.tokens), clock)
    url = plan.folder.prepared(shard["shard"])
    totals = PreparedTotals()
    with atomic_parquet(url, PREPARED) as sink:
        for batch in prepared_batches(plan, shard["shard"], compressor, totals):
            sink.write_batch(batch)
    seconds = round(clock.monotonic() - started, 3)
    log.info(
        "shard %s: %s prepared in %s, %s truncated",
        shard["shard"],
        count(totals.rows, "conversation"),
        duration(seconds),
        number(totals.truncated),
    )
    return {
        **shard,
        "prepared": url,
        "truncated": totals.truncated,
        "truncated_tokens": totals.truncated_tokens,
        "compression_ratio": round(totals.ratio / totals.rows, 4) if totals.rows else 1.0,
        "compress_s": round(compressor.seconds, 3),
        "seconds": seconds,
    }


class _Timed:
    """Measures the time of a compressor, which may exceed the time it saves."""

    def __init__(self, compressor: Compressor, clock: Clock) -> None:
        self._compressor = compressor
        self._clock = clock
        self.seconds = 0.0

    def compress(self, turns: Sequence[Turn]) -> Compressed:
        started = self._clock.monotonic()
        compressed = self._compressor.compress(turns)
        self.seconds += self._clock.monotonic() - started
        return compressed
