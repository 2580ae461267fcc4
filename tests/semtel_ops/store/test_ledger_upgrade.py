"""Upgrades of a ledger in place: every row kept, a backup on SQLite, safe against others and against being killed."""

import re
import runpy
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import delete, select, update

from semtel_ops.errors import ConfigError, StoreError
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.alert_ledger import AlertLedger
from semtel_ops.store.batch_ledger import BatchLedger, JobState
from semtel_ops.store.experiment_ledger import ExperimentLedger
from semtel_ops.store.lane_ledger import LaneLedger
from semtel_ops.store.ledger import mark_published
from semtel_ops.store.ledger_engine import parse_url, writing_engine
from semtel_ops.store.ledger_open import open_ledger, open_to_read
from semtel_ops.store.ledger_tables import RunKind, RunState
from semtel_ops.store.ledger_upgrade import ledger_state, upgrade_ledger
from semtel_ops.store.migrations import HEAD, VERSION_TABLE, VERSIONS, Standing
from semtel_ops.store.strategy_ledger import StrategyLedger
from semtel_ops.testing.manual_clock import ManualClock
from tests.semtel_ops.store.conftest import LEDGERS

WEEK = "2026-W47"
OLD_TABLES = set(re.findall(r"CREATE TABLE (\w+)", (LEDGERS / "51f6dca.sqlite.sql").read_text(encoding="utf-8")))
OLD_TABLES -= {"schema_version"}
SINCE = [version for version in VERSIONS if version > "0004"]
AT = datetime(2026, 11, 30, 6, 5, 4, tzinfo=UTC).timestamp()


@pytest.fixture(scope="module", autouse=True)
def tables_made_once():
    """Here the migrations themselves run."""


def rows_of(url):
    """Every value of every table of the oldest ledger; nulls and the marker of the old versions left out."""
    engine = writing_engine(parse_url(url))
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        found = {}
        for name in set(inspector.get_table_names()) & OLD_TABLES:
            there = [tables.metadata.tables[name].c[column["name"]] for column in inspector.get_columns(name)]
            rows = [
                sorted((key, value) for key, value in row.items() if value is not None)
                for row in connection.execute(select(*there)).mappings()
            ]
            found[name] = sorted(rows, key=repr)
    engine.dispose()
    return found


def execute(url, *statements):
    engine = writing_engine(parse_url(url)).execution_options(semtel_write=True)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement) if isinstance(statement, str) else statement)
    engine.dispose()


def file_of(url):
    return Path(url.removeprefix("sqlite:///"))


def backups_of(url):
    return sorted(file_of(url).parent.glob("*.backup*"))


def test_an_old_ledger_is_upgraded_with_every_row(old_ledger_url):
    before = rows_of(old_ledger_url)
    assert {name for name, rows in before.items() if not rows} == set(), "the old ledger has rows in every table"
    done = upgrade_ledger(old_ledger_url)
    assert (done.before, done.after, [migration.version for migration in done.migrations]) == ("0004", HEAD, SINCE)
    assert rows_of(old_ledger_url) == before


def test_what_an_old_release_wrote_is_read_by_this_one(old_ledger_url):
    upgrade_ledger(old_ledger_url)
    with open_ledger(old_ledger_url) as ledger:
        assert [(run.week, run.run_id, run.state) for run in ledger.runs()] == [
            ("2026-W46", "shell-2026-W46", RunState.PUBLISHED),
            (WEEK, "shell-2026-W47", RunState.SUPERSEDED),
            (WEEK, "again", RunState.PUBLISHED),
        ]
        again = ledger.published_run(WEEK)
        assert (again.kind, again.requested_by, again.supersedes) == (RunKind.REPROCESS, "ada", "shell-2026-W47")
        assert again.started_at.tzinfo is UTC
        assert {shard["state"] for shard in ledger.shards(WEEK, "again")} == {"landed"}
        assert ledger.published_weeks_before("2026-W48", 5) == [WEEK, "2026-W46"]
        assert {share.classifier for share in ledger.weekly_shares([WEEK])} == {"satisfaction", "user_expertise"}
        assert len(ledger.quality(WEEK, "again")) == 19
        assert [share.holder for share in ledger.live_shares("sim", since=0)] == ["worker-1"]
        (job,) = BatchLedger(ledger, "test").all()
        assert (job.state, job.answered, job.submitted_at.tzinfo) == (JobState.DONE, 12, UTC)
        assert BatchLedger(ledger, "test").learned_limit(job.queue, since=0) == 2_000_000
        assert [choice.lane for choice in LaneLedger(ledger).choices(WEEK, "shell-2026-W47")] == ["batch"]
        assert len(LaneLedger(ledger).records()) == 2
        assert len(LaneLedger(ledger).paces("2026-W46", "shell-2026-W46")) == 1
        assert [record.experiment_id for record in ExperimentLedger(ledger).records()] == ["packing"]
        (event,) = StrategyLedger(ledger).recent(days=36_500, now=datetime.now(UTC))
        assert event.classifier == "knowledge_work"
        (alert,) = AlertLedger(ledger).alerts(WEEK)
        assert [delivery.state for delivery in AlertLedger(ledger).deliveries(alert)] == ["undelivered"]


