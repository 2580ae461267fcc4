"""Tasks that know nothing of each other keep a run's budget together: each has its work's part of it."""

import pytest

from semtel_ops.runs.budget import part_of_budget
from semtel_ops.runs.plan import Reprocess
from semtel_ops.runs.selection import Selection
from semtel_ops.store.files import write_json
from tests.support.shards import make_plan


def reprocess_of(rows):
    return Reprocess(
        base_run="r0", selection=Selection(), asked_rows=rows, fresh=False, weeks=("2026-W47",), approval=True,
        requested_by="ada", reason="the endpoint failed",
    )  # fmt: skip


def test_a_run_without_a_budget_gives_its_shards_none(tmp_path):
    assert part_of_budget(make_plan(tmp_path), {"shard": 0, "conversations": 10}) is None


def test_shards_share_it_by_their_conversations_and_use_all_of_it(tmp_path):
    plan = make_plan(tmp_path, config={"budget_usd": 4.0})
    write_json(plan.folder.sample, {"sampled": 40})
    parts = [part_of_budget(plan, {"shard": at, "conversations": n}) for at, n in enumerate((10, 30))]
    assert parts == [pytest.approx(1.0), pytest.approx(3.0)]


def test_a_reprocess_shares_it_by_the_rows_it_asks_again(tmp_path):
    plan = make_plan(tmp_path, config={"budget_usd": 4.0}, reprocess=reprocess_of(8))
    assert part_of_budget(plan, {"shard": 0, "conversations": 10, "asked_rows": 6}) == pytest.approx(3.0)
    assert part_of_budget(plan, {"shard": 1, "conversations": 10, "asked_rows": 0}) == 0.0


def test_a_run_of_nothing_has_nothing_to_spend(tmp_path):
    plan = make_plan(tmp_path, config={"budget_usd": 4.0})
    write_json(plan.folder.sample, {"sampled": 0})
    assert part_of_budget(plan, {"shard": 0, "conversations": 0}) == 0.0
