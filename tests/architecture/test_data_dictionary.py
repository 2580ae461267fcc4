"""The data dictionary is what the code says of its columns and keys, and leaves none of them out."""

import importlib.util
from dataclasses import fields
from pathlib import Path
from typing import NotRequired, TypedDict

import pyarrow as pa
import pytest

from semtel_ops.store import batch_ledger, ledger_tables, tables
from semtel_ops.store.journal_outcome import JOURNAL, RequestOutcome

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("write_data_dictionary", ROOT / "scripts" / "write_data_dictionary.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_page_is_what_the_code_says(script):
    committed = (ROOT / "docs" / "reference" / "data.md").read_text(encoding="utf-8")
    assert committed == script.page(), "run `python scripts/write_data_dictionary.py` and commit the result"


def test_every_column_is_in_the_page_under_its_table(script):
    sections = dict(part.split("\n", 1) for part in script.page().split("\n### ")[1:])
    for table in ledger_tables.metadata.tables.values():
        for column in table.columns:
            assert f"\n| `{column.name}` |" in sections[f"Table {table.name}"], f"{table.name}.{column.name}"
    for title, schema in {"Label rows": tables.LABELS, "Journal": JOURNAL, "Prepared text": tables.PREPARED}.items():
        assert all(f"\n| `{name}` |" in sections[title] for name in schema.names)


def test_a_column_without_a_description_is_an_error(script, monkeypatch):
    bare = pa.schema([*tables.PREPARED, pa.field("secret", pa.string())])
    monkeypatch.setattr(tables, "PREPARED", bare)
    with pytest.raises(script.UndocumentedError) as caught:
        script.page()
    assert str(caught.value) == "prepared.secret has no description; prepared.secret may be null and does not say when"


def test_a_key_without_a_description_is_an_error(script, monkeypatch):
    class Sparse(TypedDict):
        """A document.

        Attributes:
            told: what it is.
        """

        told: int
        untold: NotRequired[float | None]

    lines: list[str] = []
    monkeypatch.setattr(script, "_bases", lambda _: [])
    rows = list(script._types([Sparse], lines))
    assert lines == ["Sparse.untold has no description", "Sparse.untold may be null and does not say when"]
    assert "| `told` | integer | what it is. |" in rows


def test_a_column_may_be_null_exactly_if_it_says_what_that_means():
    for table in ledger_tables.metadata.tables.values():
        for column in table.columns:
            assert column.nullable == bool(ledger_tables.describe_column(column)["null"]), f"{table.name}.{column.name}"
    for field in [*tables.LABELS, *tables.CONVERSATIONS, *tables.STAGED, *tables.PREPARED, *JOURNAL]:
        assert field.nullable == bool(tables.describe_field(field)["null"]), field.name


@pytest.mark.parametrize(
    ("column", "enum"),
    [
        (ledger_tables.run.c.state, ledger_tables.RunState),
        (ledger_tables.run.c.kind, ledger_tables.RunKind),
        (ledger_tables.batch_job.c.state, batch_ledger.JobState),
        (ledger_tables.label.c.status, tables.RowStatus),
    ],
    ids=str,
)
def test_allowed_values_are_those_of_the_enum(column, enum):
    assert ledger_tables.describe_column(column)["values"] == [*enum]


def test_a_journal_record_has_the_columns_of_its_schema():
    assert [field.name for field in fields(RequestOutcome)] == JOURNAL.names
