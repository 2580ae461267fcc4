"""The migrations end at the tables that the code works with, from nothing and from the oldest ledger there is."""

import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from semtel_ops.store import migrations
from semtel_ops.store.ledger_engine import parse_url, writing_engine
from semtel_ops.store.ledger_tables import metadata
from semtel_ops.store.migrations import BASELINE, HEAD, VERSION_TABLE, VERSIONS, migrate, version_of


def engine_of(url):
    return writing_engine(parse_url(url)).execution_options(semtel_write=True)


def missing_operations(engine):
    """What a migration would have to do to reach the code's tables, as lines of Python."""
    with engine.connect() as connection:
        options = {"target_metadata": metadata, "version_table": VERSION_TABLE, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        operations = produce_migrations(context, metadata).upgrade_ops
    return "" if operations.is_empty() else render_python_code(operations)


def structure(engine):
    """Tables, columns, keys and indexes as the database reports them, without the order of columns."""
    inspector = sa.inspect(engine)
    return {
        table: {
            "columns": {
                column["name"]: (
                    column["type"].compile(engine.dialect), column["nullable"], column["default"] is None, column.get("autoincrement"),
                )
                for column in inspector.get_columns(table)
            },
            "key": inspector.get_pk_constraint(table)["constrained_columns"],
            "indexes": {
                index["name"]: (index["column_names"], index["unique"], index.get("dialect_options"))
                for index in inspector.get_indexes(table)
            },
            "others": (inspector.get_foreign_keys(table), inspector.get_unique_constraints(table), inspector.get_check_constraints(table)),
        }
        for table in inspector.get_table_names()
        if table != VERSION_TABLE
    }  # fmt: skip


def comparable(found):
    """Conditions of indexes as text: SQLAlchemy reflects them as clauses, which are never equal."""
    for table in found.values():
        table["indexes"] = {
            name: (columns, unique, {option: str(value) for option, value in (options or {}).items()})
            for name, (columns, unique, options) in table["indexes"].items()
        }
    return found


def test_the_versions_are_alembics_history_in_one_line():
    script = ScriptDirectory(str(migrations.schema._FOLDER))
    walked = [revision.revision for revision in script.walk_revisions()]
    assert tuple(reversed(walked)) == VERSIONS
    assert [script.get_current_head()] == list(script.get_heads()) == [HEAD]
    assert list(script.get_bases()) == [BASELINE]


def test_every_migration_says_in_one_sentence_what_it_changes():
    for migration in migrations.pending(None):
        assert migration.title.endswith("."), migration
        assert "\n" not in migration.title
        assert len(migration.title) < 120


def test_the_migrations_of_an_empty_database_end_at_the_tables_of_the_code(ledger_url):
    engine = engine_of(ledger_url)
    with engine.begin() as connection:
        migrate(connection)
    draft = missing_operations(engine)
    assert not draft, f"ledger_tables has changed; a new file in semtel_ops/store/migrations/versions could begin with\n{draft}"


def test_the_migrations_of_an_old_ledger_end_at_the_tables_of_the_code(old_ledger_url):
    engine = engine_of(old_ledger_url)
    with engine.begin() as connection:
        migrate(connection)
    assert not missing_operations(engine)


def test_an_upgraded_ledger_is_built_like_a_new_one_down_to_the_conditions_of_its_indexes(old_ledger_url):
    engine = engine_of(old_ledger_url)
    with engine.begin() as connection:
        migrate(connection)
    upgraded = comparable(structure(engine))
    with engine.begin() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert upgraded == comparable(structure(engine))
    assert upgraded["run"]["indexes"]["published_run_of_week"][1], "unique"


def test_the_comparison_finds_a_missing_index_and_a_missing_column(ledger_url):
    engine = engine_of(ledger_url)
    with engine.begin() as connection:
        migrate(connection)
        connection.exec_driver_sql("DROP INDEX published_run_of_week")
        connection.exec_driver_sql("ALTER TABLE run DROP COLUMN reason")
    draft = missing_operations(engine)
    assert "published_run_of_week" in draft
    assert "add_column('run', sa.Column('reason'" in draft


def test_a_ledger_can_stop_at_any_version(ledger_url):
    engine = engine_of(ledger_url)
    with engine.connect() as connection:
        assert version_of(connection) is None
    for version in VERSIONS:
        with engine.begin() as connection:
            migrate(connection, to=version)
            assert version_of(connection) == version


def test_a_failure_in_a_migration_leaves_nothing_of_it(old_ledger_url, monkeypatch):
    engine = engine_of(old_ledger_url)
    before = comparable(structure(engine))

    executed = []

    def fail_at_the_end(_operations, statement, **_options):
        executed.append(statement)
        if statement == "UPDATE schema_version SET version = 5":
            raise ZeroDivisionError

    monkeypatch.setattr("alembic.operations.Operations.execute", fail_at_the_end)
    with pytest.raises(ZeroDivisionError), engine.begin() as connection:
        migrate(connection)
    assert len(executed) == 2, "both migrations ran to their last statement"
    with engine.connect() as connection:
        assert version_of(connection) == BASELINE
    assert comparable(structure(engine)) == before
    assert VERSION_TABLE not in sa.inspect(engine).get_table_names()


def test_threads_may_migrate_ledgers_of_their_own_at_once(tmp_path):
    failures = []

    def create(number):
        try:
            with engine_of(f"sqlite:///{tmp_path}/{number}.db").begin() as connection:
                migrate(connection)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    first, *others = [comparable(structure(engine_of(f"sqlite:///{tmp_path}/{number}.db"))) for number in range(4)]
    assert others == [first] * 3
    assert set(first) == set(metadata.tables)
