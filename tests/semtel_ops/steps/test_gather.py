"""After a run was gathered every member has a row, whatever became of its shards, and the totals are those of the rows."""

import pytest

from semtel_ops.errors import ReconciliationError
from semtel_ops.runs.plan import Reprocess
from semtel_ops.runs.selection import Selection
from semtel_ops.shards.comparison_counts import DIFFER, ComparisonCounts
from semtel_ops.shards.unbundling import write_comparisons
from semtel_ops.steps.gather import gather_run
from semtel_ops.steps.strategy_summary import unbundled_before
from semtel_ops.store.files import exists, read_json, write_json
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import RunState
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.landed import make_landed_rows, write_landed
from tests.support.shards import RUN_ID, WEEK, conversation_row, make_plan, write_conversations, write_endpoints

FREQUENCIES = {"topic": {"science": 1}, "knowledge_work": {"yes": 1}}


def landed_rows(shard, run_id=RUN_ID, **changes):
    """The rows of a shard with two conversations, c0 and c1 of shard 0, c2 and c3 of shard 1."""
    rows = make_landed_rows(
        run_id=run_id, conversations=2, labels=FREQUENCIES, shards=1, success=1.0, endpoints=[("east", "m")]
    )
    return [
        {**row, "conversation_id": f"c{2 * shard + at // 2}", "shard": shard, "cost_usd": 0.5, "carried_from": None, **changes}
        for at, row in enumerate(rows)
    ]


@pytest.fixture
def sampled(tmp_path, ledger_url):
    """`sampled(…)`: a sampled run of two shards with two conversations each; no row has landed."""
    write_endpoints(tmp_path)

    def make(**fields):
        plan = make_plan(tmp_path, **fields)
        refs = [{"run": plan.save(), "shard": shard, "conversations": 2} for shard in (0, 1)]
        write_json(plan.folder.sample, {"sampled": 4, "quarantined": 3, "shards": refs})
        for shard in (0, 1):
            write_conversations(plan, [conversation_row(2 * shard + at, shard=shard) for at in (0, 1)], shard=shard)
        return plan

    return make


@pytest.fixture
def record(ledger_url):
    def read():
        with open_ledger(ledger_url) as ledger:
            return ledger.run(WEEK, RUN_ID)

    return read


def land(plan, *shards, **changes):
    for shard in shards:
        write_landed(plan.paths, landed_rows(shard, **changes))


def rows_of(plan, shard):
    return {(row["conversation_id"], row["classifier"]): row for row in read_rows(plan.folder.landed(shard))}


def test_a_run_whose_shards_all_landed_is_added_up_and_on_record(sampled, record):
    plan = sampled()
    land(plan, 0, 1)
    refusal = {
        "endpoint": "east", "kind": "timeout", "status": None, "code": None, "words": "no reply within 60 s", "count": 2,
        "first_at": 1.0, "last_at": 2.0, "example_id": "c1",
    }  # fmt: skip
    for shard in (0, 1):
        write_json(plan.folder.refusals(shard), {"refusals": [refusal]})
    gathered = gather_run(plan.url, [{"seconds": 1.5}, {"seconds": 2.25}])
    assert (gathered["run"], gathered["week"], gathered["dry_run"]) == (plan.url, WEEK, False)
    assert (gathered["sampled"], gathered["expected_rows"], gathered["landed_rows"]) == (4, 8, 8)
    assert (gathered["missing_shards"], gathered["quarantined"], gathered["seconds"]) == ([], 3, 3.75)
    assert (gathered["simulated"], gathered["strategy"]) == (False, None)
    totals = read_json(plan.folder.totals)
    assert totals.pop("members") == 8
    assert totals.pop("refusals") == [{**refusal, "count": 4}]
    assert {name: gathered[name] for name in totals} == totals
    found = record()
    assert (found.state, found.sampled, found.landed, found.succeeded, found.cost_usd) == (RunState.RUNNING, 4, 8, 8, 4.0)


def test_a_shard_without_rows_gets_the_status_missing_for_each_of_its_members(sampled, caplog):
    plan = sampled()
    land(plan, 0)
    gathered = gather_run(plan.url, [{"seconds": 1.0}])
    assert (gathered["missing_shards"], gathered["by_status"]) == ([1], {"missing": 4, "success": 4})
    rows = rows_of(plan, 1)
    assert set(rows) == {(name, classifier) for name in ("c2", "c3") for classifier in FREQUENCIES}
    assert {(row["status"], row["error"], row["cost_usd"], row["sample_weight"]) for row in rows.values()} == {
        ("missing", "shard_failed", 0.0, 2.0)
    }
    assert "shard 1 did not land: 4 rows got the status missing" in caplog.text


def test_a_shard_that_landed_in_part_is_missing_as_a_whole(sampled):
    plan = sampled()
    land(plan, 0)
    write_landed(plan.paths, landed_rows(1)[:3])
    assert gather_run(plan.url, None)["missing_shards"] == [1]
    assert {row["status"] for row in rows_of(plan, 1).values()} == {"missing"}


def test_gathered_again_a_missing_shard_is_still_missing_until_it_lands(sampled):
    plan = sampled()
    land(plan, 0)
    first = gather_run(plan.url, None)
    assert gather_run(plan.url, None) == first
    land(plan, 1)
    assert gather_run(plan.url, None)["missing_shards"] == []


