"""What readers see of a week: its label files by a glob, and its rows in SQL."""

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq


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


def read_week(lake: Path, week: str) -> tuple[str, int]:
    """The published run and the number of its rows, read as `PublishedDocument` tells readers to; fails if rows are mixed."""
    folder = lake / f"labels/week={week}"
    while True:
        try:
            before = json.loads((folder / "_published.json").read_bytes())
            files = [next(folder.glob(f"*/{name}")) for name in before["files"]]
            runs = [run for file in files for run in pq.read_table(file, columns=["run_id"], partitioning=None)[0].to_pylist()]
            after = json.loads((folder / "_published.json").read_bytes())
        except (FileNotFoundError, StopIteration):
            continue
        if before["published_at"] == after["published_at"]:
            assert set(runs) == {before["run_id"]}
            return before["run_id"], len(runs)


def glob_week(lake: Path, week: str) -> tuple[str, int]:
    """What a glob of DuckDB reads; again if a file was gone when DuckDB opened it."""
    query = f"SELECT run_id, count(*) FROM read_parquet('{lake}/labels/week={week}/**/*.parquet') GROUP BY run_id"
    while True:
        try:
            ((run, rows),) = duckdb.execute(query).fetchall()
        except duckdb.IOException:
            continue
        return run, rows


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
