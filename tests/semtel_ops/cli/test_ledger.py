"""`semtel ledger` from a shell."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from semtel_ops.cli.main import cli
from semtel_ops.store.migrations import HEAD, pending

OLD = Path(__file__).parents[1] / "store" / "ledgers" / "51f6dca.sqlite.sql"


def write_old_ledger(file):
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(OLD.read_text(encoding="utf-8"))


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    """Where the ledger of the environment is, or will be."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    return tmp_path / "ledger.db"


def run(*arguments):
    done = CliRunner().invoke(cli, ["ledger", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_an_old_ledger_is_shown_tried_upgraded_and_shown_again(ledger):
    write_old_ledger(ledger)
    shown = run("show")
    assert "version  0004, older than this release requires: run `semtel ledger upgrade`" in shown
    assert "pending  0005  At most one published run for each week" in shown
    assert "rows     quality_result               57\n" in shown
    tried = run("upgrade", "--dry-run")
    assert f"would be upgraded from version 0004 to {HEAD}" in tried
    assert ".backup, to be written first" in tried
    assert [path.name for path in ledger.parent.iterdir() if "backup" in path.name] == []
    done = run("upgrade").splitlines()
    (backup,) = ledger.parent.glob("ledger.db.0004-*Z.backup")
    assert done[:2] == [f"backup {backup}", f"ledger sqlite:///{ledger}: upgraded from version 0004 to {HEAD}"]
    assert f"version  {HEAD}, current" in run("show")
    assert run("upgrade") == f"ledger sqlite:///{ledger}: version {HEAD}, nothing to upgrade\n"


def test_manifests_are_json_for_scripts(ledger):
    write_old_ledger(ledger)
    titles = [{"version": one.version, "title": one.title} for one in pending("0004")]
    shown = json.loads(run("show", "--json"))
    assert shown["rows"].pop("label") == 24
    assert {name: shown[name] for name in ("ledger", "version", "head", "state", "pending")} == {
        "ledger": f"sqlite:///{ledger}", "version": "0004", "head": HEAD, "state": "older", "pending": titles,
    }  # fmt: skip
    done = json.loads(run("upgrade", "--json"))
    (backup,) = ledger.parent.glob("*.backup")
    assert done == {
        "ledger": f"sqlite:///{ledger}", "before": "0004", "after": HEAD, "migrations": titles, "backup": str(backup),
        "dry_run": False,
    }  # fmt: skip


def test_where_there_is_no_ledger_a_look_says_so_and_an_upgrade_creates_it(ledger):
    assert "none: created by the first run" in run("show")
    assert not ledger.exists()
    assert run("upgrade", "--dry-run") == f"ledger sqlite:///{ledger}: would be created, version {HEAD}\n"
    assert not ledger.exists()
    assert run("upgrade") == f"ledger sqlite:///{ledger}: created, version {HEAD}\n"
    assert f"version  {HEAD}, current" in run("show")


def test_the_batch_jobs_of_a_folder_are_upgraded_by_its_name(ledger, tmp_path):
    jobs = tmp_path / "labels" / "lake" / "batch.db"
    write_old_ledger(jobs)
    assert "upgraded from version 0004" in run("upgrade", "--out", str(tmp_path / "labels"))
    assert json.loads(run("show", "--out", str(tmp_path / "labels"), "--json"))["version"] == HEAD
    assert not ledger.exists()


@pytest.mark.parametrize(("url", "code"), [("mysql://me:hunter2@host/db", 2), ("sqlite:///{ledger}", 1)])
def test_a_wrong_setting_is_exit_2_and_a_newer_ledger_exit_1_each_in_one_line(ledger, url, code):
    run("upgrade")
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("UPDATE alembic_version_semtel SET version_num = '0099'")
        connection.commit()
    command = [str(Path(sys.executable).with_name("semtel")), "ledger", "upgrade"]
    environment = {"DATABASE_URL": url.format(ledger=ledger)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("semtel: DATABASE_URL: 'mysql'" if code == 2 else "semtel: ledger sqlite:///")
    assert "hunter2" not in line
