"""Files are labelled into a folder without a database; started again, the run continues where it stopped."""

import json
import shutil
from pathlib import Path

import pytest

from semtel_ops.errors import (
    ConfigError,
    DamagedFileError,
    EndpointError,
    EndpointErrorKind,
    ReconciliationError,
    StoreError,
    UnwritableError,
)
from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps import classify_files as step
from semtel_ops.steps.classify_files import classify_files, run_in
from semtel_ops.steps.forget import forget_conversations
from semtel_ops.store.folder_lock import lock_folder
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.batch_provider import BatchProvider
from semtel_ops.testing.manual_clock import ManualClock
from tests.support.killing import Killed
from tests.support.read_only import read_only
from tests.support.shards import WEEK, answer_line, write_endpoints

FULL = EndpointError("429", kind=EndpointErrorKind.OVERLOADED, status=429)


class Shown:
    """Progress that remembers what was said."""

    def __init__(self):
        self.lines = []

    def start(self, label, total): ...

    def advance(self, rows=1, cost_usd=0.0): ...

    def say(self, line):
        self.lines.append(line)

    def finish(self): ...


@pytest.fixture
def out(installation):
    return installation.folder / "out"


@pytest.fixture
def classify(installation, out):
    """`classify(**request)`: the manifest of a run over the chats, in out/."""
    settings = installation.settings.model_copy(update={"lake": f"{out}/lake"})

    def run(run_id="r1", progress=None, **request):
        asked = {"week": WEEK, "source": installation.source, "lane": "realtime", **request}
        return classify_files(asked, out=str(out), run_id=run_id, settings=settings, progress=progress or Shown())

    return run


def classify_in(installation, folder):
    """The same run in a copy of its folder."""
    settings = installation.settings.model_copy(update={"lake": f"{folder}/lake"})
    asked = {"week": WEEK, "source": installation.source, "lane": "realtime"}
    return classify_files(asked, out=str(folder), run_id="r1", settings=settings, progress=Shown())


def labels(out):
    return [row for path in sorted((out / "labels").glob("*.parquet")) for row in read_rows(str(path))]


def test_a_folder_gets_the_labels_and_a_manifest_that_accounts_for_every_record(classify, out, installation):
    manifest = classify()
    assert json.loads((out / "manifest.json").read_text()) == manifest
    assert (manifest["run_id"], manifest["classifiers"]) == ("r1", ["topic", "knowledge_work"])
    assert (manifest["read"], manifest["sampled"], manifest["landed"]) == (12, 12, 24)
    assert (manifest["by_status"], manifest["by_lane"]) == ({"success": 24}, {"realtime": 24})
    assert (manifest["requests"], manifest["reused"], len(installation.asked)) == (24, 0, 24)
    assert manifest["cost_usd"] == pytest.approx(24 * (100 + 5 * 2) / 1e6)
    assert len({(row["conversation_id"], row["classifier"]) for row in labels(out)}) == len(labels(out)) == 24
    assert [path.name for path in sorted((out / "labels").iterdir())] == ["shard-0000.parquet", "shard-0001.parquet"]
    assert not (installation.folder / "ledger.db").exists()


def test_started_again_it_reads_and_asks_nothing_and_says_the_same(classify, installation, monkeypatch):
    first = classify()
    asked = len(installation.asked)
    monkeypatch.setattr(step, "extract_part", lambda part: pytest.fail("the source is read again"))
    again = classify()
    assert len(installation.asked) == asked
    assert {**again, "seconds": 0} == {**first, "seconds": 0}


def test_killed_it_continues(classify, out, installation):
    answer, left = installation.answer, iter(range(15))

    def dies(request):
        if next(left, None) is None:
            raise Killed
        return answer(request)

    installation.answer = dies
    with pytest.raises(Killed):
        classify()
    before = len(installation.asked)
    installation.answer = answer
    assert classify()["landed"] == len(labels(out)) == 24
    assert len(installation.asked) - before <= 24 - 15 + 4


