"""A run is due when somebody said so; what is only aimed at cannot be missed."""

from datetime import UTC, datetime

from semtel_ops.runs.deadline import due_at
from semtel_ops.store.files import write_json
from tests.support.shards import make_plan

ASKED = datetime(2026, 11, 25, 9, tzinfo=UTC)
CHOSEN = datetime(2026, 11, 26, 9, tzinfo=UTC)


def routed(plan):
    write_json(plan.folder.lanes, {"deadline": CHOSEN.timestamp()})
    return plan


def test_the_deadline_of_the_request_counts_whatever_the_lanes_were_chosen_by(tmp_path):
    config = {"routing": {"deadline_hours": 24}}
    assert due_at(routed(make_plan(tmp_path, deadline=ASKED, config=config))) == ASKED


def test_configured_hours_count_from_when_the_lanes_were_chosen(tmp_path):
    plan = make_plan(tmp_path, config={"routing": {"deadline_hours": 24}})
    assert due_at(plan) is None, "not routed yet"
    assert due_at(routed(plan)) == CHOSEN


def test_the_time_that_lanes_are_chosen_by_where_nobody_set_one_is_no_deadline(tmp_path):
    assert due_at(routed(make_plan(tmp_path))) is None
