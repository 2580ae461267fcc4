"""Conversations and their sample are told apart by their number when one of them is a sound copy from another time."""

from pathlib import Path

import pytest

from semtel_ops.errors import DamagedFileError
from semtel_ops.shards.sampled import check_sampled
from tests.support.shards import conversation_row, make_plan, write_conversations


def test_a_shard_has_as_many_conversations_as_were_sampled_or_both_files_are_named(tmp_path: Path) -> None:
    plan = make_plan(tmp_path)
    check_sampled(plan, {"run": plan.url, "shard": 0, "conversations": 2})  # its readers say that there is no file
    write_conversations(plan, [conversation_row(0), conversation_row(1)])
    check_sampled(plan, {"run": plan.url, "shard": 0, "conversations": 2})
    with pytest.raises(
        DamagedFileError, match=r"shard=0000\.parquet: has 2 conversations, but 3 .*sample\.json is an older copy"
    ):
        check_sampled(plan, {"run": plan.url, "shard": 0, "conversations": 3})
