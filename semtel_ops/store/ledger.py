"""The ledger: runs, costs, publications, and the capacity shares of endpoints.

SQLite by default, PostgreSQL for several machines. Every change is an upsert or a replacement in one transaction: a repetition
changes nothing, and a process that is killed has changed nothing. So a method whose connection is lost is run again
(`ledger_outage`).
"""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, Unpack

from sqlalchemy import Connection, Engine, Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from semtel_ops.concealed import shown_database
from semtel_ops.errors import StoreError
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.ledger_engine import WRITES
from semtel_ops.store.ledger_outage import (
    IMPATIENT,
    NOTHING,
    LedgerLostError,
    Patience,
    UndecidedError,
    is_outage,
    outcome,
    reason_of,
    replayed,
    transaction_id,
)
from semtel_ops.store.ledger_rows import EndpointShare, RunFields, RunRecord, ShardFields, WeeklyShare
from semtel_ops.store.ledger_tables import RunKind, RunState

log = logging.getLogger(__name__)


_DAMAGE = ("disk image is malformed", "file is not a database", "malformed database schema")
"""What SQLite says of a damaged file."""

_AFTER_ALL_WEEKS = "9999-W99"


class Ledger:
    """An open ledger. Thread-safe; close it, or use it as a context manager. Methods raise StoreError for database errors."""

    lake: str | None = None
    """Root of the lake whose run the ledger was opened for: stored URLs below it are relative to it."""

    def __init__(self, engine: Engine, patience: Patience = IMPATIENT) -> None:
        """`patience`: how long each transaction waits for a database that does not answer; by default not at all."""
        self._engine = engine
        self._patience = patience

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @property
    def place(self) -> str:
        """The URL without the password, for messages."""
        return shown_database(self._engine.url)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection in a transaction, which sees a consistent state of the ledger.

        Raises:
            LedgerLostError: the connection was lost; use `replayed` for a function that can be run again.
            StoreError: the database did not answer in time, or refused a statement.
        """
        with self._begun(self._engine) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed at the end, rolled back by an exception.

        Raises:
            LedgerLostError: the connection was lost, and nothing was changed; use `replayed` for what can be run again.
            StoreError: the database did not answer in time, or refused a statement; or it could not be found out whether the
                transaction was committed.
        """
        with self._begun(self._engine.execution_options(**WRITES)) as connection:
            yield connection
            with self._converted_errors(lost=True):
                transaction = transaction_id(connection) if self._patience.seconds else None
            with self._converted_errors():
                self._commit(connection, transaction)

    def vacuum(self, names: Iterable[str]) -> None:
        """Overwrite or give back what deleted rows of these tables leave in the database's files."""
        with self._converted_errors():
            pooled = self._engine.raw_connection()
            try:
                driver: Any = pooled.driver_connection
                if self.dialect == "sqlite":
                    for statement in ("PRAGMA secure_delete = ON", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                        driver.execute(statement).fetchall()
                else:
                    driver.autocommit = True
                    for name in dict.fromkeys(names):
                        driver.execute(f'VACUUM "{name}"')
            finally:
                pooled.invalidate()  # the next user expects transactions

    @contextmanager
    def _begun(self, engine: Engine) -> Iterator[Connection]:
        with self._converted_errors():
            connection = self._patience.wait_for(f"ledger {self.place}", lambda: _begin(engine))
        with self._converted_errors(lost=True), connection:
            yield connection

    def _commit(self, connection: Connection, transaction: str | None) -> None:
        """Commit; if the answer is lost, ask the server, so that nothing is done twice and no result is lost."""
        try:
            connection.commit()
        except SQLAlchemyError as error:
            if transaction is None or not is_outage(error):
                raise
            place = f"ledger {self.place}"
            match "committed" if transaction == NOTHING else self._patience.wait_for(place, lambda: self._outcome(transaction)):
                case "committed":
                    log.info("%s: the connection was lost after the transaction was committed", place)
                case "aborted":
                    raise LedgerLostError(self._message(error)) from error
                case _:
                    raise

    def _outcome(self, transaction: str) -> str | None:
        """What became of a transaction; raises UndecidedError while its server process is running."""
        with self._engine.connect() as connection:
            status = outcome(connection, transaction)
        if status == "in progress":
            raise UndecidedError(
                f"ledger {self.place}: the connection was lost, and transaction {transaction} has not ended on the server; "
                "see what holds it in pg_stat_activity, then run the step again"
            )
        return status

    @contextmanager
    def _converted_errors(self, *, lost: bool = False) -> Iterator[None]:
        """Convert database errors to StoreError, without the values of the statement.

        Args:
            lost: an outage in this block has changed nothing.
        """
        driver_error = self._engine.dialect.loaded_dbapi.Error  # COPY uses the driver directly
        try:
            yield
        except (SQLAlchemyError, driver_error) as error:
            again = lost and self._patience.seconds > 0 and is_outage(error)
            raise (LedgerLostError if again else StoreError)(self._message(error)) from error

    def _message(self, error: BaseException) -> str:
        reason = reason_of(error)
        fix = "check DATABASE_URL and that the database is reachable, then run the step again"
        if any(damage in reason for damage in _DAMAGE):
            fix = "the file is damaged: stop its users, and restore a backup of the ledger"
        return f"ledger {self.place}: {reason}; {fix}"

    # Runs and shards

    @replayed
    def save_run(self, week: str, run_id: str, **fields: Unpack[RunFields]) -> None:
        """Create the row of a run, or change the given fields of it."""
        with self.write() as connection:
            save_run(connection, week, run_id, **fields)

    @replayed
    def run(self, week: str, run_id: str) -> RunRecord | None:
        """Read a run; None if it does not exist."""
        query = select(tables.run).where(tables.run.c.week == week, tables.run.c.run_id == run_id)
        with self.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _run_record(row._mapping)  # noqa: SLF001 - the documented way to a mapping

    @replayed
    def runs(self, week: str | None = None) -> list[RunRecord]:
        """All runs, optionally of a week, by week and start."""
        query = select(tables.run).order_by(tables.run.c.week, tables.run.c.started_at, tables.run.c.run_id)
        if week is not None:
            query = query.where(tables.run.c.week == week)
        with self.read() as connection:
            return [_run_record(row) for row in connection.execute(query).mappings()]

    @replayed
    def published_run(self, week: str) -> RunRecord | None:
        """The published run of a week; None if there is none."""
        query = select(tables.run).where(tables.run.c.week == week, tables.run.c.state == RunState.PUBLISHED)
        with self.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _run_record(row)

    @replayed
    def save_shard(self, week: str, run_id: str, shard: int, **fields: Unpack[ShardFields]) -> None:
        """Create the row of a shard (with state `planned` unless given), or change the given fields of it."""
        key = {"week": week, "run_id": run_id, "shard": shard}
        with self.write() as connection:
            _save(connection, tables.shard, key, {"state": "planned"}, {**fields, "updated_at": datetime.now(UTC)})

    @replayed
    def shards(self, week: str, run_id: str) -> list[dict[str, Any]]:
        """Rows of a run's shards, by shard."""
        query = select(tables.shard).where(tables.shard.c.week == week, tables.shard.c.run_id == run_id)
        with self.read() as connection:
            return [dict(row) for row in connection.execute(query.order_by(tables.shard.c.shard)).mappings()]

    # Label shares and quality

    @replayed
    def weekly_shares(self, weeks: Sequence[str], *, level: str = "label") -> list[WeeklyShare]:
        """Label shares of published weeks, by week, classifier and label; weeks that are not published have none."""
        table = tables.weekly_share
        query = select(table).where(table.c.week.in_(weeks), table.c.level == level)
        with self.read() as connection:
            rows = connection.execute(query.order_by(table.c.week, table.c.classifier, table.c.label)).mappings()
            return [WeeklyShare(**row) for row in rows]

    def published_weeks(self, count: int) -> list[str]:
        """Up to `count` published weeks, latest first."""
        return self.published_weeks_before(_AFTER_ALL_WEEKS, count)

    @replayed
    def published_weeks_before(self, week: str, count: int) -> list[str]:
        """Up to `count` published weeks before `week`, latest first."""
        column = tables.weekly_share.c.week  # ISO weeks sort as text
        query = select(column).where(column < week).distinct().order_by(column.desc()).limit(count)
        with self.read() as connection:
            return list(connection.execute(query).scalars())

    @replayed
    def save_quality(self, week: str, run_id: str, results: Sequence[Mapping[str, Any]]) -> None:
        """Replace the check results of a run; each has the keys of `checks` in quality.json."""
        with self.write() as connection:
            save_quality(connection, week, run_id, results)

    @replayed
    def quality(self, week: str, run_id: str) -> list[dict[str, Any]]:
        """The check results of a run, by check and classifier; `classifier` is None for checks of the whole run."""
        table = tables.quality_result
        query = select(table).where(table.c.week == week, table.c.run_id == run_id)
        with self.read() as connection:
            rows = connection.execute(query.order_by(table.c.check_id, table.c.classifier)).mappings()
            return [{**row, "classifier": row["classifier"] or None} for row in rows]

    # Capacity shares of endpoints

    @replayed
    def hold_share(self, share: EndpointShare) -> None:
        """Record the demand and use of a holder, in place of its last heartbeat."""
        with self.write() as connection:
            upsert(connection, tables.endpoint_share, [asdict(share)])

    @replayed
    def live_shares(self, endpoint: str, *, since: float) -> list[EndpointShare]:
        """Holders with a heartbeat at or after `since` (seconds since 1970), by name."""
        table = tables.endpoint_share
        query = select(table).where(table.c.endpoint == endpoint, table.c.heartbeat_at >= since)
        with self.read() as connection:
            return [EndpointShare(**row) for row in connection.execute(query.order_by(table.c.holder)).mappings()]

    @replayed
    def release_share(self, endpoint: str, holder: str) -> None:
        """Remove a holder, if it exists."""
        table = tables.endpoint_share
        with self.write() as connection:
            connection.execute(delete(table).where(table.c.endpoint == endpoint, table.c.holder == holder))


def _begin(engine: Engine) -> Connection:
    connection = engine.connect()
    try:
        connection.begin()
    except BaseException:
        connection.close()
        raise
    return connection


def save_run(connection: Connection, week: str, run_id: str, **fields: Unpack[RunFields]) -> None:
    """`Ledger.save_run` in a transaction of the caller."""
    unknown = set(fields) - set(RunFields.__annotations__)
    if unknown:
        raise TypeError(f"run has no column {', '.join(sorted(unknown))}")
    _save(
        connection,
        tables.run,
        {"week": week, "run_id": run_id},
        {"state": RunState.PLANNED, "kind": RunKind.WEEKLY},
        dict(fields),
    )


def save_quality(connection: Connection, week: str, run_id: str, results: Iterable[Mapping[str, Any]]) -> None:
    """`Ledger.save_quality` in a transaction of the caller."""
    now = datetime.now(UTC)
    rows = [_quality_row(week, run_id, now, result) for result in results]
    table = tables.quality_result
    connection.execute(delete(table).where(table.c.week == week, table.c.run_id == run_id))
    if rows:
        connection.execute(insert(table), rows)


def mark_published(connection: Connection, week: str, run_id: str, **fields: Unpack[RunFields]) -> str | None:
    """Mark a run as the published run of its week, and set other fields of it; returns the run that it replaces, or None."""
    table = tables.run
    others = (table.c.week == week) & (table.c.run_id != run_id) & (table.c.state == RunState.PUBLISHED)
    replaced = connection.execute(select(table.c.run_id).where(others)).scalars().first()
    connection.execute(update(table).where(others).values(state=RunState.SUPERSEDED))
    fields["state"] = RunState.PUBLISHED
    if replaced is not None:
        fields["supersedes"] = replaced
    save_run(connection, week, run_id, **fields)
    return replaced


def upsert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, keep: frozenset[str] = frozenset()
) -> None:
    """Insert rows; in existing rows with the same primary key, overwrite the given columns except those in `keep`.

    All rows must have the same columns.
    """
    if not rows:
        return
    dialects = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    statement: Any = dialects[connection.dialect.name](table)
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys and name not in keep}
    if changed:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    connection.execute(statement, [dict(row) for row in rows])


def _save(connection: Connection, table: Table, key: dict[str, Any], new: dict[str, Any], fields: dict[str, Any]) -> None:
    """Insert a row with the defaults `new`, or change the given fields of it; defaults never overwrite."""
    defaults = {name: value for name, value in new.items() if name not in fields}
    upsert(connection, table, [{**key, **defaults, **fields}], keep=frozenset(defaults))


def _run_record(row: Mapping[Any, Any]) -> RunRecord:
    return RunRecord(**{**row, "state": RunState(row["state"]), "kind": RunKind(row["kind"])})


def _quality_row(week: str, run_id: str, now: datetime, result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "week": week,
        "run_id": run_id,
        "check_id": result["id"],
        "classifier": result.get("classifier") or "",
        "passed": bool(result["passed"]),
        "severity": str(result["severity"]),
        "description": result.get("description"),
        "observed": _as_text(result.get("observed")),
        "expected": _as_text(result.get("expected")),
        "notes": result.get("notes"),
        "checked_at": now,
    }


def _as_text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