def test_a_shard_that_failed_in_every_row_is_not_missing(sampled):
    plan = sampled()
    land(plan, 0)
    land(plan, 1, status="error", label=None)
    assert gather_run(plan.url, None)["missing_shards"] == []


def test_a_member_with_two_rows_fails_the_run_and_the_totals_say_so(sampled, record):
    plan = sampled()
    land(plan, 0)
    rows = landed_rows(1)
    write_landed(plan.paths, [*rows[:3], rows[0]])
    with pytest.raises(ReconciliationError, match="4 conversations × 2 classifiers = 8 rows, but 8 landed; clear the shards"):
        gather_run(plan.url, None)
    assert read_json(plan.folder.totals)["members"] == 7
    assert record() is None


def test_a_run_that_the_simulator_answered_says_so(sampled):
    plan = sampled()
    land(plan, 0, 1, model="simulated-small")
    assert gather_run(plan.url, None)["simulated"]


def test_what_lanes_did_is_noted(sampled):
    plan = sampled()
    write_json(plan.folder.lanes, {"deadline": 0.0, "choices": [{"lane": "realtime", "reason": "soon", "shards": [0, 1]}]})
    land(plan, 0, 1)
    gather_run(plan.url, None)
    assert read_json(plan.folder.lanes)["results"]["lanes"]["realtime"]["rows"] == 8


def test_what_combining_did_not_hold_for_is_known_to_later_runs(sampled, ledger_url):
    plan = sampled(config={"strategy": {"combine": True, "shadow_min": 10, "shadow_floor": 0.8}})
    land(plan, 0, 1)
    counts = ComparisonCounts()
    counts.shadow["topic", DIFFER] = 20
    write_comparisons(plan, 0, counts, ())
    assert gather_run(plan.url, None)["strategy"]["disagreeing"] == ["topic"]
    with open_ledger(ledger_url) as ledger:
        assert unbundled_before(plan.model_copy(update={"run_id": "r2"}), ledger) == ("topic",)


def test_a_run_without_a_ledger_is_gathered_without_one(sampled, tmp_path):
    plan = sampled(ledger=False)
    land(plan, 0, 1)
    assert gather_run(plan.url, None)["landed_rows"] == 8
    assert not (tmp_path / "ledger.db").exists()


def forecast(**changes):
    return {
        "requests": 2,
        "reused": 1,
        "input_tokens": 100,
        "output_tokens": 10,
        "cost_usd": 0.5,
        "batch_cost_usd": 0.25,
        **changes,
    }


def test_the_forecasts_of_a_dry_run_are_added_up_and_nothing_else_is_written(sampled, record):
    plan = sampled(dry_run=True, strategy_note="plain requests")
    gathered = gather_run(plan.url, [forecast(), forecast(requests=3)])
    expected = {
        "sampled": 4, "requests": 5, "reused": 2, "input_tokens": 200, "output_tokens": 20, "cost_usd": 1.0,
        "batch_cost_usd": 0.5, "strategy_note": "plain requests",
    }  # fmt: skip
    assert gathered == {"run": plan.url, "week": WEEK, "dry_run": True, **expected}
    assert read_json(plan.folder.forecast) == expected
    assert not exists(plan.folder.totals)
    assert (record().state, record().sampled) == (RunState.DRY_RUN, 4)


def test_one_unknown_price_makes_a_forecast_unknown(sampled):
    plan = sampled(dry_run=True)
    gathered = gather_run(plan.url, [forecast(), forecast(cost_usd=None, batch_cost_usd=None)])
    assert (gathered["cost_usd"], gathered["batch_cost_usd"]) == (None, None)


def test_tokens_that_are_assumed_for_thoughts_are_said_to_be(sampled):
    plan = sampled(dry_run=True)
    assert gather_run(plan.url, [forecast(thought_tokens=512), forecast()])["thought_tokens"] == 512


def test_a_dry_run_none_of_whose_shards_came_through_forecasts_nothing(sampled):
    gathered = gather_run(sampled(dry_run=True).url, None)
    assert (gathered["requests"], gathered["cost_usd"]) == (0, 0)


def test_a_missing_shard_of_a_reprocess_loses_only_what_was_asked_again(sampled):
    base = landed_rows(0, run_id="r0") + landed_rows(1, run_id="r0")
    for row in base:
        if (row["conversation_id"], row["classifier"]) == ("c2", "topic"):
            row.update(status="error", label=None)
    reprocess = Reprocess(
        base_run="r0", selection=Selection(), asked_rows=1, fresh=False, weeks=(WEEK,), approval=True,
        requested_by="ada", reason="the endpoint failed",
    )  # fmt: skip
    plan = sampled(reprocess=reprocess)
    write_landed(plan.paths, base)
    land(plan, 0, reused=True, carried_from="r0")
    for _ in range(2):
        gathered = gather_run(plan.url, None)
        assert (gathered["missing_shards"], gathered["by_status"], gathered["carried"]) == (
            [1],
            {"missing": 1, "success": 7},
            7,
        )
    assert rows_of(plan, 1)["c2", "topic"]["status"] == "missing"
    assert rows_of(plan, 1)["c3", "topic"]["carried_from"] == "r0"
