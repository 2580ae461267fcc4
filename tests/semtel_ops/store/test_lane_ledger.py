"""Choices and records of lanes, in SQL."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from semtel_ops.store.lane_ledger import LaneLedger, LaneRecord, LaneRow, ShardPace
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import lane_choice
from semtel_ops.store.ledger_upgrade import upgrade_ledger

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def make_row(shard, lane="batch", run_id="r1"):
    return LaneRow("2026-W47", run_id, shard, lane, "cheaper", NOW, NOW + timedelta(hours=20), NOW, 10, 100, 5)


def make_record(run_id, at=NOW, tokens=100):
    return LaneRecord("2026-W47", run_id, "realtime", "east", 10, 10, tokens, 1.5, None, 0.0, at)


def test_choosing_again_replaces_the_choices_of_that_run_alone(tmp_path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        lanes = LaneLedger(ledger)
        lanes.save_choices([make_row(0), make_row(1)])
        lanes.save_choices([make_row(0, run_id="r2")])
        lanes.save_choices([make_row(0, lane="realtime")])
        assert lanes.choices("2026-W47", "r1") == [make_row(0, lane="realtime")]
        assert lanes.choices("2026-W47", "r2") == [make_row(0, run_id="r2")]


def test_a_rescue_is_noted_beside_the_choice(tmp_path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        lanes = LaneLedger(ledger)
        lanes.save_choices([make_row(0), make_row(1)])
        lanes.note_rescue("2026-W47", "r1", 1, at=NOW, reason="its batch rows were not written")
        plain, rescued = lanes.choices("2026-W47", "r1")
        assert plain.rescued_at is None
        assert (rescued.rescued_at, rescued.rescue_reason) == (NOW, "its batch rows were not written")


def test_batches_of_a_run_are_found_late_once_and_all_of_them(ledger_url):
    with open_ledger(ledger_url) as ledger:
        lanes = LaneLedger(ledger)
        lanes.save_choices([make_row(0), make_row(1), make_row(2, lane="realtime")])
        assert lanes.note_stop("2026-W47", "r1", at=NOW, reason="40 of 50 requests remain")
        assert not lanes.note_stop("2026-W47", "r1", at=NOW + timedelta(hours=1), reason="another"), "the first stands"
        found = [(row.stopped_at, row.stop_reason) for row in lanes.choices("2026-W47", "r1")]
        assert found == [(NOW, "40 of 50 requests remain")] * 2 + [(None, None)]


def test_the_pace_of_a_shard_done_again_replaces_its_own(ledger_url):
    with open_ledger(ledger_url) as ledger:
        lanes = LaneLedger(ledger)
        for tokens in (100, 200):
            lanes.save_pace(ShardPace("2026-W47", "r1", 3, "east", 10, tokens, 1.5, 9.5))
        lanes.save_pace(ShardPace("2026-W47", "r2", 3, "east", 10, 1, 1.5, 9.5))
        assert lanes.paces("2026-W47", "r1") == [ShardPace("2026-W47", "r1", 3, "east", 10, 200, 1.5, 9.5)]


def test_records_come_latest_first_and_a_run_measured_again_replaces_its_own(tmp_path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        lanes = LaneLedger(ledger)
        lanes.save_records([make_record("r1")])
        lanes.save_records([make_record("r2", NOW + timedelta(days=7))])
        lanes.save_records([make_record("r1", tokens=200)])
        assert [(record.run_id, record.tokens) for record in lanes.records()] == [("r2", 100), ("r1", 200)]


def test_a_ledger_from_before_there_were_lanes_gets_their_tables(old_sqlite_url):
    engine = sa.create_engine(old_sqlite_url)
    with engine.begin() as connection:
        lane_choice.drop(connection)
    engine.dispose()
    upgrade_ledger(old_sqlite_url)
    with open_ledger(old_sqlite_url) as ledger:
        assert LaneLedger(ledger).choices("2026-W47", "r1") == []