def test_another_run_in_the_folder_reuses_what_was_paid_for(classify, installation):
    classify()
    manifest = classify("r2")
    assert (manifest["requests"], manifest["reused"], manifest["cost_usd"]) == (0, 24, 0.0)


def test_a_run_continues_in_the_week_it_was_begun_in(classify, out):
    classify()
    classify(week="2026-W48")
    assert RunPlan.load(run_in(str(out), "r1")).week == WEEK


@pytest.mark.parametrize(
    ("request_", "named"),
    [({"classifiers": ["topic"]}, "classifiers"), ({"sample_size": 3}, "sample"), ({"pack": 4}, "strategy")],
)
def test_a_run_that_would_have_other_rows_needs_another_id(classify, request_, named):
    classify()
    with pytest.raises(ConfigError, match=f"exists in this folder with different {named}; choose another --run-id or --out"):
        classify(**request_)


def test_its_budget_may_change(classify):
    classify()
    assert classify(max_cost_usd=5.0)["landed"] == 24


def test_what_could_not_be_read_is_beside_the_labels(classify, out, installation):
    (Path(installation.source) / "broken.jsonl").write_text("{not json\n", encoding="utf-8")
    manifest = classify()
    assert (manifest["read"], manifest["quarantined"], manifest["sampled"]) == (13, 1, 12)
    (file,) = (out / "quarantine").iterdir()
    assert "broken.jsonl" in json.loads(file.read_text())["place"]


def test_without_anything_unreadable_there_is_no_quarantine(classify, out):
    classify()
    assert not (out / "quarantine").exists()


def test_the_forecast_is_shown_before_the_first_request(classify, installation):
    seen = []
    shown = Shown()
    installation.answer, answer = lambda request: (seen.append(len(shown.lines)), answer(request))[1], installation.answer
    classify(progress=shown)
    assert seen[0] >= 1
    assert shown.lines[0].startswith("forecast: 24 requests, ")


def test_lanes_that_the_run_chose_are_shown_with_their_reason(classify):
    shown = Shown()
    classify(progress=shown, lane="auto")
    assert shown.lines[0].startswith("2 of 2 shards: lane realtime, ")


def test_a_batch_that_was_asked_for_is_waited_for(classify, out, installation, monkeypatch):
    write_endpoints(installation.folder, lanes=("batch",))
    providers = []

    def make_client(endpoint):
        providers[:] = providers or [BatchProvider(endpoint, answer_line)]
        return providers[0]

    monkeypatch.setattr(step, "Resources", lambda **given: installation.resources(make_batch_client=make_client, **given))
    manifest = classify(lane="batch")
    assert (manifest["by_lane"], manifest["by_status"]) == ({"batch": 24}, {"success": 24})
    assert installation.asked == []
    assert len(labels(out)) == 24


def test_how_limits_changed_is_in_the_manifest_in_the_order_of_time(classify, installation):
    answer, busy = installation.answer, iter([FULL] * 3)
    installation.answer = lambda request: next(busy, None) or answer(request)
    limits = classify()["limits"]
    assert [change["at"] for change in limits] == sorted(change["at"] for change in limits)
    assert {change["endpoint"] for change in limits} == {"east"}


def test_a_run_that_the_folder_does_not_have_is_named(classify, out):
    classify()
    assert run_in(str(out), "r1").endswith("/run=r1/run.json")
    with pytest.raises(ConfigError, match=r"'other' is not a run in .*; start one with `semtel classify --out`"):
        run_in(str(out), "other")


def _contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


COPIES = {
    "whole": (),
    "without labels": ("labels",),
    "without landed": ("lake/landed", "labels"),
    "without conversations": ("lake/conversations", "lake/landed", "labels"),
    "without prepared text": ("lake/prepared", "lake/landed", "labels"),
}


