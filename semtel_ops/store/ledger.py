"""The ledger: what ran, what it cost, what was published, and who may use how much of an endpoint.

SQLite by default, PostgreSQL where several machines work. Everything here is an upsert or a replacement inside one
transaction: doing it twice changes nothing, and a process killed in the middle has done nothing.
"""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

from sqlalchemy import Connection, Engine, Table, create_engine, delete, event, insert, inspect, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from semtel_ops.errors import ConfigError, StoreError
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.ledger_rows import EndpointShare, RunFields, RunRecord, ShardFields, WeeklyShare
from semtel_ops.store.ledger_tables import SCHEMA_VERSION, RunKind, RunState

log = logging.getLogger(__name__)

BUSY_TIMEOUT_S = 60
"""How long a SQLite writer waits for another one; publishing a large week holds the file for seconds."""

_CREATE_LOCK = 7_230_461_001  # any number that only we use: PostgreSQL's advisory lock while tables are made


class Ledger:
    """An open ledger. Safe to use from several threads; close it, or use it as a context manager."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @property
    def place(self) -> str:
        """The URL without its password, for messages."""
        return self._engine.url.render_as_string(hide_password=True)

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the ledger."""
        with self._spoken(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end, undone by an exception."""
        engine = self._engine.execution_options(semtel_write=True)
        with self._spoken(), engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        """Database errors as StoreError, without the values of the statement."""
        driver_error = self._engine.dialect.loaded_dbapi.Error  # COPY talks to the driver directly
        try:
            yield
        except (SQLAlchemyError, driver_error) as error:
            reason = str(getattr(error, "orig", None) or error).strip().split("\n", 1)[0]
            raise StoreError(
                f"ledger {self.place}: {reason}; check DATABASE_URL and that the database answers, then run the step again"
            ) from error

    # Runs and shards

    def save_run(self, week: str, run_id: str, **fields: Unpack[RunFields]) -> None:
        """Create the run's row, or change the given fields of it."""
        with self.write() as connection:
            save_run(connection, week, run_id, **fields)

    def run(self, week: str, run_id: str) -> RunRecord | None:
        query = select(tables.run).where(tables.run.c.week == week, tables.run.c.run_id == run_id)
        with self.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _run_record(row._mapping)  # noqa: SLF001 - the documented way to a mapping

    def runs(self, week: str | None = None) -> list[RunRecord]:
        """All runs (of a week), by week, then by when they started."""
        query = select(tables.run).order_by(tables.run.c.week, tables.run.c.started_at, tables.run.c.run_id)
        if week is not None:
            query = query.where(tables.run.c.week == week)
        with self.read() as connection:
            return [_run_record(row) for row in connection.execute(query).mappings()]

    def published_run(self, week: str) -> RunRecord | None:
        """The run whose rows are the week's."""
        return next((record for record in self.runs(week) if record.state is RunState.PUBLISHED), None)

    def save_shard(self, week: str, run_id: str, shard: int, **fields: Unpack[ShardFields]) -> None:
        """Create the shard's row (state `planned` unless given), or change the given fields of it."""
        key = {"week": week, "run_id": run_id, "shard": shard}
        with self.write() as connection:
            _save(connection, tables.shard, key, {"state": "planned"}, {**fields, "updated_at": datetime.now(UTC)})

    def shards(self, week: str, run_id: str) -> list[dict[str, Any]]:
        query = select(tables.shard).where(tables.shard.c.week == week, tables.shard.c.run_id == run_id)
        with self.read() as connection:
            return [dict(row) for row in connection.execute(query.order_by(tables.shard.c.shard)).mappings()]

    # Shares and quality

    def weekly_shares(self, weeks: Sequence[str], *, level: str = "label") -> list[WeeklyShare]:
        """Shares of published weeks, by week, classifier and label; weeks that were never published are absent."""
        table = tables.weekly_share
        query = select(table).where(table.c.week.in_(weeks), table.c.level == level)
        with self.read() as connection:
            rows = connection.execute(query.order_by(table.c.week, table.c.classifier, table.c.label)).mappings()
            return [WeeklyShare(**row) for row in rows]

    def published_weeks_before(self, week: str, count: int) -> list[str]:
        """Up to `count` published weeks before `week`, the latest first. ISO weeks sort as text."""
        column = tables.weekly_share.c.week
        query = select(column).where(column < week).distinct().order_by(column.desc()).limit(count)
        with self.read() as connection:
            return list(connection.execute(query).scalars())

    def save_quality(self, week: str, run_id: str, results: Iterable[Mapping[str, Any]]) -> None:
        """Replace the run's check results; each has the keys of quality.json's `checks`."""
        now = datetime.now(UTC)
        rows = [_quality_row(week, run_id, now, result) for result in results]
        table = tables.quality_result
        with self.write() as connection:
            connection.execute(delete(table).where(table.c.week == week, table.c.run_id == run_id))
            if rows:
                connection.execute(insert(table), rows)

    def quality(self, week: str, run_id: str) -> list[dict[str, Any]]:
        table = tables.quality_result
        query = select(table).where(table.c.week == week, table.c.run_id == run_id)
        with self.read() as connection:
            rows = connection.execute(query.order_by(table.c.check_id, table.c.classifier)).mappings()
            return [{**row, "classifier": row["classifier"] or None} for row in rows]

    # Endpoint shares

    def hold_share(self, share: EndpointShare) -> None:
        """Write what a holder wants and has; its heartbeat is the one given."""
        with self.write() as connection:
            upsert(connection, tables.endpoint_share, [asdict(share)])

    def live_shares(self, endpoint: str, *, since: float) -> list[EndpointShare]:
        """Holders heard of at or after `since`, by name."""
        table = tables.endpoint_share
        query = select(table).where(table.c.endpoint == endpoint, table.c.heartbeat_at >= since)
        with self.read() as connection:
            return [EndpointShare(**row) for row in connection.execute(query.order_by(table.c.holder)).mappings()]

    def release_share(self, endpoint: str, holder: str) -> None:
        """Forget a holder; one that is not known is forgotten already."""
        table = tables.endpoint_share
        with self.write() as connection:
            connection.execute(delete(table).where(table.c.endpoint == endpoint, table.c.holder == holder))


def save_run(connection: Connection, week: str, run_id: str, **fields: Unpack[RunFields]) -> None:
    """`Ledger.save_run` inside a transaction of the caller."""
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


def mark_published(connection: Connection, week: str, run_id: str, **fields: Unpack[RunFields]) -> str | None:
    """Make this the week's published run, with any other fields of its row; return the run it replaces, or None."""
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
    """Insert rows, or overwrite the given columns, but those to `keep`, of rows with the same primary key.

    All rows have the same columns.
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


def open_ledger(url: str) -> Ledger:
    """Open the ledger at a SQLAlchemy URL; its tables are made on first use.

    Raises:
        ConfigError: the URL is not one of SQLite or PostgreSQL.
        StoreError: the database does not answer, or was written by a newer version.
    """
    ledger = Ledger(_engine(_known_url(url)))
    with ledger.write() as connection:
        if connection.dialect.name == "postgresql":
            # Two tasks that start at once must not both create the tables.
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CREATE_LOCK})
        _make_tables(connection, ledger.place)
    return ledger


def open_to_read(url: str) -> Ledger | None:
    """Open the ledger so that nothing can be written to it, not even its tables; None where no run has made it yet.

    Raises:
        ConfigError: the URL is not one of SQLite or PostgreSQL.
        StoreError: the database does not answer, or was written by another version.
    """
    known = _known_url(url)
    if known.get_backend_name() == "sqlite":
        if not known.database or not Path(known.database).is_file():
            return None
        # Nothing is pooled: the file may be replaced by another while a server of pages goes on.
        place = known.set(database=f"file:{Path(known.database).resolve()}", query={"mode": "ro", "uri": "true"})
        engine = create_engine(place, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True, poolclass=NullPool)
    else:
        read_only = {"postgresql_readonly": True}
        engine = create_engine(known, pool_pre_ping=True, pool_size=4, hide_parameters=True, execution_options=read_only)
    ledger = Ledger(engine)
    with ledger.read() as connection:
        if not inspect(connection).has_table(tables.schema_version.name):
            return None
        version = connection.execute(select(tables.schema_version.c.version)).scalar_one_or_none()
    if version != SCHEMA_VERSION:
        raise _other_version(ledger.place, version)
    return ledger


def _other_version(place: str, version: int | None) -> StoreError:
    return StoreError(
        f"ledger {place}: its tables have version {version}, this semtel-ops knows {SCHEMA_VERSION}; "
        "use the semtel-ops that wrote it, or another DATABASE_URL"
    )


def _known_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except SQLAlchemyError:
        # The value is not shown: it may hold a password.
        raise ConfigError("DATABASE_URL", "…", "is not a database URL, such as sqlite:///lake/ledger.db") from None
    backend = parsed.drivername.split("+", 1)[0]
    if backend in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise ConfigError("DATABASE_URL", parsed.drivername, "is not supported; use sqlite:///… or postgresql://…")
    return parsed


def _engine(url: URL) -> Engine:
    # Statements' values never reach a message or a log.
    if url.get_backend_name() == "postgresql":
        return create_engine(url, pool_pre_ping=True, pool_size=2, hide_parameters=True)
    if url.database and url.database != ":memory:":
        folder = Path(url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"ledger {url}: {folder} cannot be made ({error.strerror}); check DATABASE_URL") from error
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # `_begin_sqlite` begins transactions; the driver would begin them too late
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    # A writer that starts as a reader may find the file changed under it, which no waiting resolves.
    writes = connection.get_execution_options().get("semtel_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _make_tables(connection: Connection, place: str) -> None:
    version = None
    if inspect(connection).has_table(tables.schema_version.name):
        version = connection.execute(select(tables.schema_version.c.version)).scalar_one_or_none()
    if version == SCHEMA_VERSION:
        if not tables.metadata.tables.keys() <= set(inspect(connection).get_table_names()):
            tables.metadata.create_all(connection)
        return
    if version is not None:
        raise _other_version(place, version)
    tables.metadata.create_all(connection)
    connection.execute(insert(tables.schema_version), {"version": SCHEMA_VERSION})
    log.info("ledger %s: tables created", place)


def _save(connection: Connection, table: Table, key: dict[str, Any], new: dict[str, Any], fields: dict[str, Any]) -> None:
    """Insert with `new` as defaults, or change what was given: a default never overwrites."""
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
