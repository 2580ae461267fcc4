"""Lanes in the ledger: the choice for each shard with its reason, and the results of the lanes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from semtel_ops.store.ledger import Ledger, upsert
from semtel_ops.store.ledger_outage import replayed
from semtel_ops.store.ledger_tables import lane_choice, lane_record, shard_pace


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A row of `lane_choice`; `ledger_tables` describes the columns."""

    week: str
    run_id: str
    shard: int
    lane: str
    reason: str
    decided_at: datetime
    due_at: datetime
    rescue_at: datetime | None
    requests: int
    input_tokens: int
    output_tokens: int
    stopped_at: datetime | None = None
    stop_reason: str | None = None
    rescued_at: datetime | None = None
    rescue_reason: str | None = None


@dataclass(frozen=True, slots=True)
class LaneRecord:
    """A row of `lane_record`; `ledger_tables` describes the columns."""

    week: str
    run_id: str
    lane: str
    endpoints: str
    rows: int
    requests: int
    tokens: int
    seconds: float
    cost_usd: float | None
    saved_usd: float | None
    measured_at: datetime


@dataclass(frozen=True, slots=True)
class ShardPace:
    """A row of `shard_pace`; `ledger_tables` describes the columns."""

    week: str
    run_id: str
    shard: int
    endpoints: str
    requests: int
    tokens: int
    began_at: float
    ended_at: float


class LaneLedger:
    """The lanes of a ledger. Does not close the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @replayed
    def save_choices(self, rows: Sequence[LaneRow]) -> None:
        """Replace the choices of a run; all rows are of the same run."""
        if not rows:
            return
        mine = (lane_choice.c.week == rows[0].week, lane_choice.c.run_id == rows[0].run_id)
        with self._ledger.write() as connection:
            connection.execute(delete(lane_choice).where(*mine))
            connection.execute(insert(lane_choice), [asdict(row) for row in rows])

    @replayed
    def choices(self, week: str, run_id: str) -> list[LaneRow]:
        """The choices of a run by shard."""
        query = select(lane_choice).where(lane_choice.c.week == week, lane_choice.c.run_id == run_id)
        with self._ledger.read() as connection:
            return [LaneRow(**row) for row in connection.execute(query.order_by(lane_choice.c.shard)).mappings()]

    @replayed
    def note_stop(self, week: str, run_id: str, *, at: datetime, reason: str) -> bool:
        """Record that the batches of a run are stopped for being late; False if that was recorded before and is unchanged."""
        batched = (lane_choice.c.week == week, lane_choice.c.run_id == run_id, lane_choice.c.lane == "batch")
        mine = (*batched, lane_choice.c.stopped_at.is_(None))
        with self._ledger.write() as connection:
            changed = connection.execute(update(lane_choice).where(*mine).values(stopped_at=at, stop_reason=reason))
        return changed.rowcount > 0

    @replayed
    def note_rescue(self, week: str, run_id: str, shard: int, *, at: datetime, reason: str) -> None:
        """Record that the open requests of a shard's batch are sent in realtime."""
        mine = (lane_choice.c.week == week, lane_choice.c.run_id == run_id, lane_choice.c.shard == shard)
        with self._ledger.write() as connection:
            connection.execute(update(lane_choice).where(*mine).values(rescued_at=at, rescue_reason=reason))

    @replayed
    def save_pace(self, pace: ShardPace) -> None:
        """Record the results of the realtime lane for a shard, in place of earlier results."""
        with self._ledger.write() as connection:
            upsert(connection, shard_pace, [asdict(pace)])

    @replayed
    def paces(self, week: str, run_id: str) -> list[ShardPace]:
        """Results of the realtime lane for the shards of a run so far, by shard."""
        query = select(shard_pace).where(shard_pace.c.week == week, shard_pace.c.run_id == run_id)
        with self._ledger.read() as connection:
            return [ShardPace(**row) for row in connection.execute(query.order_by(shard_pace.c.shard)).mappings()]

    @replayed
    def save_records(self, records: Sequence[LaneRecord]) -> None:
        """Record the results of lanes, in place of earlier results of the same run and lane."""
        with self._ledger.write() as connection:
            upsert(connection, lane_record, [asdict(record) for record in records])

    @replayed
    def records(self, limit: int = 100) -> list[LaneRecord]:
        """Results of lanes in all runs, latest first."""
        query = select(lane_record).order_by(lane_record.c.measured_at.desc()).limit(limit)
        with self._ledger.read() as connection:
            return [LaneRecord(**row) for row in connection.execute(query).mappings()]
