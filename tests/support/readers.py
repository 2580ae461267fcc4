"""What readers see of a week: its label files by a glob, and its rows in SQL."""

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FilesSeen:
    """The label files of a week.

    Attributes:
        run: the run that `_published.json` names; None without a publication.
        digests: the path of each file below the week, and the digest of its bytes.
    """

    run: str | None
    digests: tuple[tuple[str, str], ...]


def files_seen(lake: Path, week: str) -> FilesSeen:
    """What a glob finds; fails unless it is what `_published.json` names."""
    folder = lake / f"labels/week={week}"
    files = sorted(folder.glob("**/*.parquet"))
    digests = tuple((str(file.relative_to(folder)), hashlib.sha256(file.read_bytes()).hexdigest()) for file in files)
    marker = folder / "_published.json"
    if not marker.exists():
        return FilesSeen(None, digests)
    shown = json.loads(marker.read_bytes())
    assert [file.name for file in files] == shown["files"]
    return FilesSeen(shown["run_id"], digests)


def sql_seen(ledger: Path, week: str) -> tuple[tuple[str, ...], ...]:
    """All that SQLite has of a week's publication, but for times: its run, label rows, shares, slices and checks."""
    if not ledger.exists():
        return ()
    published = "SELECT run_id FROM run WHERE week = :week AND state = 'published'"
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("BEGIN")
        return (
            _rows(connection, "run", week, f"run_id IN ({published})"),
            _rows(connection, "label", week),
            _rows(connection, "weekly_share", week),
            _rows(connection, "weekly_slice", week),
            _rows(connection, "quality_result", week, f"run_id IN ({published})"),
        )


def _rows(connection: sqlite3.Connection, table: str, week: str, which: str = "true") -> tuple[str, ...]:
    found = connection.execute(f"SELECT * FROM {table} WHERE week = :week AND {which}", {"week": week})
    timeless = [index for index, (name, *_) in enumerate(found.description) if not name.endswith("_at")]
    return tuple(sorted(repr([row[index] for index in timeless]) for row in found))
