"""Totals are computed from the rows alone, and rows that another run paid for cost this one nothing."""

import pytest

from semtel_ops.steps.totals import asked_from_nothing, landed_totals
from semtel_ops.testing.landed import make_landed_rows, write_landed
from tests.support.shards import RUN_ID, make_plan


@pytest.fixture
def plan(tmp_path):
    return make_plan(tmp_path)


def rows_of(conversations=4, **changes):
    """Two rows a conversation, of 100 tokens in, 10 out and $0.50 each."""
    rows = make_landed_rows(
        run_id=RUN_ID, conversations=conversations, labels={"topic": {"science": 1}, "knowledge_work": {"yes": 1}}, success=1.0,
        endpoints=[("east", "m")],
    )  # fmt: skip
    return [
        {
            **row,
            "input_tokens": 100,
            "output_tokens": 10,
            "cost_usd": 0.5,
            "matched_by": "exact",
            "carried_from": None,
            **changes,
        }
        for row in rows
    ]


def totals_of(plan, rows):
    write_landed(plan.paths, rows)
    return landed_totals(plan)


def test_a_run_without_rows_comes_to_nothing(plan):
    totals = landed_totals(plan)
    assert (totals["landed_rows"], totals["members"], totals["cost_usd"], totals["cleaning"]) == (0, 0, 0.0, [])
    assert totals["by_status"] == totals["by_lane"] == totals["by_endpoint"] == {}


def test_rows_of_all_shards_are_added_up(plan):
    totals = totals_of(plan, rows_of())
    assert (totals["landed_rows"], totals["members"], totals["requests"]) == (8, 8, 8)
    assert (totals["input_tokens"], totals["output_tokens"], totals["cost_usd"]) == (800, 80, 4.0)
    assert (totals["by_status"], totals["by_lane"]) == ({"success": 8}, {"realtime": 8})


def test_a_member_that_landed_twice_is_seen(plan):
    rows = rows_of()
    totals = totals_of(plan, [*rows, rows[0]])
    assert (totals["landed_rows"], totals["members"]) == (9, 8)


def test_ids_that_run_into_each_other_are_different_members(plan):
    rows = rows_of(1)
    first, second = (
        {**rows[0], "conversation_id": "a", "classifier": "bc"},
        {**rows[1], "conversation_id": "ab", "classifier": "c"},
    )
    assert totals_of(plan, [first, second])["members"] == 2


def test_the_parts_of_a_shared_call_are_one_request(plan):
    assert totals_of(plan, rows_of(5, calls=0.1))["requests"] == 1


def test_what_another_run_paid_for_is_counted_as_reused_and_costs_nothing(plan):
    mine, theirs = rows_of()[:5], [{**row, "reused": True} for row in rows_of()[5:]]
    totals = totals_of(plan, [*mine, *theirs])
    assert (totals["landed_rows"], totals["reused"], totals["requests"]) == (8, 3, 5)
    assert (totals["cost_usd"], totals["input_tokens"]) == (2.5, 500)
    assert asked_from_nothing(plan) == {"requests": 8, "input_tokens": 800, "output_tokens": 80, "cost_usd": 4.0}


def test_carried_rows_are_counted(plan):
    rows = [{**row, "reused": True, "carried_from": "r0"} for row in rows_of()]
    assert totals_of(plan, rows)["carried"] == 8


def test_an_unknown_price_makes_the_sum_unknown_and_only_where_it_was_paid(plan):
    rows = rows_of()
    unknown = {**rows[0], "endpoint": "west", "model": "n", "cost_usd": None}
    totals = totals_of(plan, [unknown, *rows[1:]])
    assert totals["cost_usd"] is None
    assert {name: one["cost_usd"] for name, one in totals["by_endpoint"].items()} == {"east": 3.5, "west": None}
    assert totals_of(plan, [{**unknown, "reused": True}, *rows[1:]])["cost_usd"] == 3.5
    assert asked_from_nothing(plan)["cost_usd"] is None


def test_each_endpoint_has_its_part(plan):
    west = [{**row, "endpoint": "west", "model": "n"} for row in rows_of()[6:]]
    totals = totals_of(plan, [*rows_of()[:6], *west])
    assert totals["by_endpoint"] == {
        "east": {"model": "m", "rows": 6, "cost_usd": 3.0, "input_tokens": 600, "output_tokens": 60},
        "west": {"model": "n", "rows": 2, "cost_usd": 1.0, "input_tokens": 200, "output_tokens": 20},
    }


def test_missing_rows_count_as_landed_and_in_no_lane(plan):
    empty = {"status": "missing", "lane": None, "endpoint": None, "model": None, "cost_usd": 0.0, "calls": 0.0,
             "input_tokens": 0, "output_tokens": 0, "matched_by": None, "label": None}  # fmt: skip
    totals = totals_of(plan, [*rows_of()[:6], *({**row, **empty} for row in rows_of()[6:])])
    assert totals["by_status"] == {"missing": 2, "success": 6}
    assert (totals["by_lane"], totals["by_endpoint"]["east"]["rows"], totals["requests"]) == ({"realtime": 6}, 6, 6)
    assert sum(one["rows"] for one in totals["cleaning"]) == 6


def test_how_replies_became_labels_is_counted_by_classifier(plan):
    rows = rows_of()
    for row, how in zip(rows, ("exact", "near", "near", "exact", "relabelled", None, "exact", "alias"), strict=True):
        row["matched_by"] = how
        row["status"] = "success" if how else "invalid_output"
    found = {one["classifier"]: one for one in totals_of(plan, rows)["cleaning"]}
    # Rows alternate between the classifiers.
    assert {name: found["topic"][name] for name in ("rows", "exact", "near", "relabelled", "given_up")} == {
        "rows": 4, "exact": 2, "near": 1, "relabelled": 1, "given_up": 0,
    }  # fmt: skip
    assert (found["knowledge_work"]["alias"], found["knowledge_work"]["given_up"]) == (1, 1)
    assert (found["topic"]["model"], found["topic"]["strategy"]) == ("m", "plain")
