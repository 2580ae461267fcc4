"""Database engines of the ledger: supported URLs, and settings of SQLite for concurrent processes."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from semtel_ops.concealed import shown_database
from semtel_ops.errors import ConfigError, StoreError
from semtel_ops.store.ledger_outage import Patience

BUSY_TIMEOUT_S = 60
"""How long a writer of SQLite waits for another writer; publishing a large week locks the file for seconds."""
_FOR_WRITERS = Patience(BUSY_TIMEOUT_S)

_NOTICES_LOSS = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""Of libpq, in seconds, the last in milliseconds: a server that vanished without a word is noticed within a minute, where the
system's own limits are up to two hours. The URL's query overrides them."""

WRITES = {"semtel_write": True}
"""Execution options of a connection whose transaction writes."""


def parse_url(url: str) -> URL:
    """A SQLAlchemy URL with the driver that this project installs.

    Raises:
        ConfigError: the URL is not a URL of SQLite or PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except (SQLAlchemyError, ValueError):  # the latter of a port that is no number
        # The value is not shown, since it may contain a password.
        raise ConfigError("DATABASE_URL", "…", "is not a database URL, such as sqlite:///lake/ledger.db") from None
    backend = parsed.drivername.split("+", 1)[0]
    if backend in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise ConfigError("DATABASE_URL", parsed.drivername, "is not supported; use sqlite:///… or postgresql://…")
    return parsed


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL and for a database in memory."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


def writing_engine(url: URL) -> Engine:
    """Create an engine for reading and writing, and the folder of a SQLite file.

    Raises:
        StoreError: the folder cannot be created.
    """
    # `hide_parameters` keeps the values of statements out of messages and logs.
    if url.get_backend_name() == "postgresql":
        return create_engine(url, connect_args=_noticing_loss(url), pool_pre_ping=True, pool_size=2, hide_parameters=True)
    file = sqlite_file(url)
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"ledger {shown_database(url)}: {file.parent} cannot be created ({error.strerror}); check DATABASE_URL"
            ) from error
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def reading_engine(url: URL) -> Engine | None:
    """Create an engine that cannot write; None if the SQLite file does not exist."""
    if url.get_backend_name() == "postgresql":
        return create_engine(
            url,
            connect_args=_noticing_loss(url),
            pool_pre_ping=True,
            pool_size=4,
            hide_parameters=True,
            execution_options={"postgresql_readonly": True},
        )
    file = sqlite_file(url)
    if file is None or not file.is_file():
        return None
    # No pooling, since the file may be replaced while a web server is running.
    place = url.set(database=f"file:{file.resolve()}", query={"mode": "ro", "uri": "true"})
    return create_engine(place, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True, poolclass=NullPool)


def _noticing_loss(url: URL) -> dict[str, int]:
    return {name: value for name, value in _NOTICES_LOSS.items() if name not in url.query}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # `_begin_sqlite` begins transactions, since the driver would begin them too late
    # SQLite's own timeout does not cover this while another process writes to a new file, which is not in WAL mode yet.
    _FOR_WRITERS.wait_for("ledger", lambda: connection.execute("PRAGMA journal_mode=WAL"))
    connection.execute("PRAGMA synchronous=NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that begins by reading cannot write after another has written, and waiting does not resolve that.
    writes = connection.get_execution_options().get("semtel_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
