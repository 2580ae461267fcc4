"""Lanes in the ledger: the choice for each shard with its reason, and the results of the lanes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from semtel_ops.store.ledger import Ledger, upsert
from semtel_ops.store.ledger_tables import lane_choice, lane_record, shard_pace


@dataclass(frozen=True, slots=True)
class LaneRow:
    """One row of `lane_choice`; columns are explained in `ledger_tables`."""

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
    """One row of `lane_record`."""

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
    """One row of `shard_pace`."""

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

    def save_choices(self, rows: Sequence[LaneRow]) -> None:
        """Make these the choices of their run, in place of earlier ones."""
        if not rows:
            return
        mine = (lane_choice.c.week == rows[0].week, lane_choice.c.run_id == rows[0].run_id)
        with self._ledger.write() as connection:
            connection.execute(delete(lane_choice).where(*mine))
            connection.execute(insert(lane_choice), [asdict(row) for row in rows])

    def choices(self, week: str, run_id: str) -> list[LaneRow]:
        query = select(lane_choice).where(lane_choice.c.week == week, lane_choice.c.run_id == run_id)
        with self._ledger.read() as connection:
            return [LaneRow(**row) for row in connection.execute(query.order_by(lane_choice.c.shard)).mappings()]

    def note_stop(self, week: str, run_id: str, *, at: datetime, reason: str) -> bool:
        """The batches of a run were found to be late; False when that was noted before, which stands."""
        batched = (lane_choice.c.week == week, lane_choice.c.run_id == run_id, lane_choice.c.lane == "batch")
        mine = (*batched, lane_choice.c.stopped_at.is_(None))
        with self._ledger.write() as connection:
            changed = connection.execute(update(lane_choice).where(*mine).values(stopped_at=at, stop_reason=reason))
        return changed.rowcount > 0

    def note_rescue(self, week: str, run_id: str, shard: int, *, at: datetime, reason: str) -> None:
        mine = (lane_choice.c.week == week, lane_choice.c.run_id == run_id, lane_choice.c.shard == shard)
        with self._ledger.write() as connection:
            connection.execute(update(lane_choice).where(*mine).values(rescued_at=at, rescue_reason=reason))

    def save_pace(self, pace: ShardPace) -> None:
        with self._ledger.write() as connection:
            upsert(connection, shard_pace, [asdict(pace)])

    def paces(self, week: str, run_id: str) -> list[ShardPace]:
        """Results of the realtime lane so far for a run's shards."""
        query = select(shard_pace).where(shard_pace.c.week == week, shard_pace.c.run_id == run_id)
        with self._ledger.read() as connection:
            return [ShardPace(**row) for row in connection.execute(query.order_by(shard_pace.c.shard)).mappings()]

    def save_records(self, records: Sequence[LaneRecord]) -> None:
        with self._ledger.write() as connection:
            upsert(connection, lane_record, [asdict(record) for record in records])

    def records(self, limit: int = 100) -> list[LaneRecord]:
        """What lanes did, the latest first."""
        query = select(lane_record).order_by(lane_record.c.measured_at.desc()).limit(limit)
        with self._ledger.read() as connection:
            return [LaneRecord(**row) for row in connection.execute(query).mappings()]