def test_an_upgraded_ledger_goes_on_being_written(old_ledger_url):
    upgrade_ledger(old_ledger_url)
    with open_ledger(old_ledger_url) as ledger:
        with ledger.write() as connection:
            assert mark_published(connection, WEEK, "third") == "again"
        assert ledger.published_run(WEEK).run_id == "third"
        assert ledger.run(WEEK, "again").state is RunState.SUPERSEDED


def test_an_upgrade_that_was_made_already_changes_nothing(old_ledger_url):
    upgrade_ledger(old_ledger_url)
    again = upgrade_ledger(old_ledger_url)
    assert (again.before, again.after, again.migrations, again.backup) == (HEAD, HEAD, (), None)


def test_an_upgrade_creates_the_ledger_where_there_is_none(ledger_url):
    done = upgrade_ledger(ledger_url)
    assert (done.before, done.after, done.backup) == (None, HEAD, None)
    with open_ledger(ledger_url) as ledger:
        assert ledger.runs() == []


def test_an_old_ledger_is_not_upgraded_by_opening_it(old_ledger_url):
    before = rows_of(old_ledger_url)
    for open_it in (open_ledger, open_to_read):
        with pytest.raises(StoreError, match=rf"version 0004, this semtel-ops requires {HEAD}; .* `semtel ledger upgrade`$"):
            open_it(old_ledger_url)
    with pytest.raises(StoreError, match="`semtel ledger upgrade --out labels`"):
        open_ledger(old_ledger_url, upgrade_with="semtel ledger upgrade --out labels")
    assert rows_of(old_ledger_url) == before
    assert ledger_state(old_ledger_url).version == "0004"


def test_a_newer_ledger_is_refused_by_everything_that_would_use_it(ledger_url):
    upgrade_ledger(ledger_url)
    execute(ledger_url, f"UPDATE {VERSION_TABLE} SET version_num = '0099'")
    for use in (open_ledger, open_to_read, upgrade_ledger, lambda url: upgrade_ledger(url, dry_run=True)):
        with pytest.raises(StoreError, match="version 0099, which is newer than this semtel-ops") as refused:
            use(ledger_url)
        assert "\n" not in str(refused.value)
    state = ledger_state(ledger_url)
    assert (state.version, state.state, state.pending) == ("0099", Standing.NEWER, ())


def test_a_ledger_from_before_the_oldest_migration_is_refused(old_ledger_url):
    execute(old_ledger_url, "UPDATE schema_version SET version = 3")
    for use in (open_ledger, open_to_read, upgrade_ledger):
        with pytest.raises(StoreError, match="version 0003, and upgrades begin at 0004"):
            use(old_ledger_url)
    assert ledger_state(old_ledger_url).state is Standing.UNSUPPORTED


def test_a_release_from_before_migrations_refuses_what_was_upgraded_or_created_since(old_ledger_url, tmp_path):
    upgrade_ledger(old_ledger_url)
    created = f"sqlite:///{tmp_path}/created.db"
    open_ledger(created).close()
    for url in (old_ledger_url, created):
        with open_ledger(url) as ledger, ledger.read() as connection:
            assert connection.execute(select(tables.schema_version.c.version)).scalars().all() == [5], "it takes 4 alone"


