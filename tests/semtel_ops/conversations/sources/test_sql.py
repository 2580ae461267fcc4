import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from semtel_ops.conversations.sources import Reason, Record, read_sql
from semtel_ops.errors import SourceError
from semtel_ops.settings import SqlSourceConfig

MESSAGES = json.dumps([{"role": "user", "content": "What does 12:30 :noon mean?"}])


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/source.db"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("create table talks (id integer, messages text, started_at text)"))
        rows = [{"id": n, "m": MESSAGES, "s": "2026-11-17 08:00:00"} for n in range(1, 26)]
        connection.execute(sa.text("insert into talks values (:id, :m, :s)"), rows)
        connection.execute(sa.text("insert into talks values (26, '[broken', null)"))
        connection.execute(sa.text("create table cities (name text)"))
    engine.dispose()
    return url


def _config(**given: Any) -> SqlSourceConfig:
    return SqlSourceConfig(url_env="SOURCE_URL", **given)


@pytest.mark.parametrize("chunk_rows", [1, 7, 1000])
def test_a_table_is_read_in_chunks(database: str, chunk_rows: int) -> None:
    outcomes = list(read_sql(_config(table="talks", chunk_rows=chunk_rows), database))
    records = [outcome for outcome in outcomes if isinstance(outcome, Record)]
    assert [record.conversation.id for record in records] == [str(n) for n in range(1, 26)]
    assert records[2].place == "talks:row 3"
    assert str(records[0].conversation.started_at) == "2026-11-17 08:00:00+00:00"
    assert [outcome.reason for outcome in outcomes[25:]] == [Reason.WRONG_TYPE]  # type: ignore[union-attr]


def test_a_query_is_read_with_its_colons_and_percents(database: str) -> None:
    query = "select id, messages from talks where messages like '%12:30 :noon%' and id <= 2"
    assert [outcome.place for outcome in read_sql(_config(query=query), database)] == ["query:row 1", "query:row 2"]


def test_a_schema_may_be_named(database: str) -> None:
    assert len(list(read_sql(_config(table="main.talks"), database))) == 26


def test_other_columns_are_one_entry(database: str) -> None:
    (entry,) = read_sql(_config(table="cities"), database)
    assert not isinstance(entry, Record)
    assert entry.reason is Reason.UNKNOWN_COLUMNS


@pytest.mark.parametrize("given", [{"table": "nowhere"}, {"query": "selekt"}])
def test_a_wrong_table_or_query_raises_and_says_which(database: str, given: dict[str, str]) -> None:
    with pytest.raises(SourceError, match=r"nowhere|selekt"):
        list(read_sql(_config(**given), database))


@pytest.mark.parametrize("url", ["", "nonsense", "nosuch://x", "postgresql+psycopg://user:geheim@127.0.0.1:1/x"])
def test_a_wrong_url_raises_without_its_password(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        list(read_sql(_config(table="talks"), url))
    assert "geheim" not in str(caught.value)
