import sqlite3
import threading
from pathlib import Path

import pytest

from semtel_ops.errors import ConfigError, StoreError
from semtel_ops.store.ledger_open import open_ledger, open_to_read
from semtel_ops.store.migrations import HEAD, VERSION_TABLE, version_of

WEEK = "2026-W47"


@pytest.fixture(scope="module", autouse=True)
def tables_made_once():
    """Here the migrations themselves run."""


def test_opening_twice_keeps_what_was_written(ledger_url):
    with open_ledger(ledger_url) as ledger:
        ledger.save_run(WEEK, "r1", sampled=10)
    with open_ledger(ledger_url) as ledger:
        assert ledger.run(WEEK, "r1").sampled == 10


def test_processes_that_open_a_new_ledger_at_once_all_succeed(ledger_url):
    failures = []

    def use(number: int) -> None:
        try:
            with open_ledger(ledger_url) as ledger:
                ledger.save_run(WEEK, f"r{number}", sampled=number)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with open_ledger(ledger_url) as ledger:
        assert len(ledger.runs(WEEK)) == 6


def test_opening_waits_for_a_process_that_creates_the_same_sqlite_file(tmp_path):
    file = tmp_path / "ledger.db"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    ends = threading.Timer(0.2, other.commit)
    ends.start()
    with open_ledger(f"sqlite:///{file}") as ledger:
        ledger.save_run(WEEK, "r1", sampled=10)
    ends.join()
    other.close()


def set_version(ledger_url, version):
    with open_ledger(ledger_url) as ledger, ledger.write() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '{version}'")


def test_a_ledger_of_another_version_is_left_alone(ledger_url):
    set_version(ledger_url, "0099")
    with pytest.raises(StoreError, match="version 0099"):
        open_ledger(ledger_url)


@pytest.mark.parametrize("url", ["", "not a url", "mysql://x:hunter2@y/z"])
def test_a_url_we_cannot_use_is_a_setting_to_fix(url):
    with pytest.raises(ConfigError) as failure:
        open_ledger(url)
    assert "DATABASE_URL" in str(failure.value)
    assert "hunter2" not in str(failure.value)


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="DATABASE_URL"):
        open_ledger(f"sqlite:///{tmp_path}/file/ledger.db")


def test_sqlite_writes_ahead_so_that_readers_go_on(tmp_path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger, ledger.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert version_of(connection) == HEAD


def test_what_is_opened_to_be_read_cannot_be_written(ledger_url):
    with open_ledger(ledger_url) as ledger:
        ledger.save_run(WEEK, "r1", sampled=10)
    with open_to_read(ledger_url) as ledger:
        assert ledger.run(WEEK, "r1").sampled == 10
        with pytest.raises(StoreError, match=r"read-?only"):
            ledger.save_run(WEEK, "r1", sampled=11)
        assert ledger.run(WEEK, "r1").sampled == 10


def test_a_reader_sees_what_is_written_while_it_is_open(ledger_url):
    with open_ledger(ledger_url) as writer:
        writer.save_run(WEEK, "r1", sampled=10)
        with open_to_read(ledger_url) as reader:
            writer.save_run(WEEK, "r1", sampled=11)
            assert reader.run(WEEK, "r1").sampled == 11


def test_a_reader_makes_no_ledger_where_there_is_none(ledger_url, tmp_path):
    assert open_to_read(ledger_url) is None
    assert list(tmp_path.iterdir()) == []


def test_a_reader_refuses_the_tables_of_another_version(ledger_url):
    set_version(ledger_url, "0001")
    with pytest.raises(StoreError, match="version 0001"):
        open_to_read(ledger_url)
