"""A reprocess begins with the rows of an earlier run: those it does not ask again are its own from the start."""

import pyarrow as pa
import pytest

from semtel_ops.errors import SemtelError
from semtel_ops.runs.plan import Reprocess
from semtel_ops.runs.selection import Selection
from semtel_ops.shards.carry_over import asked_anew, carried_rows, not_asked_about
from semtel_ops.store.tables import LABELS
from semtel_ops.testing.landed import make_landed_rows, write_landed
from tests.support.shards import WEEK, make_plan

STATUSES = ("success", "error", "success", "invalid_output", "success", "success")
"""Of topic and knowledge_work for c0, then c1, then c2."""


@pytest.fixture
def make_reprocess(tmp_path):
    """`make_reprocess(rows=…)`: a reprocess of a run with three conversations in a shard, and the rows of that run."""
    frequencies = {"topic": {"science": 1}, "knowledge_work": {"yes": 1}}
    rows = make_landed_rows(run_id="r0", conversations=3, labels=frequencies, shards=1, success=1.0)
    for at, (row, status) in enumerate(zip(rows, STATUSES, strict=True)):
        failed = status != "success"
        row.update(conversation_id=f"c{at // 2}", status=status)
        if failed:
            row.update(label=None, matched_by=None, error=status)

    def make(*, fresh=False, classifiers=("topic", "knowledge_work"), origin=None, **selection):
        write_landed(make_plan(tmp_path).paths, [{**row, "carried_from": origin} for row in rows])
        reprocess = Reprocess(
            base_run="r0", selection=Selection(**selection), asked_rows=2, fresh=fresh, weeks=(WEEK,), approval=True,
            requested_by="ada", reason="the endpoint failed",
        )  # fmt: skip
        return make_plan(tmp_path, classifiers=classifiers, reprocess=reprocess)

    return make


def carried(plan, shard=0):
    batches = list(carried_rows(plan, shard))
    assert all(batch.schema == LABELS for batch in batches)
    return pa.Table.from_batches(batches, schema=LABELS).to_pylist()


def members(rows):
    return [(row["conversation_id"], row["classifier"]) for row in rows]


def test_a_weekly_run_carries_nothing_over(tmp_path):
    plan = make_plan(tmp_path)
    assert list(carried_rows(plan, 0)) == []
    assert asked_anew(plan, 0) == not_asked_about(plan, 0) == frozenset()


def test_rows_that_are_not_selected_become_this_runs_and_keep_everything_else(make_reprocess):
    plan = make_reprocess()
    rows = carried(plan)
    assert members(rows) == [("c0", "topic"), ("c1", "topic"), ("c2", "topic"), ("c2", "knowledge_work")]
    assert {(row["run_id"], row["reused"], row["carried_from"]) for row in rows} == {("r1", True, "r0")}
    assert {(row["status"], row["endpoint"] is None, row["cost_usd"] is None) for row in rows} == {("success", False, False)}


def test_a_row_that_was_carried_before_names_the_run_that_labelled_it(make_reprocess):
    assert {row["carried_from"] for row in carried(make_reprocess(origin="r-1"))} == {"r-1"}


def test_carried_again_they_are_the_same_rows_in_the_same_order(make_reprocess):
    plan = make_reprocess()
    assert carried(plan) == carried(plan)


def test_what_did_not_succeed_is_asked_anew(make_reprocess):
    plan = make_reprocess()
    assert asked_anew(plan, 0) == {("c0", "knowledge_work"), ("c1", "knowledge_work")}


@pytest.mark.parametrize(("fresh", "anew"), [(False, 2), (True, 6)])
def test_replies_on_record_answer_what_succeeded_unless_it_is_to_be_fresh(make_reprocess, fresh, anew):
    plan = make_reprocess(rows="all", fresh=fresh)
    assert carried(plan) == []
    assert len(asked_anew(plan, 0)) == anew


def test_what_is_not_selected_is_not_asked_anew_however_it_ended(make_reprocess):
    plan = make_reprocess(rows="status", status="error", fresh=True)
    assert asked_anew(plan, 0) == {("c0", "knowledge_work")}
    assert ("c1", "knowledge_work") in members(carried(plan)), "invalid output is carried as it is"


def test_a_conversation_is_left_out_only_where_none_of_its_rows_is_asked(make_reprocess):
    assert not_asked_about(make_reprocess(), 0) == {"c2"}
    assert not_asked_about(make_reprocess(rows="all"), 0) == frozenset()


def test_a_classifier_that_the_base_run_did_not_have_is_asked_about_every_conversation(make_reprocess):
    plan = make_reprocess(classifiers=("topic", "knowledge_work", "ai_expertise"))
    assert not_asked_about(plan, 0) == frozenset()
    assert len(carried(plan)) == 4


def test_a_shard_whose_base_rows_are_gone_is_an_error_and_not_an_empty_shard(make_reprocess):
    plan = make_reprocess()
    with pytest.raises(SemtelError, match=r"shard=0001\.parquet"):
        carried(plan, shard=1)