@pytest.mark.parametrize("removed", COPIES.values(), ids=COPIES)
def test_a_copied_folder_is_worked_on_alone_and_asks_nothing_again(classify, out, installation, monkeypatch, removed):
    first = classify()
    asked, copy = len(installation.asked), out.with_name("copy")
    shutil.copytree(out, copy)
    for name in removed:
        shutil.rmtree(copy / name)
    before = _contents(out)
    manifest = classify_in(installation, copy)
    assert _contents(out) == before
    assert len(installation.asked) == asked
    assert (manifest["sampled"], manifest["landed"], len(labels(copy))) == (first["sampled"], first["landed"], 24)
    assert not [path for path in copy.rglob("*.json") if str(out) + "/" in path.read_text(encoding="utf-8")]


def test_a_moved_folder_goes_on_without_its_origin(classify, out, installation):
    classify()
    asked, moved = len(installation.asked), out.with_name("moved")
    out.rename(moved)
    shutil.rmtree(moved / "labels")
    assert classify_in(installation, moved)["landed"] == len(labels(moved)) == 24
    assert len(installation.asked) == asked
    assert not out.exists()


def test_a_folder_behind_a_link_is_the_same_folder(classify, out, installation):
    classify()
    asked, link = len(installation.asked), out.with_name("link")
    link.symlink_to(out)
    assert classify_in(installation, link)["landed"] == 24
    assert len(installation.asked) == asked


def test_rows_that_are_missing_are_never_a_success(classify, monkeypatch):
    monkeypatch.setattr(step, "_classified", lambda *_args: iter(()))
    with pytest.raises(ReconciliationError, match="12 conversations × 2 classifiers = 24 rows, but"):
        classify()


def test_labels_are_copies_that_share_nothing_with_the_lake(classify, out):
    classify()
    landed = sorted(out.glob("lake/landed/*/*/*.parquet"))
    shown = sorted((out / "labels").glob("*.parquet"))
    assert [path.read_bytes() for path in landed] == [path.read_bytes() for path in shown]
    assert not {path.stat().st_ino for path in landed} & {path.stat().st_ino for path in shown}


def test_a_finished_run_on_a_read_only_disk_returns_its_manifest(classify, out, installation):
    first, shown = classify(), Shown()
    asked = len(installation.asked)
    with read_only(out):
        assert classify(progress=shown) == first
        with pytest.raises(ConfigError, match="different classifiers"):
            classify(classifiers=["topic"])
    assert len(installation.asked) == asked
    (line,) = shown.lines
    assert line.startswith(f"{out}: cannot be written: Read-only file system;")
    assert line.endswith("The run is finished, and its manifest unchanged")


@pytest.mark.parametrize("missing", ["manifest.json", "labels/shard-0001.parquet", "lake/runs"])
def test_an_unfinished_run_on_a_read_only_disk_says_what_cannot_be_written(classify, out, missing):
    classify()
    shutil.rmtree(out / missing) if (out / missing).is_dir() else (out / missing).unlink()
    with read_only(out), pytest.raises(UnwritableError, match=f"^{out}: cannot be written: Read-only file system"):
        classify()


def test_the_labels_of_another_run_do_not_make_a_run_finished(classify, out):
    classify("r1")
    before = (out / "manifest.json").read_bytes()
    classify("r2")
    (out / "manifest.json").write_bytes(before)
    with read_only(out), pytest.raises(UnwritableError):
        classify("r1")


def test_a_finished_run_on_a_full_disk_returns_its_manifest(classify, monkeypatch):
    first = classify()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("semtel_ops.store.files.os.fsync", full)
    assert classify() == first
    with pytest.raises(UnwritableError, match="No space left on device"):
        classify("r2")


