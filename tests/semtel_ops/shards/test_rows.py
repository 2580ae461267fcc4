"""A shard's rows are gone when their owner lets go of them: they are most of what a task holds."""

import gc
import weakref

from semtel_ops.clock import SystemClock
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.progress import LogProgress
from semtel_ops.runs.resources import classifiers_of
from semtel_ops.shards.rows import ShardRows

from ..steps.test_classify import make_run  # noqa: TID252


def test_a_shard_that_is_let_go_of_does_not_wait_for_the_collector_of_cycles(tmp_path):
    shard = make_run(tmp_path, "r1")
    plan = RunPlan.load(shard["run"])
    gc.disable()
    try:
        rows = ShardRows(plan, shard, classifiers_of(plan), ["m"], LogProgress(), SystemClock())
        assert len(list(rows.to_ask())) == rows.expected
        journal = weakref.ref(rows.journal)
        del rows
        assert journal() is None
    finally:
        gc.enable()
