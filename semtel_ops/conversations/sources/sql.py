"""Conversations of a SQL table or query, streamed: a server-side cursor returns one chunk of rows at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from semtel_ops.concealed import shown_database
from semtel_ops.conversations.sources.containers.columns import as_fields
from semtel_ops.conversations.sources.convert import convert
from semtel_ops.conversations.sources.formats import canonical_names, columns_problem
from semtel_ops.conversations.sources.records import Raw, Reason, Record, Unreadable
from semtel_ops.errors import SourceError
from semtel_ops.settings import SqlSourceConfig

if TYPE_CHECKING:
    from sqlalchemy import Engine, Executable
    from sqlalchemy.exc import SQLAlchemyError

DEFAULT_MAX_RECORD_MB = 64.0


def read_sql(
    config: SqlSourceConfig, url: str, *, max_record_mb: float = DEFAULT_MAX_RECORD_MB
) -> Iterator[Record | Unreadable]:
    """Read each row of a table (`name` or `schema.name`) or query; `url` is a SQLAlchemy URL.

    Rows have the columns of any known format; turns and labels may be JSON columns or JSON as text. Places are `name:row 3`,
    counted from 1 in the order in which the database returns them.

    Raises:
        SourceError: the URL, the table or the query is wrong, or the connection is lost. The message has no password or data.
    """
    max_bytes = int(max_record_mb * 1_000_000)
    where = config.table or "query"
    with _engine(url, where) as engine:
        yield from convert(_rows(engine, config, where), max_bytes)


def _rows(engine: "Engine", config: SqlSourceConfig, where: str) -> Iterator[Raw | Unreadable]:
    with engine.connect().execution_options(yield_per=config.chunk_rows) as connection:
        result = connection.execute(_statement(config))
        names = list(result.keys())
        if (problem := columns_problem(names)) is not None:
            yield Unreadable(where, Reason.UNKNOWN_COLUMNS, problem)
            return
        names = canonical_names(names)
        for number, row in enumerate(result, start=1):
            yield Raw(f"{where}:row {number}", as_fields(dict(zip(names, row, strict=True))))


def _statement(config: SqlSourceConfig) -> "Executable":
    import sqlalchemy as sa

    if config.table is None:
        # Escaped: in `source.sql.query`, `:name` is text, not a parameter.
        return sa.text((config.query or "").replace(":", r"\:"))
    *schema, name = config.table.rsplit(".", 1)
    table = sa.table(name, schema=schema[0] if schema else None)
    return sa.select(sa.literal_column("*")).select_from(table)


@contextmanager
def _engine(url: str, where: str) -> Iterator["Engine"]:
    """An engine without a pool. Errors of the database become SourceErrors whose message has no password and no data."""
    import sqlalchemy as sa

    try:
        engine = sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True)
    except (sa.exc.ArgumentError, ImportError, ValueError) as error:
        raise SourceError(f"{where}: not a usable SQLAlchemy URL ({type(error).__name__})") from None
    try:
        yield engine
    except sa.exc.SQLAlchemyError as error:
        shown = shown_database(engine.url)
        raise SourceError(f"{where}: reading {shown} failed: {_cause(error)}; check the URL, table and query") from None
    finally:
        engine.dispose()


def _cause(error: "SQLAlchemyError") -> str:
    """The first line of errors about names and connections; for other errors only their type, since they may quote a row."""
    import sqlalchemy as sa

    if isinstance(error, sa.exc.OperationalError | sa.exc.ProgrammingError):
        return str(error.orig).strip().split("\n", 1)[0]
    return type(error).__name__
