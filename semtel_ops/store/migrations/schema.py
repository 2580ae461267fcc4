"""The schema version of a database, and the migrations to the latest version.

Opening a ledger only reads its version; Alembic is imported only if tables have to be created or upgraded.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

VERSION_TABLE = "alembic_version_semtel"
"""Not Alembic's default, which Airflow uses: a ledger may share a database with Airflow."""

_FOLDER = Path(__file__).resolve().parent

VERSIONS = tuple(sorted(path.name[1:5] for path in _FOLDER.glob("versions/v[0-9][0-9][0-9][0-9]_*.py")))
"""All migrations, oldest first; the file of version 0005 is `versions/v0005_….py`."""

BASELINE, HEAD = VERSIONS[0], VERSIONS[-1]

_MARKER = "schema_version"
"""Table that contained the version before migrations were introduced."""

_ONE_AT_A_TIME = threading.Lock()
"""Migrations use Alembic's operations through a global, so only one thread may migrate at a time."""


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration to run.

    Attributes:
        version: version of the ledger afterwards.
        title: description of the change, in a sentence.
    """

    version: str
    title: str


class Standing(StrEnum):
    """How a ledger's version relates to this code's."""

    CURRENT = "current"
    OLDER = "older"  # it can be upgraded
    NEWER = "newer"
    UNSUPPORTED = "unsupported"  # older than all migrations


def standing_of(version: str) -> Standing:
    """Compare a ledger's version with HEAD."""
    if version == HEAD:
        return Standing.CURRENT
    if version in VERSIONS:
        return Standing.OLDER
    return Standing.UNSUPPORTED if version < BASELINE else Standing.NEWER


def version_of(connection: Connection) -> str | None:
    """The version of the ledger in a database, even from before migrations; None if there is no ledger."""
    tables = inspect(connection)
    if tables.has_table(VERSION_TABLE):
        version = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one_or_none()  # noqa: S608 - our own name
        if version is not None:
            return str(version)
    if tables.has_table(_MARKER):
        marker = connection.execute(text(f"SELECT version FROM {_MARKER}")).scalar_one_or_none()  # noqa: S608 - our own name
        return None if marker is None else f"{marker:04d}"
    return None


def pending(version: str | None) -> tuple[Migration, ...]:
    """Migrations that a database of this version needs, in order; None: an empty database."""
    missing = [known for known in VERSIONS if version is None or known > version]
    script = _script()
    return tuple(Migration(known, script.get_revision(known).doc) for known in missing)


def migrate(connection: Connection, *, to: str = HEAD) -> None:
    """Migrate a database that is empty or of a known version, within the caller's transaction.

    The caller ensures that only one process migrates at a time.
    """
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    script = _script()

    def steps(version: Any, _context: MigrationContext) -> Any:
        return script._upgrade_revs(to, version)  # noqa: SLF001 - as Alembic's own `upgrade` command calls it

    with _ONE_AT_A_TIME, _without_alembics_log():
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "fn": steps})
        with Operations.context(context):
            context.run_migrations()


@contextmanager
def _without_alembics_log() -> Iterator[None]:
    """Suppress Alembic's log: it claims that SQLite is not transactional, which is wrong here. The caller logs instead."""
    logger = logging.getLogger("alembic.runtime.migration")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _script() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(_FOLDER))