def test_a_ledger_that_lacks_a_table_of_its_version_gets_it(old_ledger_url):
    """Tables used to be added without a new version, by the next process that opened the ledger."""
    execute(old_ledger_url, "DROP TABLE lane_choice", "DROP INDEX alert_by_state")
    before = rows_of(old_ledger_url)
    upgrade_ledger(old_ledger_url)
    assert rows_of(old_ledger_url) == before | {"lane_choice": []}
    with open_ledger(old_ledger_url) as ledger, ledger.read() as connection:
        assert "alert_by_state" in {index["name"] for index in sa.inspect(connection).get_indexes("alert")}


@pytest.mark.parametrize(("shares_of", "kept"), [("shell-2026-W47", "shell-2026-W47"), ("again", "again"), (None, "again")])
def test_of_two_published_runs_of_a_week_the_one_whose_shares_stand_stays_or_else_the_later(old_ledger_url, shares_of, kept):
    runs = update(tables.run).where(tables.run.c.week == WEEK).values(state="published")
    mine = tables.weekly_share.c.week == WEEK
    shares = delete(tables.weekly_share) if shares_of is None else update(tables.weekly_share).values(run_id=shares_of)
    execute(old_ledger_url, runs, shares.where(mine))
    upgrade_ledger(old_ledger_url)
    with open_ledger(old_ledger_url) as ledger:
        assert ledger.published_run(WEEK).run_id == kept
        assert sorted(run.state for run in ledger.runs(WEEK)) == [RunState.PUBLISHED, RunState.SUPERSEDED]
        assert ledger.published_run("2026-W46").run_id == "shell-2026-W46"


def test_a_week_cannot_have_two_published_runs(ledger_url):
    with open_ledger(ledger_url) as ledger:
        ledger.save_run(WEEK, "r1", state=RunState.PUBLISHED)
        ledger.save_run("2026-W46", "r1", state=RunState.PUBLISHED)
        with pytest.raises(StoreError, match=r"(?i)unique"):
            ledger.save_run(WEEK, "r2", state=RunState.PUBLISHED)
        assert ledger.published_run(WEEK).run_id == "r1"


def test_a_dry_run_says_what_would_be_done_and_does_nothing(old_ledger_url):
    before = rows_of(old_ledger_url)
    told = upgrade_ledger(old_ledger_url, dry_run=True, clock=ManualClock(AT))
    assert told.dry_run
    assert [migration.version for migration in told.migrations] == SINCE
    assert (rows_of(old_ledger_url), ledger_state(old_ledger_url).version) == (before, "0004")
    if old_ledger_url.startswith("sqlite"):
        assert told.backup == f"{file_of(old_ledger_url)}.0004-20261130T060504Z.backup"
        assert backups_of(old_ledger_url) == []
    else:
        assert told.backup is None


def test_a_dry_run_and_a_look_create_nothing(ledger_url, tmp_path):
    assert upgrade_ledger(ledger_url, dry_run=True).before is None
    state = ledger_state(ledger_url)
    assert (state.version, state.state, state.rows) == (None, None, {})
    assert list(tmp_path.iterdir()) == []
    assert open_to_read(ledger_url) is None


def test_a_look_counts_the_rows_of_a_ledger_of_any_version(old_ledger_url):
    old = ledger_state(old_ledger_url)
    assert (old.version, old.head, old.state, [one.version for one in old.pending]) == ("0004", HEAD, Standing.OLDER, SINCE)
    assert (old.rows["label"], old.rows["run"], old.rows["quality_result"]) == (24, 3, 57)
    upgrade_ledger(old_ledger_url)
    now = ledger_state(old_ledger_url)
    assert (now.version, now.state, now.pending) == (HEAD, Standing.CURRENT, ())
    assert {name: n for name, n in now.rows.items() if name in old.rows} == old.rows


