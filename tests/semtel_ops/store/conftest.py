"""A ledger of each kind: a SQLite file, and a schema of its own in PostgreSQL where one answers."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.postgres import postgres_schema

LEDGERS = Path(__file__).parent / "ledgers"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A URL whose tables lie in a schema that is dropped after the test."""
    with postgres_schema() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/deep/ledger.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def old_ledger_url(request: pytest.FixtureRequest) -> str:
    """A ledger as commit 51f6dca left it, before there were migrations: `ledgers/` says how they were made."""
    return str(request.getfixturevalue(f"old_{request.param}_url"))


@pytest.fixture
def old_sqlite_url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/ledger.db"
    replay((LEDGERS / "51f6dca.sqlite.sql").read_text(encoding="utf-8"), url)
    return url


@pytest.fixture
def old_postgres_url(postgres_url: str) -> str:
    replay((LEDGERS / "51f6dca.postgresql.sql").read_text(encoding="utf-8"), postgres_url)
    return postgres_url


def replay(script: str, url: str) -> None:
    """Run a dump on an empty database."""
    if url.startswith("sqlite"):
        file = Path(url.removeprefix("sqlite:///"))
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(script)
        return
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute(script)
