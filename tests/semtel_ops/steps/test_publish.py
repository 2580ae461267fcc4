import json
from collections import Counter
from pathlib import Path

import duckdb
import fsspec
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from semtel_ops.errors import ConfigError, QualityGateError, ReconciliationError, StoreError
from semtel_ops.settings import PipelineConfig, PublishConfig
from semtel_ops.steps import publish
from semtel_ops.steps.publish import publish_run
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import RunState
from semtel_ops.store.parquet import write_table
from semtel_ops.testing.landed import make_landed_rows
from tests.support.finished_run import PASSING_CHECK, write_finished_run

WEEK = "2026-W47"


@pytest.fixture
def lake(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    return tmp_path / "lake"


@pytest.fixture
def ledger(lake, tmp_path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def _published(lake) -> list[tuple[str, int]]:
    """(run, rows) as an analyst counts them."""
    if not list(lake.glob(f"labels/week={WEEK}/**/*.parquet")):
        return []
    query = f"SELECT run_id, count(*) FROM '{lake}/labels/week={WEEK}/**/*.parquet' GROUP BY 1 ORDER BY 1"
    return duckdb.sql(query).fetchall()


def _all(ledger, table) -> list[dict]:
    with ledger.read() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def test_rows_become_the_weeks_in_the_lake_and_in_sql(lake, ledger):
    run = write_finished_run(lake)
    result = publish_run(run)
    assert _published(lake) == [("manual", 1000)]
    assert len(_all(ledger, tables.label)) == 1000
    assert (result["rows"], result["sql_rows"], result["files"], result["supersedes"]) == (1000, 1000, 2, None)
    assert json.loads(json.dumps(result)) == result
    assert ledger.published_run(WEEK).run_id == "manual"
    assert not (lake / "publishing" / f"week={WEEK}").exists()


def test_publishing_twice_is_publishing_once(lake, ledger):
    run = write_finished_run(lake)
    first = publish_run(run)
    shares, slices = _all(ledger, tables.weekly_share), _all(ledger, tables.weekly_slice)
    assert publish_run(run) == first
    assert _published(lake) == [("manual", 1000)]
    assert (_all(ledger, tables.weekly_share), _all(ledger, tables.weekly_slice)) == (shares, slices)
    assert len(_all(ledger, tables.label)) == 1000


def test_another_run_of_the_week_takes_the_place_of_the_first(lake, ledger):
    publish_run(write_finished_run(lake, run_id="first"))
    run = write_finished_run(lake, run_id="second", rows=make_landed_rows(run_id="second", conversations=50))
    assert publish_run(run)["supersedes"] == "first"
    assert _published(lake) == [("second", 250)]
    assert {row["run_id"] for row in _all(ledger, tables.label)} == {"second"}
    assert {row["run_id"] for row in _all(ledger, tables.weekly_share)} == {"second"}
    assert ledger.run(WEEK, "first").state is RunState.SUPERSEDED
    assert list(lake.glob("landed/*/run=first/*.parquet"))  # what landed stays


def test_weekly_shares_are_weighted_and_carry_their_interval(lake, ledger):
    rows = make_landed_rows(conversations=300, labels={"topic": {"money": 1, "health": 2}}, weights=(1, 4), success=0.9)
    publish_run(write_finished_run(lake, rows=rows))
    good = [row for row in rows if row["status"] == "success"]
    total = sum(row["sample_weight"] for row in good)
    squared = sum(row["sample_weight"] ** 2 for row in good)
    for share in ledger.weekly_shares([WEEK]):
        mine = [row for row in good if row["label"] == share.label]
        assert share.n == len(mine)
        assert share.total_n == len(good)
        assert share.share == pytest.approx(sum(row["sample_weight"] for row in mine) / total)
        assert share.weight == pytest.approx(share.share * total)
        assert share.effective_n == pytest.approx(total**2 / squared)
        assert share.low < share.share < share.high
        assert share.classifier_version == "1.0.0"
    assert len(ledger.weekly_shares([WEEK])) == 2


def test_a_week_knows_its_labellers_and_each_share_the_one_of_most_labels(lake, ledger):
    endpoints = [("east", "a"), ("west", "a"), ("north", "b")]  # two of three rows by a
    publish_run(write_finished_run(lake, rows=make_landed_rows(endpoints=endpoints)))
    weekly = {(row["classifier"], row["served_model"]): row for row in _all(ledger, tables.weekly_labeller)}
    by_a, by_b = weekly["topic", "a"], weekly["topic", "b"]
    assert by_a["n"] > by_b["n"] > 0
    shares = [row for row in _all(ledger, tables.weekly_share) if row["classifier"] == "topic"]
    assert {row["labeller"] for row in shares} == {by_a["labeller"]}
    assert by_a["n"] + by_b["n"] == sum(row["n"] for row in shares if row["level"] == "label")
    known = {row["labeller"]: row for row in _all(ledger, tables.labeller)}
    assert {known[by_a["labeller"]]["model"], known[by_b["labeller"]]["model"]} == {"a", "b"}


def test_rows_of_an_earlier_release_are_published_without_a_labeller(lake, ledger):
    run = write_finished_run(lake)
    for path in sorted(lake.glob("landed/**/*.parquet")):
        table = pq.read_table(path)
        write_table(str(path), table.drop_columns(["served_model", "system_fingerprint", "labeller"]))
    publish_run(run)
    assert {row["labeller"] for row in _all(ledger, tables.weekly_labeller)} == {""}
    assert {row["labeller"] for row in _all(ledger, tables.weekly_share)} == {None}
    assert {row["labeller"] for row in _all(ledger, tables.label)} == {None}
    assert not _all(ledger, tables.labeller)


def test_complexity_is_also_published_as_low_and_high(lake, ledger):
    publish_run(write_finished_run(lake))
    labels = {share.label: share.n for share in ledger.weekly_shares([WEEK]) if share.classifier == "task_complexity"}
    groups = {share.label: share.n for share in ledger.weekly_shares([WEEK], level="group")}
    assert groups["low"] == labels["remember"] + labels["understand"]
    assert groups["low"] + groups["high"] == sum(labels.values())


def test_satisfaction_is_published_within_each_expertise_and_topic(lake, ledger):
    publish_run(write_finished_run(lake))
    slices = _all(ledger, tables.weekly_slice)
    assert {row["by_classifier"] for row in slices} == {"user_expertise", "topic"}
    for by_label in {row["by_label"] for row in slices if row["by_classifier"] == "user_expertise"}:
        mine = [row for row in slices if row["by_label"] == by_label and row["by_classifier"] == "user_expertise"]
        assert sum(row["share"] for row in mine) == pytest.approx(1)
        assert sum(row["n"] for row in mine) == mine[0]["total_n"]


def test_slices_under_the_floor_are_not_published(lake, ledger):
    config = PipelineConfig(publish=PublishConfig(min_slice=30))
    rows = make_landed_rows(conversations=200)
    expert = Counter(row["label"] for row in rows if row["classifier"] == "user_expertise")
    assert expert["expert"] < 30 < expert["novice"]
    result = publish_run(write_finished_run(lake, rows=rows, config=config))
    slices = _all(ledger, tables.weekly_slice)
    assert min(row["total_n"] for row in slices) >= 30
    assert "expert" not in {row["by_label"] for row in slices}
    assert result["slices_hidden"] > 0


def test_rows_stay_out_of_sql_when_so_configured_even_those_of_an_earlier_run(lake, ledger):
    publish_run(write_finished_run(lake, run_id="first"))
    config = PipelineConfig(publish=PublishConfig(rows_to_sql=False))
    publish_run(write_finished_run(lake, run_id="second", config=config))
    assert _all(ledger, tables.label) == []
    assert _all(ledger, tables.weekly_share)


def test_a_run_that_the_gate_stopped_is_refused_and_the_old_week_stays(lake, ledger):
    publish_run(write_finished_run(lake, run_id="good"))
    failed = {**PASSING_CHECK, "id": "non_success_share", "passed": False}
    run = write_finished_run(lake, run_id="bad", verdict="stop", checks=[failed])
    with pytest.raises(QualityGateError, match="non_success_share"):
        publish_run(run)
    assert _published(lake) == [("good", 1000)]
    assert ledger.published_run(WEEK).run_id == "good"


def test_a_warning_is_published(lake, ledger):
    publish_run(write_finished_run(lake, verdict="warn"))
    assert ledger.published_run(WEEK).verdict == "warn"


def test_a_run_nobody_validated_is_refused(lake):
    with pytest.raises(StoreError, match="validate"):
        publish_run(write_finished_run(lake, verdict=None))


def test_a_dry_run_is_refused(lake):
    with pytest.raises(ConfigError, match="dry_run"):
        publish_run(write_finished_run(lake, dry_run=True))


def test_a_landed_file_that_went_missing_stops_publication(lake):
    run = write_finished_run(lake)
    next(iter(lake.glob("landed/**/*.parquet"))).unlink()
    with pytest.raises(ReconciliationError, match="but 1,000 were counted"):
        publish_run(run)
    assert _published(lake) == []


def test_a_run_without_a_ledger_publishes_files_alone(lake, tmp_path):
    result = publish_run(write_finished_run(lake, ledger=False))
    assert _published(lake) == [("manual", 1000)]
    assert result["sql_rows"] == 0
    assert not (tmp_path / "ledger.db").exists()


@pytest.mark.parametrize("where", ["replace_week", "mark_published", "save_quality"])
def test_an_exception_before_the_commit_changes_nothing_and_a_rerun_converges(lake, ledger, monkeypatch, where):
    publish_run(write_finished_run(lake, run_id="old"))
    run = write_finished_run(lake, run_id="new", rows=make_landed_rows(run_id="new", conversations=40))

    def crash(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(publish, where, crash)
        with pytest.raises(KeyboardInterrupt):
            publish_run(run)
    assert _published(lake) == [("old", 1000)]
    assert {row["run_id"] for row in _all(ledger, tables.label)} == {"old"}
    assert not (lake / "publishing" / f"week={WEEK}").exists()
    publish_run(run)
    assert _published(lake) == [("new", 200)]
    assert {row["run_id"] for row in _all(ledger, tables.label)} == {"new"}


def test_an_object_store_ends_with_one_run_and_a_marker_that_names_it(lake):
    root = "memory://publish-test"
    fs = fsspec.filesystem("memory")
    try:
        publish_run(write_finished_run(root, run_id="old"))
        publish_run(write_finished_run(root, run_id="new", rows=make_landed_rows(run_id="new", conversations=40, shards=3)))
        found = fs.find(f"/publish-test/labels/week={WEEK}")
        assert {path.split("/")[-2] for path in found if path.endswith(".parquet")} == {"run=new"}
        marker = json.loads(fs.cat(f"/publish-test/labels/week={WEEK}/_published.json"))
        assert (marker["run_id"], len(marker["files"])) == ("new", 3)
    finally:
        fs.rm("/publish-test", recursive=True)