def test_the_backup_is_the_ledger_as_it_was_with_what_was_written_last(old_sqlite_url):
    file = file_of(old_sqlite_url)
    file.chmod(0o640)
    with closing(sqlite3.connect(file)) as other:  # an open connection keeps the latest rows beside the file, in its log
        other.execute("UPDATE run SET reason = 'written a moment ago' WHERE run_id = 'again'")
        other.commit()
        before = rows_of(old_sqlite_url)
        done = upgrade_ledger(old_sqlite_url, clock=ManualClock(AT))
    assert done.backup == f"{file}.0004-20261130T060504Z.backup"
    assert backups_of(old_sqlite_url) == [Path(done.backup)]
    assert Path(done.backup).stat().st_mode & 0o777 == 0o640
    backup = f"sqlite:///{done.backup}"
    assert rows_of(backup) == before
    assert ledger_state(backup).version == "0004"
    assert upgrade_ledger(backup).before == "0004", "and it can be upgraded itself"


def test_a_backup_put_back_is_the_way_back(old_sqlite_url):
    file, before = file_of(old_sqlite_url), rows_of(old_sqlite_url)
    done = upgrade_ledger(old_sqlite_url)
    execute(old_sqlite_url, "DELETE FROM run")
    for beside in (Path(f"{file}-wal"), Path(f"{file}-shm")):
        beside.unlink(missing_ok=True)
    Path(done.backup).replace(file)
    assert rows_of(old_sqlite_url) == before


def test_without_room_for_the_backup_nothing_is_changed(old_sqlite_url):
    before = rows_of(old_sqlite_url)
    Path(f"{file_of(old_sqlite_url)}.backup.part").mkdir()
    with pytest.raises(StoreError, match=r"backup .* cannot be written .* Nothing was changed"):
        upgrade_ledger(old_sqlite_url)
    assert rows_of(old_sqlite_url) == before
    assert ledger_state(old_sqlite_url).version == "0004"


def test_names_with_marks_of_urls_are_backed_up_too(old_sqlite_url, tmp_path):
    odd = tmp_path / "50% of #1.db"
    file_of(old_sqlite_url).replace(odd)
    before = rows_of(f"sqlite:///{odd}")
    done = upgrade_ledger(f"sqlite:///{odd}")
    assert rows_of(f"sqlite:///{done.backup}") == before


def test_of_two_upgrades_at_once_one_does_it_and_the_other_finds_it_done(old_ledger_url):
    before = rows_of(old_ledger_url)
    start, done = threading.Barrier(4), []

    def upgrade():
        start.wait()
        try:
            done.append(upgrade_ledger(old_ledger_url))
        except Exception as error:
            done.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(one.migrations) for one in done) == [0, 0, 0, len(SINCE)], done
    assert rows_of(old_ledger_url) == before
    if old_ledger_url.startswith("sqlite"):
        assert len(backups_of(old_ledger_url)) == 1


def upgrade_and_die(url, at, when="True"):
    """Upgrade a ledger in a process that is killed when it calls a function, under a condition on its arguments."""
    script = textwrap.dedent(
        f"""
        import os, pkgutil, signal, sys
        from semtel_ops.store.ledger_upgrade import upgrade_ledger

        owner, _, name = {at!r}.rpartition(".")
        owner = pkgutil.resolve_name(owner)
        meant = getattr(owner, name)

        def die(*arguments, **options):
            if {when}:
                os.kill(os.getpid(), signal.SIGKILL)
            return meant(*arguments, **options)

        setattr(owner, name, die)
        upgrade_ledger(sys.argv[1])
        """
    )
    died = subprocess.run([sys.executable, "-c", script, url], timeout=600, check=False)
    assert died.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("at", "when"),
    [
        ("alembic.operations.Operations.create_index", "arguments[1] == 'batch_job_by_submission'"),  # the other is there
        ("sqlalchemy.engine.base.RootTransaction._do_commit", "True"),
    ],
)
def test_an_upgrade_killed_in_the_middle_has_changed_nothing_and_is_made_again(old_ledger_url, at, when):
    before = rows_of(old_ledger_url)
    upgrade_and_die(old_ledger_url, at, when)
    assert rows_of(old_ledger_url) == before
    assert ledger_state(old_ledger_url).version == "0004"
    assert upgrade_ledger(old_ledger_url).before == "0004"
    assert rows_of(old_ledger_url) == before


