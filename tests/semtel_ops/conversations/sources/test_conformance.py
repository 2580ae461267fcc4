"""Every container holds every format, and the conversation that comes out is the same."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
import zstandard

from semtel_ops.conversations.model import content_hash
from semtel_ops.conversations.sources import Record, read_file, read_sql
from semtel_ops.settings import SqlSourceConfig

Rows = list[dict[str, Any]]


def _lines(rows: Rows) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _flat(rows: Rows) -> Rows:
    """Rows as tables without nested types keep them: what is nested is JSON as text."""
    return [{k: json.dumps(v) if isinstance(v, list | dict) else v for k, v in row.items()} for row in rows]


def _csv(rows: Rows) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(_flat(rows))
    return out.getvalue().encode()


def _parquet(rows: Rows) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


FILES: dict[str, Callable[[Rows], bytes]] = {
    "a.jsonl": _lines,
    "a.json": lambda rows: json.dumps(rows).encode(),
    "pretty.json": lambda rows: json.dumps(rows, indent=2).encode(),
    "values.json": lambda rows: "\n".join(json.dumps(row, indent=1) for row in rows).encode(),
    "marked.jsonl": lambda rows: b"\xef\xbb\xbf" + _lines(rows),
    "windows.jsonl": lambda rows: _lines(rows).replace(b"\n", b"\r\n"),
    "a.jsonl.gz": lambda rows: gzip.compress(_lines(rows)),
    "a.json.gz": lambda rows: gzip.compress(json.dumps(rows).encode()),
    "a.jsonl.zst": lambda rows: zstandard.compress(_lines(rows)),
    "no-suffix": _lines,
    "a.parquet": _parquet,
    "flat.parquet": lambda rows: _parquet(_flat(rows)),
    "a.csv": _csv,
    "a.csv.gz": lambda rows: gzip.compress(_csv(rows)),
}


def _is_the_example(outcomes: list[Any], example: Any) -> None:
    assert [type(outcome) for outcome in outcomes] == [Record], outcomes
    found = outcomes[0].conversation
    assert found.turns == example.turns
    assert found.id == (example.id or content_hash(example.turns))
    assert (found.started_at.isoformat() if found.started_at else None) == example.started_at
    assert found.language == example.language


@pytest.mark.parametrize("name", FILES)
def test_a_file_gives_the_conversation(name: str, example: Any, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name](example.records))
    _is_the_example(list(read_file(str(path), max_record_mb=1)), example)


def test_a_sql_table_gives_the_conversation(example: Any, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/source.db"
    rows = _flat(example.records)
    engine = sa.create_engine(url)
    table = sa.Table("talks", sa.MetaData(), *(sa.Column(name, sa.Text) for name in rows[0]))
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), rows)
    engine.dispose()
    _is_the_example(list(read_sql(SqlSourceConfig(url_env="X", table="talks"), url)), example)
