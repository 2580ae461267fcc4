"""Opens a ledger: creates its tables where there are none, and refuses those of another version."""

import logging

from sqlalchemy import Connection, inspect, text

from semtel_ops.concealed import shown_database
from semtel_ops.errors import StoreError
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_engine import parse_url, reading_engine, writing_engine
from semtel_ops.store.ledger_outage import IMPATIENT, PATIENT, Patience, replayed
from semtel_ops.store.migrations import BASELINE, HEAD, Standing, migrate, standing_of, version_of

log = logging.getLogger(__name__)

_SCHEMA_LOCK = 7_230_461_001  # PostgreSQL's advisory lock while tables are created or changed; an arbitrary number


def open_ledger(
    url: str,
    *,
    upgrade_with: str = "semtel ledger upgrade",
    opening: Patience = IMPATIENT,
    patience: Patience = PATIENT,
) -> Ledger:
    """Open the ledger at a SQLAlchemy URL, and create its tables if they do not exist; concurrent calls create them once.

    An older ledger is not upgraded here, since tasks of the older release may be using it.

    Args:
        url: database URL.
        upgrade_with: command that upgrades the ledger, for the error message.
        opening: how long to wait for a database that does not answer yet. By default not at all: the URL may be wrong.
        patience: how long each later transaction waits for a database that no longer answers.

    Raises:
        ConfigError: the URL is not a URL of SQLite or PostgreSQL.
        StoreError: the database does not answer, or its tables have another version than this code.
    """
    engine = writing_engine(parse_url(url))
    try:
        version = _version_or_new(Ledger(engine, opening))
        ledger = Ledger(engine, patience)
        require_head(ledger.place, version, upgrade_with=upgrade_with)
    except BaseException:
        engine.dispose()
        raise
    return ledger


@replayed
def _version_or_new(ledger: Ledger) -> str:
    """The version of the tables, which are created if they do not exist."""
    with ledger.read() as connection:
        version = version_of(connection)
    if version is not None:
        return version
    with ledger.write() as connection:
        lock_schema(connection)
        return create_or_find(connection, ledger.place)


def open_to_read(url: str) -> Ledger | None:
    """Open the ledger read-only; None if no run has created it yet.

    Raises:
        ConfigError: the URL is not a URL of SQLite or PostgreSQL.
        StoreError: the database does not answer, or its tables have another version than this code.
    """
    place = parse_url(url)
    engine = reading_engine(place)
    if engine is None:
        return None
    ledger = Ledger(engine)
    with ledger.read() as connection:
        version = version_of(connection)
    if version is None:
        return None
    require_head(shown_database(place), version)
    return ledger


def lock_schema(connection: Connection) -> None:
    """Prevent others from creating or upgrading tables until the transaction ends; SQLite has a single writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SCHEMA_LOCK})


def create_or_find(connection: Connection, place: str) -> str:
    """Create the tables unless they exist, and return their version. The caller must hold the schema lock."""
    version = version_of(connection)
    if version is not None:
        return version
    foreign = tables.metadata.tables.keys() & set(inspect(connection).get_table_names())
    if foreign:
        raise StoreError(
            f"ledger {place}: the database has tables of other software with names that the ledger uses "
            f"({', '.join(sorted(foreign))}); set DATABASE_URL to a database or schema of its own"
        )
    migrate(connection)
    log.info("ledger %s: tables created, version %s", place, HEAD)
    return HEAD


def require_head(place: str, version: str, *, upgrade_with: str = "semtel ledger upgrade") -> None:
    """Check that the ledger has the version of this code.

    Raises:
        StoreError: it has another version; the message says what to do.
    """
    match standing_of(version):
        case Standing.CURRENT:
            return
        case Standing.OLDER:
            raise StoreError(
                f"ledger {place}: its tables have version {version}, this semtel-ops requires {HEAD}; "
                f"stop everything that uses the ledger, then run `{upgrade_with}`"
            )
        case Standing.NEWER:
            raise StoreError(
                f"ledger {place}: its tables have version {version}, which is newer than this semtel-ops ({HEAD}); "
                "use the release that upgraded it, or restore an earlier backup"
            )
        case Standing.UNSUPPORTED:
            raise StoreError(
                f"ledger {place}: its tables have version {version}, and upgrades begin at {BASELINE}; "
                "use the code that wrote it, or set DATABASE_URL to a new database"
            )
