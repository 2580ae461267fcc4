"""What readers see of a publication that is killed, and what the next open makes of it.

| killed | files show | SQL shows | the next open |
|---|---|---|---|
| while files are copied | old | old | nothing to do; the next publication removes the copies |
| between intent and commit | old | old | discards the copies |
| between commit and exchange | old | new | shows the copies |
| after the exchange | new | new | removes the old files and the intent |
"""

import functools
import itertools
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import func, select

from semtel_ops.report.collect import ReportInputs
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import ledger_of_environment
from semtel_ops.settings import PipelineConfig, Settings
from semtel_ops.steps import publish, report
from semtel_ops.steps.forget import forget_conversations
from semtel_ops.steps.publish import publish_run
from semtel_ops.steps.report import report_run
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store import publication
from semtel_ops.store.files import list_files
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_outage import LedgerLostError
from semtel_ops.store.publication import pending
from semtel_ops.store.published_state import settle_publications
from semtel_ops.testing.landed import make_landed_rows
from tests.support.finished_run import write_finished_run
from tests.support.killing import killed_at_each_change
from tests.support.readers import FilesSeen, files_seen, glob_week, read_week, sql_seen
from tests.support.traced import STRACE, publisher

WEEK = "2026-W47"


@pytest.fixture
def lake(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("SEMTEL_LAKE", f"{tmp_path}/lake")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    return tmp_path / "lake"


def _run(lake: Path, run_id: str, conversations: int, *, ledger: bool = True, rows_to_sql: bool = True) -> str:
    config = PipelineConfig.model_validate({"publish": {"min_slice": 1, "rows_to_sql": rows_to_sql}})
    rows = make_landed_rows(run_id=run_id, conversations=conversations, shards=2)
    return write_finished_run(lake, run_id=run_id, rows=rows, config=config, ledger=ledger)


def _in_files(lake: Path) -> tuple[str | None, int]:
    """The run and the number of its rows as a glob shows them; fails unless it is one whole run."""
    files = files_seen(lake, WEEK)
    urls = [str(lake / f"labels/week={WEEK}" / name) for name, _digest in files.digests]
    assert {run for url in urls for run in pq.read_table(url, columns=["run_id"], partitioning=None)[0].to_pylist()} == {
        files.run
    }
    return files.run, sum(pq.read_metadata(url).num_rows for url in urls)


def _in_sql(tmp_path: Path) -> tuple[str, int]:
    """The published run and the number of its rows in SQL; fails unless rows, shares and slices are its own."""
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger, ledger.read() as connection:
        run = connection.execute(
            select(tables.run.c.run_id, tables.run.c.landed).where(tables.run.c.state == "published")
        ).one()
        for table in (tables.label, tables.weekly_share, tables.weekly_slice):
            assert set(connection.execute(select(table.c.run_id).distinct()).scalars()) == {run.run_id}
        rows = connection.execute(select(func.count()).select_from(tables.label)).scalar_one()
        assert rows == run.landed
        return run.run_id, rows


@dataclass(frozen=True, slots=True)
class Case:
    """A publication: the run that was published before, with its conversations, and the new run."""

    old: str | None
    new: str = "new"
    ledger: bool = True
    rows_to_sql: bool = True


CASES = {
    "first of the week": Case(None),
    "in place of another run": Case("old"),
    "the same run again": Case("new"),
    "without rows in SQL": Case("old", rows_to_sql=False),
    "without a ledger, first": Case(None, ledger=False),
    "without a ledger, in place of another run": Case("old", ledger=False),
}


class Stage:
    """A finished run that is ready to be published, again and again, in place of what was published before."""

    def __init__(self, lake: Path, case: Case) -> None:
        self._lake, self._case = lake, case
        self._ledger, self._template = lake.with_name("ledger.db"), lake.with_name("template")
        options = {"ledger": case.ledger, "rows_to_sql": case.rows_to_sql}
        ledger_of_environment().close()  # creates the tables
        if case.old is not None:
            publish_run(_run(lake, case.old, 8, **options))
        self.run = _run(lake, case.new, 6, **options)
        self.old = self.look()
        self.seen: list[tuple[str, Any, Any]] = []
        self._template.mkdir()
        lake.rename(self._template / "lake")
        shutil.copy(self._ledger, self._template)

    def restore(self) -> None:
        shutil.rmtree(self._lake, ignore_errors=True)
        shutil.copytree(self._template / "lake", self._lake)
        for file in self._lake.parent.glob("ledger.db*"):
            file.unlink()
        shutil.copy(self._template / "ledger.db", self._ledger)

    def look(self) -> tuple[FilesSeen, tuple[tuple[str, ...], ...]]:
        return files_seen(self._lake, WEEK), sql_seen(self._ledger, WEEK)

    def inspect(self, change: str) -> None:
        """Look after a kill, and again after the lake was opened."""
        seen = self.look()
        if self._case.ledger:
            ledger_of_environment().close()
        else:
            settle_publications(Lake(str(self._lake)), None)
        assert pending(Lake(str(self._lake))) == [], change
        self.seen.append((change, seen, self.look()))
        if self.is_staged():  # copies without an intent are the next publisher's to remove
            publish_run(self.run)
            assert not self.is_staged(), change

    def is_staged(self) -> bool:
        return (self._lake / f"publishing/week={WEEK}").exists()

    def judge(self) -> None:
        """After a publication that was not killed."""
        new = self.look()
        assert new != self.old
        assert not self.is_staged()
        for change, (files, sql), healed in self.seen:
            assert files in (self.old[0], new[0]), change
            assert sql in (self.old[1], new[1]), change
            assert healed in (self.old, new), change
            assert not self._case.ledger or healed[1] == sql, change  # SQL decides
        assert {healed for _change, _seen, healed in self.seen} == {self.old, new}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_publication_killed_at_any_change_shows_one_whole_run_and_heals_at_the_next_open(lake, monkeypatch, case):
    stage = Stage(lake, case)
    stage.restore()
    shares = publish._shares(RunPlan.load(stage.run), list_files(RunPlan.load(stage.run).folder.landed_folder))
    monkeypatch.setattr(publish, "_shares", lambda *_: shares)  # they take most of the time, and change nothing
    for change in killed_at_each_change(lambda: publish_run(stage.run), before=stage.restore):
        stage.inspect(change)
    stage.judge()
    names = " ".join(change for change, *_ in stage.seen)
    assert "os.rmdir" in names
    assert case.old is None or "renameat" in names
    assert ("sql COMMIT" in names) == case.ledger


SYSTEM_CALLS = {
    "mkdir": 3, "sendfile": 3, "write": 2, "fsync": 2, "rename": 1, "pwrite64": 16, "fdatasync": 2, "ftruncate": 2,
    "renameat2": 1, "unlinkat": 2, "unlink": 4, "rmdir": 2,
}  # fmt: skip
"""System calls that change the lake or SQLite's file → kill at every n-th of them."""


@pytest.mark.slow
@pytest.mark.skipif(STRACE is None, reason="install strace to kill at system calls")
def test_a_publication_killed_at_a_system_call_shows_one_whole_run_and_heals_at_the_next_open(lake, monkeypatch):
    monkeypatch.setattr(publish, "_shares", _computed_once(publish._shares))  # in this process, which publishes after the kills
    stage = Stage(lake, Case("old"))
    with publisher() as process:
        for name, step in SYSTEM_CALLS.items():
            for number in itertools.count(1, step):
                stage.restore()
                if not process.publish(stage.run, kill_at=(name, number)):
                    break
                stage.inspect(f"{name} {number}")
    stage.judge()
    assert {change.split()[0] for change, *_ in stage.seen} == set(SYSTEM_CALLS)


def test_a_killed_report_leaves_whole_pages_and_is_written_again(lake, monkeypatch):
    run = _run(lake, "manual", 6)
    publish_run(run)
    pages = [lake / f"reports/week={WEEK}/run=manual/report.html", lake / f"reports/week={WEEK}/report.html"]
    numbers = itertools.count()
    # Each report differs from the one before; what else it says is no matter here.
    monkeypatch.setattr(report, "render", lambda _report: f"<p>{next(numbers)}</p>" * 10_000)
    with ledger_of_environment() as ledger:
        collected = report.collect(ReportInputs(Lake(str(lake)), WEEK, "manual", (), 1), ledger, now=datetime.now(UTC))
    monkeypatch.setattr(report, "collect", lambda *_, **_options: collected)
    monkeypatch.setattr(report, "load_classifier_info", lambda *_: [])
    monkeypatch.setattr(report, "load_classifiers", lambda *_: [])
    monkeypatch.setattr(report, "compare_with_gold", lambda *_: [])
    report_run(run)
    killed = []
    for change in killed_at_each_change(lambda: report_run(run), before=lambda: report_run(run)):
        shown = [page.read_text() for page in pages]
        assert all(text == text[: text.index("</p>") + 4] * 10_000 for text in shown), change
        report_run(run)
        assert pages[0].read_bytes() == pages[1].read_bytes(), change
        killed.append(change)
    assert sum("os.rename" in change for change in killed) == 2
    assert any("sql COMMIT" in change for change in killed)


def test_two_publishers_at_once_leave_one_run_in_files_and_sql(lake, tmp_path):
    runs = [_run(lake, "first", 8), _run(lake, "second", 6)]
    threads = [threading.Thread(target=publish_run, args=(run,)) for run in runs * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _in_files(lake) == _in_sql(tmp_path)
    assert not (lake / "publishing" / f"week={WEEK}").exists()


def _poll(read: Callable[[], tuple[str, int]], seen: list[tuple[str, int]], ended: threading.Event) -> None:
    while not ended.wait(0.005):
        seen.append(read())


def _computed_once(shares: Callable[..., Any]) -> Callable[..., Any]:
    """The same rows have the same shares, which take half of the time."""
    known: dict[object, Any] = {}

    def once(plan: RunPlan, files: Sequence[str]) -> Any:
        key = plan.run_id, tuple(Path(file).read_bytes() for file in files)
        if key not in known:
            known[key] = shares(plan, files)
        return known[key]

    return once


@pytest.mark.parametrize(
    "runs", [("first", "second"), ("same", "same")], ids=["of two runs in turn", "of one run, labelled again"]
)
def test_readers_meanwhile_see_one_whole_publication(lake, tmp_path, monkeypatch, runs):
    first, second = (runs[0], 40), (runs[1], 30)
    urls = {run_id: _run(lake, run_id, rows // 5) for run_id, rows in (first, second) if first[0] != second[0]}
    publish_run(urls.get(runs[0]) or _run(lake, runs[0], 8))
    load_info = functools.cache(publish.load_classifier_info)  # reads the prompts, which takes most of the time
    monkeypatch.setattr(publish, "load_classifier_info", load_info)
    monkeypatch.setattr(publish, "_shares", _computed_once(publish._shares))
    in_files: list[tuple[str, int]] = []
    by_glob: list[tuple[str, int]] = []
    in_sql: list[tuple[str, int]] = []
    ended = threading.Event()
    readers = [
        threading.Thread(target=_poll, args=(lambda: read_week(lake, WEEK), in_files, ended)),
        threading.Thread(target=_poll, args=(lambda: _in_sql(tmp_path), in_sql, ended)),
    ]
    if runs[0] != runs[1]:  # a glob alone cannot tell two publications of one run apart
        readers.append(threading.Thread(target=_poll, args=(lambda: glob_week(lake, WEEK), by_glob, ended)))
    for reader in readers:
        reader.start()
    try:
        for turn in range(20):
            run_id, rows = (second, first)[turn % 2]
            publish_run(urls.get(run_id) or _run(lake, run_id, rows // 5))
    finally:
        ended.set()
        for reader in readers:
            reader.join()
    assert set(in_files) == set(in_sql) == {first, second}
    assert set(by_glob) <= {first, second}


def test_a_file_system_without_an_exchange_is_published_by_renames(lake, tmp_path, monkeypatch):
    monkeypatch.setattr(publication, "exchange", lambda _first, _second: False)
    publish_run(_run(lake, "first", 8))
    publish_run(_run(lake, "second", 6))
    assert _in_files(lake) == _in_sql(tmp_path) == ("second", 30)
    assert not (lake / "publishing" / f"week={WEEK}").exists()


def _killed_after_its_commit(run: str) -> None:
    def crash(*_args: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(publication, "_swap", crash)
        publish_run(run)


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a bit flipped": _flip,
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "empty": lambda file: file.write_bytes(b""),
    "missing": Path.unlink,
    "with their folder": lambda file: shutil.rmtree(file.parent.parent),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_copies_of_a_committed_publication_are_copied_again(lake, tmp_path, damage):
    publish_run(_run(lake, "old", 8))
    _killed_after_its_commit(_run(lake, "new", 6))
    (copy,) = lake.glob("publishing/*/*/*/shard=0001.parquet")
    damage(copy)
    assert (_in_files(lake), _in_sql(tmp_path)) == (("old", 40), ("new", 30))
    ledger_of_environment().close()
    assert _in_files(lake) == _in_sql(tmp_path) == ("new", 30)
    assert not (lake / "publishing" / f"week={WEEK}").exists()


def test_a_committed_publication_whose_files_are_lost_waits_until_they_are_landed_or_published_again(lake, tmp_path, caplog):
    publish_run(_run(lake, "old", 8))
    run = _run(lake, "new", 6)
    _killed_after_its_commit(run)
    (copy,) = lake.glob("publishing/*/*/*/shard=0001.parquet")
    landed = lake / f"landed/week={WEEK}/run=new/shard=0001.parquet"
    whole = landed.read_bytes()
    _flip(copy)
    _flip(landed)
    ledger_of_environment().close()
    assert _in_files(lake) == ("old", 40)
    assert "run new was published and its files cannot be shown" in caplog.text
    assert len(pending(Lake(str(lake)))) == 1
    landed.write_bytes(whole)
    publish_run(run)
    assert _in_files(lake) == _in_sql(tmp_path) == ("new", 30)
    assert pending(Lake(str(lake))) == []


def test_a_publication_that_waits_is_completed_before_conversations_are_forgotten(lake, tmp_path):
    publish_run(_run(lake, "old", 8))
    _killed_after_its_commit(_run(lake, "new", 6))
    (tmp_path / "ids.txt").write_text("c000001\n")
    receipt = forget_conversations(
        str(tmp_path / "ids.txt"), settings=Settings.from_env(), dry_run=False, despite_unfinished=True
    )
    assert receipt["remaining"] == []
    assert _in_files(lake) == ("new", 25)
    assert pending(Lake(str(lake))) == []


def test_a_damaged_intent_stops_nobody(lake, caplog):
    run = _run(lake, "new", 6)
    _killed_after_its_commit(run)
    (intent,) = pending(Lake(str(lake)))
    _flip(Path(intent))
    ledger_of_environment().close()
    assert "is damaged" in caplog.text
    publish_run(run)
    assert _in_files(lake) == ("new", 30)


def test_the_same_intent_is_shown_by_one_of_two_processes(lake, tmp_path):
    publish_run(_run(lake, "old", 8, ledger=False))
    _killed_after_its_commit(_run(lake, "new", 6, ledger=False))
    threads = [threading.Thread(target=settle_publications, args=(Lake(str(lake)), None)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _in_files(lake) == ("new", 30)


def test_a_connection_lost_in_the_transaction_is_no_failure(lake, tmp_path, monkeypatch):
    publish_run(_run(lake, "old", 8))
    run = _run(lake, "new", 6)
    real, lost = publish.save_quality, iter([True, True, False])

    def lose(*arguments: Any) -> None:
        if next(lost):
            raise LedgerLostError("server closed the connection")
        real(*arguments)

    monkeypatch.setattr(publish, "save_quality", lose)
    assert publish_run(run)["supersedes"] == "old"
    assert _in_files(lake) == _in_sql(tmp_path) == ("new", 30)
    assert not (lake / "publishing" / f"week={WEEK}").exists()


def test_without_a_ledger_the_intent_decides(lake):
    run = write_finished_run(lake, ledger=False, rows=make_landed_rows(conversations=6, shards=2))
    _killed_after_its_commit(run)
    assert len(pending(Lake(str(lake)))) == 1
    ledger_of_environment().close()
    assert _in_files(lake) == ("manual", 30)
