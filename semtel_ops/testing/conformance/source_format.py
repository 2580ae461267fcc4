"""Conformance tests of conversation formats, in every container and in SQL."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
import zstandard

from semtel_ops.conversations.model import Conversation, Role, content_hash
from semtel_ops.conversations.sources import Reason, Record, Unreadable, read_file, read_sql
from semtel_ops.conversations.sources.formats import Format, find_format, used_columns
from semtel_ops.conversations.sources.records import BadRecordError
from semtel_ops.settings import SqlSourceConfig
from semtel_ops.testing.source_examples import Example

Rows = list[dict[str, Any]]

_TEXT: Final = "text of a conversation"
_ODD: Final[tuple[Any, ...]] = (
    None, True, 7, -1.5, "", _TEXT, [_TEXT], [[_TEXT]], {_TEXT: _TEXT}, {"role": _TEXT, "content": _TEXT}, [], [None], [{}], {},
    {"a": {}}, "\ud83d", "[", "{",
)  # fmt: skip


def _lines(rows: Rows) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _flat(rows: Rows) -> Rows:
    """Rows for tables without nested types: nested values become JSON as text."""
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


FILES: Final[dict[str, Callable[[Rows], bytes]]] = {
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
"""File name → its bytes."""


class SourceFormatSuite:
    """Fixtures: `known`, a registered format; `example`, its records with their conversation; `tmp_path`, pytest's own."""

    def test_a_record_is_recognised_by_its_fields(self, known: Format, example: Example) -> None:
        assert all(find_format(record) is known for record in example.records)
        assert find_format(dict.fromkeys(known.required)) is known

    def test_a_table_is_read_in_the_columns_it_needs_and_no_others(self, known: Format, example: Example) -> None:
        columns = [*example.records[0], "embedding"]
        used = used_columns(columns)
        assert known.required <= set(used)
        assert "embedding" not in used

    @pytest.mark.parametrize("name", FILES)
    def test_a_file_gives_the_conversation(self, name: str, example: Example, tmp_path: Path) -> None:
        path = tmp_path / name
        path.write_bytes(FILES[name](example.records))
        _is_the_example(list(read_file(str(path), max_record_mb=1)), example)

    def test_a_sql_table_gives_the_conversation(self, example: Example, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path}/source.db"
        rows = _flat(example.records)
        engine = sa.create_engine(url)
        table = sa.Table("talks", sa.MetaData(), *(sa.Column(name, sa.Text) for name in rows[0]))
        with engine.begin() as connection:
            table.create(connection)
            connection.execute(table.insert(), rows)
        engine.dispose()
        _is_the_example(list(read_sql(SqlSourceConfig(url_env="X", table="talks"), url)), example)

    def test_a_record_with_an_odd_value_is_a_conversation_or_has_a_reason(self, known: Format, example: Example) -> None:
        for field in {*known.required, *known.optional, *example.records[0]}:
            for odd in _ODD:
                outcome = _outcome(known, [{**record, field: odd} for record in example.records])
                if isinstance(outcome, Conversation):
                    assert any(turn.role is Role.USER for turn in outcome.turns)
                else:
                    assert outcome.reason in Reason
                    assert _TEXT not in outcome.detail, "the quarantine's entries hold no text of people"


def _outcome(known: Format, records: Rows) -> Conversation | BadRecordError:
    try:
        return known.grouping.read(records) if known.grouping else known.read(records[0])
    except BadRecordError as error:
        return error


def _is_the_example(outcomes: list[Record | Unreadable], example: Example) -> None:
    (outcome,) = outcomes
    assert isinstance(outcome, Record), outcome
    conversation = outcome.conversation
    assert conversation.turns == example.turns
    assert conversation.id == (example.id or content_hash(example.turns))
    assert (conversation.started_at.isoformat() if conversation.started_at else None) == example.started_at
    assert conversation.language == example.language