DAMAGES = {
    "flip": lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :],
    "cut": lambda data: data[: len(data) * 2 // 3],
    "delete": None,
}
REBUILT = [
    "lake/conversations/week=*/shard=0001.parquet", "lake/prepared/*/*/shard=0001.parquet",
    "lake/landed/*/*/shard=0001.parquet", "labels/shard-0001.parquet", "manifest.json", "lake/runs/*/*/sample.json",
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_whatever_is_damaged_of_a_finished_run_is_made_again_and_nothing_is_asked_again(classify, out, installation, damage):
    first, rows = classify(), labels(out)
    asked = len(installation.asked)
    for pattern in REBUILT:
        path = max(out.glob(pattern))
        path.unlink() if DAMAGES[damage] is None else path.write_bytes(DAMAGES[damage](path.read_bytes()))
        again = classify()
        assert {**again, "seconds": 0} == {**first, "seconds": 0}, pattern
        timeless = [{name: value for name, value in row.items() if name != "classified_at"} for row in labels(out)]
        assert timeless == [{name: value for name, value in row.items() if name != "classified_at"} for row in rows], pattern
        assert len(installation.asked) == asked, pattern


def test_files_of_another_shard_are_not_taken_for_the_shards_own(classify, out, installation):
    first, rows = classify(), labels(out)
    asked = len(installation.asked)
    for pattern in ("conversations/week=*/shard=000%d.parquet", "landed/*/*/shard=000%d.parquet"):
        ((zero,), (one,)) = ((out / "lake").glob(pattern % shard) for shard in (0, 1))
        one.write_bytes(zero.read_bytes())
        assert {**classify(), "seconds": 0} == {**first, "seconds": 0}, pattern
    assert [row["conversation_id"] for row in labels(out)] == [row["conversation_id"] for row in rows]
    assert len(installation.asked) == asked


def test_of_a_damaged_journal_only_what_is_lost_is_asked_again(classify, out, installation):
    classify()
    asked = len(installation.asked)
    segment = max((out / "lake" / "journal").glob("*.parquet"), key=lambda path: path.stat().st_size)
    data = bytearray(segment.read_bytes())
    data[len(data) // 4] ^= 1
    segment.write_bytes(data)
    again = classify()
    assert (again["landed"], again["by_status"], again["damaged_segments"]) == (24, {"success": 24}, 1)
    assert 0 < len(installation.asked) - asked < 24
    assert (out / "lake" / "journal" / "damaged" / segment.name).read_bytes() == bytes(data)


@pytest.mark.parametrize("document", ["run.json", "strategy/shard=0001.json", "lanes.json"])
def test_a_document_that_decides_is_named_with_what_to_do(classify, out, document):
    request = {"lane": "auto", "combine": True} if document != "run.json" else {}
    classify(**request)
    (path,) = out.glob(f"lake/runs/*/*/{document}")
    path.write_bytes(DAMAGES["flip"](path.read_bytes()))
    with pytest.raises(DamagedFileError, match=f"{document}: is damaged: .*; remove it and run the step again"):
        classify(**request)
    path.unlink()
    assert classify(**request)["landed"] == 24


def test_after_an_erasure_the_same_command_ends_well_and_brings_nobody_back(classify, out, installation, tmp_path):
    first = classify()
    (tmp_path / "ids.txt").write_text("c3")
    settings = installation.settings
    receipt = forget_conversations(str(tmp_path / "ids.txt"), settings=settings, dry_run=False, out=str(out))
    assert (receipt["state"], receipt["not_found"], receipt["remaining"]) == ("done", 0, [])
    asked = len(installation.asked)
    for run_id in ("r1", "r1", "r2"):
        again = classify(run_id)
        assert (again["sampled"], again["landed"], again["by_status"]) == (11, 22, {"success": 22})
        assert "c3" not in {row["conversation_id"] for row in labels(out)}
    assert len(installation.asked) == asked
    assert first["sampled"] == 12


def test_an_erasure_waits_until_the_folder_is_free(classify, out, installation, tmp_path):
    classify()
    (tmp_path / "ids.txt").write_text("c3")
    with (
        lock_folder(out, "semtel classify, run r1", clock=ManualClock()),
        pytest.raises(StoreError, match="in use by semtel classify, run r1"),
    ):
        forget_conversations(str(tmp_path / "ids.txt"), settings=installation.settings, dry_run=False, out=str(out))
