"""Upgrades a ledger in place: exclusively, in one transaction, and on SQLite after a backup next to it.

An interrupted upgrade leaves the ledger unchanged or upgraded, and can be repeated. Of two concurrent upgrades, the second does
nothing.
"""

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.exc import OperationalError

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.concealed import shown_database
from semtel_ops.errors import StoreError
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_engine import BUSY_TIMEOUT_S, parse_url, reading_engine, sqlite_file, writing_engine
from semtel_ops.store.ledger_open import create_or_find, lock_schema, require_head
from semtel_ops.store.migrations import HEAD, Migration, Standing, migrate, pending, standing_of, version_of

_BACKUP_PAGES = 4_096
"""Pages copied per step; a backup can be interrupted between steps."""


@dataclass(frozen=True, slots=True)
class LedgerState:
    """Version and contents of a ledger.

    Attributes:
        ledger: URL without the password.
        version: None if there is no ledger yet.
        head: the version of this code.
        state: current, older, newer or unsupported; None if there is no ledger yet.
        pending: migrations that an upgrade would run.
        rows: number of rows by table.
    """

    ledger: str
    version: str | None
    head: str
    state: Standing | None
    pending: tuple[Migration, ...]
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class LedgerUpgrade:
    """The result of an upgrade or of a dry run.

    Attributes:
        ledger: URL without the password.
        before: version before the upgrade; None if there was no ledger.
        after: the version of this code.
        migrations: that were run or would be; none if the ledger was up to date.
        backup: path of the backup; None if there is none (PostgreSQL, a new ledger, no migrations).
        dry_run: whether nothing was changed.
    """

    ledger: str
    before: str | None
    after: str
    migrations: tuple[Migration, ...]
    backup: str | None
    dry_run: bool

    def lines(self) -> list[str]:
        """The result as lines of text, for the shell and for logs."""
        if not self.migrations:
            return [f"ledger {self.ledger}: version {self.after}, nothing to upgrade"]
        if self.before is None:
            return [f"ledger {self.ledger}: {'would be ' if self.dry_run else ''}created, version {self.after}"]
        change = f"{'would be upgraded' if self.dry_run else 'upgraded'} from version {self.before} to {self.after}"
        backup = [] if self.backup is None else [f"backup {self.backup}{', to be written first' if self.dry_run else ''}"]
        steps = [f"  {migration.version}  {migration.title}" for migration in self.migrations]
        return [*backup, f"ledger {self.ledger}: {change}", *steps]


def ledger_state(url: str) -> LedgerState:
    """Inspect a ledger of any version without changing it; counting rows reads every table once.

    Raises:
        ConfigError: the URL is not a URL of SQLite or PostgreSQL.
        StoreError: the database does not answer.
    """
    version, rows = _look(url, count_rows=True)
    standing = None if version is None else standing_of(version)
    upgradable = standing in {None, Standing.OLDER, Standing.CURRENT}
    return LedgerState(_place(url), version, HEAD, standing, pending(version) if upgradable else (), rows)


def upgrade_ledger(url: str, *, dry_run: bool = False, clock: Clock | None = None) -> LedgerUpgrade:
    """Upgrade a ledger to the version of this code, or create it.

    Raises:
        ConfigError: the URL is not a URL of SQLite or PostgreSQL.
        StoreError: the ledger is newer than this code or older than all migrations, other processes use its tables, the backup
            cannot be written, or the database does not answer. Nothing was changed.
    """
    known, place = parse_url(url), _place(url)
    file = sqlite_file(known)
    now = datetime.fromtimestamp((clock or SystemClock()).now(), UTC)
    if dry_run:
        version, _ = _look(url)
        _require_upgradable(place, version)
        planned = _backup_of(file, version, now) if file and version and version != HEAD else None
        return LedgerUpgrade(place, version, HEAD, pending(version), _text(planned), dry_run=True)
    with Ledger(writing_engine(known)) as ledger:
        try:
            with ledger.write() as connection:
                lock_schema(connection)
                _limit_lock_waits(connection)
                version = version_of(connection)
                _require_upgradable(place, version)
                missing = pending(version)
                backup: Path | None = None
                if version is None:
                    create_or_find(connection, place)
                elif missing:
                    backup = _back_up(file, _backup_of(file, version, now)) if file else None
                    migrate(connection)
        except StoreError as error:
            if _in_use(error):
                raise StoreError(
                    f"ledger {place}: other processes use its tables; pause the DAGs, wait until no task runs, "
                    "and run `semtel ledger upgrade` again. Nothing was changed"
                ) from error
            raise
    return LedgerUpgrade(place, version, HEAD, missing, _text(backup), dry_run=False)


def _look(url: str, *, count_rows: bool = False) -> tuple[str | None, dict[str, int]]:
    """The version of a ledger, and with `count_rows` the number of rows by table."""
    engine = reading_engine(parse_url(url))
    if engine is None:
        return None, {}
    with Ledger(engine) as ledger, ledger.read() as connection:
        version = version_of(connection)
        if version is None or not count_rows:
            return version, {}
        present = set(inspect(connection).get_table_names())
        counted = [table for name, table in sorted(tables.metadata.tables.items()) if name in present]
        return version, {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in counted
        }


def _place(url: str) -> str:
    return shown_database(parse_url(url))


def _require_upgradable(place: str, version: str | None) -> None:
    if version is not None and standing_of(version) is not Standing.OLDER:
        require_head(place, version)


def _limit_lock_waits(connection: Connection) -> None:
    """Fail instead of waiting long for a table, since later transactions would have to wait behind this one."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{BUSY_TIMEOUT_S}s'"))


def _in_use(error: StoreError) -> bool:
    cause = error.__cause__
    if not isinstance(cause, OperationalError):
        return False
    return getattr(cause.orig, "sqlstate", None) == "55P03" or "database is locked" in str(cause.orig)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _backup_of(file: Path, version: str, at: datetime) -> Path:
    return file.with_name(f"{file.name}.{version}-{at:%Y%m%dT%H%M%SZ}.backup")


def _back_up(file: Path, backup: Path) -> Path:
    """Copy a SQLite ledger, including its write-ahead log; the caller must prevent new writes.

    The backup appears when it is complete: a killed process leaves a file that ends in `.part`, which the next backup replaces.
    """
    part = file.with_name(f"{file.name}.backup.part")
    try:
        part.unlink(missing_ok=True)
        # The copy gets the permissions of the ledger.
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, file.stat().st_mode & 0o777))
        reader = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
        with closing(reader) as original, closing(sqlite3.connect(part)) as copy:
            copy.execute("PRAGMA journal_mode=OFF")  # an incomplete copy is discarded, so it needs no journal
            original.backup(copy, pages=_BACKUP_PAGES)
        _sync(part)
        part.replace(backup)
        _sync(backup.parent)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise StoreError(
            f"ledger {file}: its backup {backup} cannot be written ({error}); free disk space and run the upgrade again. "
            "Nothing was changed"
        ) from error
    return backup


def _sync(path: Path) -> None:
    """Make sure that a file or folder is on the disk before the ledger changes."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