def test_a_backup_killed_in_the_middle_is_made_again_and_leaves_no_rest(old_sqlite_url):
    before = rows_of(old_sqlite_url)
    upgrade_and_die(old_sqlite_url, "pathlib.Path.replace")
    assert [path.suffix for path in backups_of(old_sqlite_url)] == [".part"]
    done = upgrade_ledger(old_sqlite_url)
    assert backups_of(old_sqlite_url) == [Path(done.backup)]
    assert rows_of(f"sqlite:///{done.backup}") == rows_of(old_sqlite_url) == before


def test_an_upgrade_does_not_wait_for_tasks_that_use_the_ledger(old_ledger_url, monkeypatch):
    monkeypatch.setattr("semtel_ops.store.ledger_engine.BUSY_TIMEOUT_S", 1)
    monkeypatch.setattr("semtel_ops.store.ledger_upgrade.BUSY_TIMEOUT_S", 1)
    task = writing_engine(parse_url(old_ledger_url)).execution_options(semtel_write=True)
    with task.begin() as connection:
        connection.execute(update(tables.run).values(reason="still writing"))
        with pytest.raises(StoreError, match="other processes use its tables; pause the DAGs"):
            upgrade_ledger(old_ledger_url)
    task.dispose()
    assert upgrade_ledger(old_ledger_url).before == "0004"


def test_a_database_may_be_shared_with_airflow(ledger_url):
    """`semtel demo --database` does so; both count their versions, each in a table of its own."""
    if ledger_url.startswith("sqlite"):
        file_of(ledger_url).parent.mkdir(parents=True)
    execute(
        ledger_url,
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
        "INSERT INTO alembic_version VALUES ('cc92b33c6709')",
        "CREATE TABLE dag_run (id INTEGER)",
    )
    with open_ledger(ledger_url) as ledger, ledger.read() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all() == ["cc92b33c6709"]
        assert connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars().all() == [HEAD]


def test_tables_of_other_software_are_not_taken_for_ours(ledger_url):
    if ledger_url.startswith("sqlite"):
        file_of(ledger_url).parent.mkdir(parents=True)
    execute(ledger_url, "CREATE TABLE label (id INTEGER)", "CREATE TABLE run (id INTEGER)")
    for use in (open_ledger, upgrade_ledger):
        with pytest.raises(StoreError, match=r"names that the ledger uses \(label, run\)"):
            use(ledger_url)


@pytest.mark.parametrize("use", [upgrade_ledger, ledger_state])
def test_errors_show_no_password(use):
    with pytest.raises(ConfigError) as wrong:
        use("mysql://me:hunter2@host/db")
    with pytest.raises(StoreError) as silent:
        use("postgresql://me:hunter2@127.0.0.1:1/db?connect_timeout=2")
    assert "hunter2" not in f"{wrong.value} {silent.value}"


@pytest.mark.postgres
def test_the_init_step_of_a_cluster_upgrades_the_ledger(old_postgres_url, project_root, monkeypatch, capsys):
    before = rows_of(old_postgres_url)
    init = runpy.run_path(str(project_root / "deploy" / "init.py"))
    monkeypatch.setenv("DATABASE_URL", old_postgres_url)
    monkeypatch.setenv("SEMTEL_LAKE", "unused")
    monkeypatch.delenv("ADMIN_USER", raising=False)
    commands = []
    init["main"].__globals__.update(airflow=lambda *words: commands.append(words), create_bucket=commands.append)
    for _ in range(2):
        init["main"]()
    first, migration, *_, ready, again, _ = capsys.readouterr().out.splitlines()
    assert first.endswith(f"upgraded from version 0004 to {HEAD}")
    assert migration.startswith("  0005  At most one published run")
    assert (ready, again.rpartition(": ")[2]) == ("ready", f"version {HEAD}, nothing to upgrade")
    assert commands == ["unused", ("db", "migrate")] * 2
    assert rows_of(old_postgres_url) == before


def test_opening_a_ledger_does_not_wait_for_a_writer(ledger_url):
    with open_ledger(ledger_url) as ledger, ledger.write() as connection:
        connection.execute(update(tables.run).values(reason="still writing"))
        open_ledger(ledger_url).close()
