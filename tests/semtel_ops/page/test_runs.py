import pytest

from semtel_ops.page import NotThereError, PageContext
from semtel_ops.page.runs import kept_report, run_view, runs_view
from semtel_ops.store.files import write_json
from semtel_ops.store.layout import Lake
from semtel_ops.testing.landed import make_landed_rows, write_landed
from tests.support.ledger_year import SHARDS, run_of, stopped_run_of


def test_runs_come_latest_first_with_their_lanes_and_what_follows_from_their_figures(source, weeks):
    runs = runs_view(source)["runs"]
    assert len(runs) == len(weeks) + 1
    assert [run["week"] for run in runs] == sorted((run["week"] for run in runs), reverse=True)
    first = runs[0]
    assert first["lanes"] == ["batch", "realtime"]
    assert first["rows_per_s"] == pytest.approx(first["landed"] / first["seconds"])
    assert first["success"] == first["succeeded"] / first["landed"]
    assert first["wall_s"] == (first["finished_at"] - first["started_at"]).total_seconds()


def test_a_reprocessed_week_shows_both_runs_and_why(source, weeks):
    week = weeks[-10]
    states = {run["run_id"]: run for run in runs_view(source)["runs"] if run["week"] == week}
    assert states[stopped_run_of(week)]["state"] == "stopped"
    again = states[run_of(week)]
    assert (again["kind"], again["base_run"], again["requested_by"]) == ("reprocess", stopped_run_of(week), "admin")
    assert again["reason"]


def test_a_run_has_its_shards_with_lane_and_reason(source, last):
    view = run_view(source, last, run_of(last))
    assert len(view["shards"]) == SHARDS
    assert {shard["lane"] for shard in view["shards"]} == {"batch", "realtime"}
    assert [shard["shard"] for shard in view["shards"] if shard["rescued"]] == [9]
    batch = next(lane for lane in view["lanes"] if lane["lane"] == "batch")
    assert batch["rescued"] == 1
    assert sum(reason["shards"] for reason in batch["reasons"]) == batch["shards"]


def test_concurrency_comes_from_the_files_that_its_tasks_left(source, last, tmp_path):
    lake = Lake(str(tmp_path))
    moved = {"at": 10.0, "endpoint": "east", "what": "concurrency", "old": 8, "new": 16, "reason": "room", "count": 1}
    endpoint = {"endpoint": "east", "successes": 5, "refusals": 1, "failures": 0}
    write_json(lake.run(last, run_of(last)).limits(0), {"changes": [moved], "endpoints": [endpoint]})
    (limits,) = run_view(PageContext(source.ledger, lake, source.prompts), last, run_of(last))["limits"]
    assert (limits["name"], limits["lowest"], limits["highest"], limits["refusals"]) == ("east", 8, 16, 1)


@pytest.mark.parametrize("run_id", ["none", "../../../etc/passwd", "' or '1'='1", "run%00"])
def test_no_path_is_made_of_a_run_that_is_not_in_the_ledger(source, last, run_id):
    for view in (run_view, kept_report):
        with pytest.raises(NotThereError):
            view(source, last, run_id)


def test_a_kept_report_is_given_as_it_was_written(source, last, tmp_path):
    lake = Lake(str(tmp_path))
    with pytest.raises(NotThereError, match="no report"):
        kept_report(PageContext(source.ledger, lake, source.prompts), last, run_of(last))
    place = tmp_path / lake.run(last, run_of(last)).report
    place.parent.mkdir(parents=True)
    place.write_text("<h1>A week</h1>")
    assert kept_report(PageContext(source.ledger, lake, source.prompts), last, run_of(last)) == b"<h1>A week</h1>"


def test_what_landed_of_a_shard_is_counted_from_its_rows(source, last, tmp_path):
    lake = Lake(str(tmp_path))
    rows = make_landed_rows(week=last, run_id=run_of(last), conversations=40, shards=2)
    for row in rows:
        row |= {"packed_with": 4, "calls": 0.25}
    write_landed(lake, rows)
    shards = run_view(PageContext(source.ledger, lake, source.prompts), last, run_of(last))["shards"]
    mine = [row for row in rows if row["shard"] == 1]
    landed_shard = next(shard for shard in shards if shard["shard"] == 1)
    assert (landed_shard["state"], landed_shard["rows"]) == ("landed", len(mine))
    assert landed_shard["requests"] == round(sum(row["calls"] for row in mine if not row["reused"])), (
        "a shared call is one call"
    )
    assert landed_shard["reused"] == sum(row["reused"] for row in mine)
    assert landed_shard["cost_usd"] == pytest.approx(sum(row["cost_usd"] for row in mine if not row["reused"]))
    assert {shard["state"] for shard in shards if shard["shard"] > 1} == {"missing"}
