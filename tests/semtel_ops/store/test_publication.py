"""What readers see of a publication that is killed, and what the next open makes of it.

| killed | files show | SQL shows | the next open |
|---|---|---|---|
| while files are copied | old | old | nothing to do; the next publication removes the copies |
| between intent and commit | old | old | discards the copies |
| between commit and exchange | old | new | shows the copies |
| after the exchange | new | new | removes the old files and the intent |
"""

import json
import threading
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import func, select

from semtel_ops.runs.resources import ledger_of_environment
from semtel_ops.steps.publish import publish_run
from semtel_ops.steps.report import report_run
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store import publication
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import open_ledger
from semtel_ops.store.publication import pending
from semtel_ops.testing.landed import make_landed_rows
from tests.support.finished_run import write_finished_run
from tests.support.killing import killed_at_each_action

WEEK = "2026-W47"


@pytest.fixture
def lake(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("SEMTEL_LAKE", f"{tmp_path}/lake")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    return tmp_path / "lake"


def _run(lake: Path, run_id: str, conversations: int) -> str:
    return write_finished_run(lake, run_id=run_id, rows=make_landed_rows(run_id=run_id, conversations=conversations, shards=2))


def _in_files(lake: Path) -> tuple[str, int]:
    """The run and its rows as a glob shows them; fails unless it is one whole run."""
    files = sorted(lake.glob(f"labels/week={WEEK}/**/*.parquet"))
    marker = json.loads((lake / f"labels/week={WEEK}/_published.json").read_bytes())
    assert [file.name for file in files] == marker["files"]
    tables_ = [pq.read_table(file, columns=["run_id"], partitioning=None) for file in files]
    runs = {run for table in tables_ for run in table.column("run_id").to_pylist()}
    assert runs == {marker["run_id"]}
    return marker["run_id"], sum(table.num_rows for table in tables_)


def _in_sql(tmp_path: Path) -> tuple[str, int]:
    """The published run and its rows in SQL; fails unless rows, shares and slices are its own."""
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger, ledger.read() as connection:
        run = connection.execute(
            select(tables.run.c.run_id, tables.run.c.landed).where(tables.run.c.state == "published")
        ).one()
        for table in (tables.label, tables.weekly_share, tables.weekly_slice):
            assert set(connection.execute(select(table.c.run_id).distinct()).scalars()) <= {run.run_id}
        rows = connection.execute(select(func.count()).select_from(tables.label)).scalar_one()
        assert rows == run.landed
        return run.run_id, rows


@pytest.mark.slow
@pytest.mark.parametrize("new", ["new", "old"])
def test_a_publication_killed_at_any_action_shows_one_whole_run_and_heals_at_the_next_open(lake, tmp_path, new):
    old_rows, new_rows = ("old", 40), (new, 30)
    run = _run(lake, new, 6)
    begun = False

    def before() -> None:
        nonlocal begun
        if begun and _in_sql(tmp_path) == old_rows:
            return
        publish_run(_run(lake, "old", 8))
        _run(lake, new, 6)
        begun = True

    seen, actions = set(), []
    for at, action in killed_at_each_action(partial(publish_run, run), before=before):
        files, sql = _in_files(lake), _in_sql(tmp_path)
        assert files in (old_rows, new_rows), action
        assert sql in (old_rows, new_rows), action
        ledger_of_environment().close()
        healed = _in_files(lake), sql if sql == files else _in_sql(tmp_path)
        assert healed == (sql, sql), f"{at}: {action}"
        assert pending(Lake(str(lake))) == []
        seen.add((files, sql))
        actions.append(action)
    assert seen == {(old_rows, old_rows), (old_rows, new_rows), (new_rows, new_rows)}
    assert (_in_files(lake), _in_sql(tmp_path)) == (new_rows, new_rows)
    assert "sql COMMIT" in actions
    assert any("renameat" in action for action in actions)
    assert not (lake / "publishing" / f"week={WEEK}").exists()


@pytest.mark.slow
def test_a_killed_report_leaves_whole_pages_and_is_written_again(lake):
    run = _run(lake, "manual", 6)
    publish_run(run)
    pages = [lake / f"reports/week={WEEK}/report.html", lake / f"reports/week={WEEK}/run=manual/report.html"]
    for _at, action in killed_at_each_action(partial(report_run, run), before=lambda: report_run(run)):
        for page in pages:
            assert page.read_text().rstrip().endswith("</html>"), action
    assert {page.stat().st_size > 0 for page in pages} == {True}


def test_two_publishers_at_once_leave_one_run_in_files_and_sql(lake, tmp_path):
    runs = [_run(lake, "first", 8), _run(lake, "second", 6)]
    threads = [threading.Thread(target=publish_run, args=(run,)) for run in runs * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _in_files(lake) == _in_sql(tmp_path)
    assert not (lake / "publishing" / f"week={WEEK}").exists()


def test_a_file_system_without_an_exchange_is_published_by_renames(lake, tmp_path, monkeypatch):
    monkeypatch.setattr(publication, "exchange", lambda _first, _second: False)
    publish_run(_run(lake, "first", 8))
    publish_run(_run(lake, "second", 6))
    assert _in_files(lake) == _in_sql(tmp_path) == ("second", 30)
    assert not (lake / "publishing" / f"week={WEEK}").exists()


def test_without_a_ledger_the_intent_decides(lake, monkeypatch):
    run = write_finished_run(lake, ledger=False, rows=make_landed_rows(conversations=6, shards=2))
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):

        def crash(*_args):
            raise KeyboardInterrupt

        patched.setattr(publication, "_swap", crash)
        publish_run(run)
    assert len(pending(Lake(str(lake)))) == 1
    ledger_of_environment().close()
    assert _in_files(lake) == ("manual", 30)
