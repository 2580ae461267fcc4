"""Damage of every kind of file of a finished week: it is named with what to do, or made good without a question asked twice.

Each row of the table is a kind of file, each column a damage. A cell says what the steps that read the file do:

- `named`: the first of them fails; its message begins with the file and says what to do.
- `rewritten`: the file is written again, and the rows are as before.
- `asked`: as `rewritten`, after asking for the replies that are lost, and no others.
- `absent`: the file describes a run and decides nothing; it counts as absent, and the rows are as before.
- `accepted`: a sound file from another time that nothing contradicts: what a person put there on purpose looks the same.

A file of the layout without a row fails a test.
"""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from semtel_ops.errors import SemtelError, StoreError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import Resources
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.steps.alert import alert_run
from semtel_ops.steps.align_compare import compare_labellers
from semtel_ops.steps.bridge import build_bridge
from semtel_ops.steps.close import close_run
from semtel_ops.steps.extract import extract_part
from semtel_ops.steps.gather import gather_run
from semtel_ops.steps.land_shards import land_shards
from semtel_ops.steps.publish import publish_run
from semtel_ops.steps.report import report_run
from semtel_ops.steps.route import route_shards
from semtel_ops.steps.sample import sample_week
from semtel_ops.steps.validate import validate_run
from semtel_ops.store.files import exists, read_document, read_json, write_json
from semtel_ops.store.forgotten import Forgotten, remember
from semtel_ops.store.lake_kinds import FOLDERS
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.parquet import read_rows, write_table
from semtel_ops.store.rooted import decode
from semtel_ops.store.seal import without_seal
from semtel_ops.testing.scripted_client import ScriptedClient
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.alignments import align, write_chats, write_entries
from tests.support.published_week import publish_week, week_settings, write_endpoints
from tests.support.quoting_lake import QuotingLake, quote
from tests.support.two_labellers import FIRST, NEXT, A, B, FirstWeek, TwoWeeks

pytestmark = pytest.mark.slow


WEEK = "2026-W44"  # with shared requests, so that all files of a run are there
OTHER = "2026-W46"
RUN = f"week={WEEK}/run=first"
DAMAGES = ("flip", "cut", "delete", "foreign", "older")

TABLE = {
    # file: (readers, flip, cut, delete, foreign, older)
    f"staged/{RUN}/part=0000.parquet": ("sample", "named", "named", "named", "named", "named"),
    f"conversations/week={WEEK}/shard=0000.parquet": ("land", "named", "named", "named", "named", "named"),
    f"prepared/{RUN}/shard=0000.parquet": ("land", *["rewritten"] * 5),
    f"landed/{RUN}/shard=0000.parquet": ("gather report publish", *["named"] * 5),
    f"labels/{RUN}/shard=0000.parquet": ("publish", *["rewritten"] * 5),
    f"labels/week={WEEK}/_published.json": ("publish", *["rewritten"] * 5),
    "journal/00-7f.*.parquet": ("land", *["asked"] * 5),
    f"runs/{RUN}/run.json": ("land gather publish report", "named", "named", "named", "named", "accepted"),
    f"runs/{RUN}/parts.json": ("extract", "named", "named", "named", "named", "accepted"),
    f"runs/{RUN}/sample.json": ("land gather", *["named"] * 5),
    f"runs/{RUN}/lanes.json": ("gather report", "named", "named", "absent", "named", "accepted"),
    f"runs/{RUN}/totals.json": ("publish close", *["named"] * 5),
    f"runs/{RUN}/quality.json": ("publish", "named", "named", "named", "named", "accepted"),
    f"runs/{RUN}/strategy/shard=0000.json": ("gather", "named", "named", "absent", "named", "accepted"),
    f"runs/{RUN}/limits/shard=0000.json": ("land alert", *["absent"] * 4, "accepted"),
    f"runs/{RUN}/refusals/shard=0000.json": ("land gather", *["absent"] * 4, "accepted"),
    f"quarantine/{RUN}/sample.jsonl": ("gather report", "accepted", "accepted", "absent", "accepted", "accepted"),
    f"reports/{RUN}/report.html": ("report", *["rewritten"] * 5),
    f"reports/week={WEEK}/report.html": ("report", *["rewritten"] * 5),
    "ledger.db": ("close", *["named"] * 5),
}
ELSEWHERE = {
    "batches": "tests/semtel_ops/batch/test_submission.py: input and keys of a job",
    "forgotten": "test_the_list_of_forgotten_ids_is_never_ignored",
    "publishing": "tests/semtel_ops/store/test_publication.py: copies on their way, removed once they are shown",
    "experiments": "lakes of their own, with the same files",
}
"""Kinds that a finished week does not have, and where their damage is tested."""


LABELLERS_TABLE = {
    # Of a week with a bridge, and of an alignment; the step that writes a file is named as it is called there.
    f"lake/runs/week={NEXT}/run=weekly-{NEXT}/bridge.json": ("gather validate publish", *["named"] * 4, "accepted"),
    f"lake/runs/week={NEXT}/run=weekly-{NEXT}/bridge.json ": ("bridge", *["rewritten"] * 5),
    "lake/experiments/bridge-*/lake/runs/set.json": ("bridge", "named", "named", "rewritten", "named", "accepted"),
    "a1/lake/runs/set.json": ("compare", *["named"] * 3, "accepted", "accepted"),
    "a1/plan.json": ("compare", *["named"] * 3, "accepted", "accepted"),
    "a1/alignment.json": ("compare", "named", "named", "rewritten", "accepted", "accepted"),
}
"""As `TABLE`, for files that a finished week does not have. A space tells two rows of a file apart."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished weeks."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        _use(patch, folder)
        lake = QuotingLake(folder)
        for week in (OTHER, WEEK):
            lake.run_week(week)
            limits = Lake(f"{folder}/lake").run(week, "first").limits(0)
            if not exists(limits):  # none were changed
                write_json(limits, {"endpoints": [], "changes": []})
    return folder


def _use(patch: pytest.MonkeyPatch, folder: Path) -> None:
    patch.setenv("SEMTEL_LAKE", f"{folder}/lake")
    patch.setenv("DATABASE_URL", f"sqlite:///{folder}/lake/ledger.db")


class Work:
    """The steps of the week, each as Airflow calls it."""

    def __init__(self, folder: Path) -> None:
        self.quoting = QuotingLake(folder)
        self.quoting.request(WEEK)
        self.lake = Lake(f"{folder}/lake")
        self.run = self.lake.run(WEEK, "first").plan
        self.clients: list[ScriptedClient] = []
        self.parts: list[Any] = []

    @property
    def asked(self) -> int:
        return sum(len(client.asked) for client in self.clients)

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The label rows, in an order of their own."""
        found = [row for path in sorted(Path(self.lake.path("landed", RUN)).glob("*.parquet")) for row in read_rows(str(path))]
        return sorted((row["conversation_id"], row["classifier"], row["status"], row["labels"]) for row in found)

    def extract(self) -> list[Any]:
        parts = read_document(RunPlan.load(self.run).folder.parts, step="plan")["parts"]
        return [extract_part(part) for part in decode(parts, self.lake.root)]

    def sample(self) -> None:
        sample_week(self.parts)

    def land(self) -> None:
        sample = read_document(RunPlan.load(self.run).folder.sample, step="sample")
        resources = Resources(make_chat_client=self._client, make_batch_client=lambda _: self.quoting.provider)
        list(land_shards(route_shards(decode(sample["shards"], self.lake.root)), resources=resources))

    def _client(self, endpoint: Any) -> ScriptedClient:
        self.clients.append(ScriptedClient(quote, endpoint))
        return self.clients[-1]

    def gather(self) -> None:
        gather_run(self.run, None)

    def publish(self) -> None:
        publish_run(self.run)

    def report(self) -> None:
        report_run(self.run)

    def alert(self) -> None:
        alert_run(self.run)

    def close(self) -> None:
        close_run(self.run)


def _foreign(path: Path) -> bytes:
    """A sound file of the same kind: of another shard, of another week, or of another program."""
    if path.suffix == ".db":
        other = path.with_name("other.db")
        with sqlite3.connect(other) as connection:
            connection.execute("create table run (other)")
        connection.close()
        return other.read_bytes()
    if path.parent.name == "journal":
        return next(path.parent.glob("80-ff.*")).read_bytes()
    if path.suffix == ".parquet" and path.parent.name != "run=first":
        return path.with_name("shard=0001.parquet").read_bytes()
    there = Path(str(path).replace(WEEK, OTHER))
    if not there.exists():
        write_json(str(there), read_json(str(path)) if path.suffix == ".json" else {})
    if not there.exists() or path.suffix == ".parquet":
        write_table(str(there), pq.read_table(path))
    return there.read_bytes()


def _make_older(path: Path) -> None:
    """A sound file of the same place with less in it."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        write_table(str(path), table.slice(1).cast(without_seal(table.schema)))
    elif path.suffix == ".json":
        older = read_json(str(path))
        for name in ("sampled", "landed_rows"):
            if name in older:
                older[name] -= 1
        if "shards" in older and isinstance(older["shards"], list):
            older["shards"][0]["conversations"] -= 1
        write_json(str(path), older)
    elif path.suffix == ".db":
        with sqlite3.connect(path) as connection:
            connection.execute("update run set state = 'validated'")
        connection.close()
    else:
        path.write_bytes(path.read_bytes() + b"\n")


def _damage(path: Path, damage: str) -> None:
    data = path.read_bytes()
    if damage == "flip":
        for at in (0, len(data) // 3):  # in SQLite: the header, and a page
            data = data[:at] + bytes([data[at] ^ 2]) + data[at + 1 :]
        path.write_bytes(data)
    elif damage == "cut":
        path.write_bytes(data[: len(data) * 2 // 3])
    elif damage == "delete":
        path.unlink()
    elif damage == "foreign":
        path.write_bytes(_foreign(path))
    else:
        _make_older(path)


def _outcome(work: "Work | Relabelling", path: Path, readers: str, caplog: pytest.LogCaptureFixture) -> str:
    """What became of a damaged file, in the words of the table."""
    before = path.read_bytes() if path.exists() else None
    caplog.clear()
    for reader in readers.split():
        try:
            getattr(work, reader)()
        except SemtelError as error:
            message = str(error)
            # Of a removed file, it may say only which step of which run has not run.
            assert str(path) in message or WEEK in message or str(path.parents[2]) in message, f"{reader}: {message}"
            assert re.search(r"clear|run |restore|remove|set DATABASE_URL|align in another folder|plan it", message), (
                f"{reader}: no fix: {message}"
            )
            return "named"
    if work.asked:
        return "asked"
    after = path.read_bytes() if path.exists() else None
    if after != before and after is not None:
        return "rewritten"
    return "absent" if before is None or str(path) in caplog.text else "accepted"


@pytest.mark.parametrize("pattern", TABLE)
def test_damage_is_named_or_made_good(
    finished: Path, tmp_path: Path, pattern: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    readers, *expected = TABLE[pattern]
    found = []
    rows = Work(finished).rows
    for damage in DAMAGES:
        folder = tmp_path / damage
        shutil.copytree(finished, folder, ignore=shutil.ignore_patterns("data_docs"))
        _use(monkeypatch, folder)
        work = Work(folder)
        if pattern.startswith("staged"):  # removed when the sample is drawn
            Path(work.lake.run(WEEK, "first").sample).unlink()
            work.parts = work.extract()
        (path,) = (folder / "lake").glob(pattern)
        _damage(path, damage)
        found.append(_outcome(work, path, readers, caplog))
        if found[-1] != "named":
            assert work.rows == rows, damage
    assert found == expected


@pytest.fixture(scope="module")
def relabelled(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> Iterator[FirstWeek]:
    """A week by another labeller than the week before, with its bridge, and an alignment of two models."""
    folder = tmp_path_factory.mktemp("relabelled")
    models = {A: {}, B: {}}
    with (
        simulated_endpoint(SimulatorConfig.model_validate({"models": models})) as endpoint,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("DATABASE_URL", f"sqlite:///{folder}/ledger.db")
        settings = week_settings(folder, endpoint.base_url, project_root / "include", model=A)
        publish_week(folder, settings, conversations=20)
        weeks = TwoWeeks(folder, endpoint, settings)
        weeks.adopt()
        publish_week(folder, settings, week=NEXT, conversations=20, day="25")
        write_entries(folder, endpoint.base_url, {"now": A, "new": B})
        write_chats(folder, 20)
        align(folder, settings)
        write_endpoints(folder, endpoint.base_url, model=B)
        yield FirstWeek(folder, endpoint, project_root / "include")


class Relabelling:
    """The steps of that week and of the alignment."""

    def __init__(self, world: FirstWeek, folder: Path) -> None:
        self.folder, self.endpoint, self.run = folder, world.endpoint, Lake(f"{folder}/lake").run(NEXT, f"weekly-{NEXT}").plan
        self.endpoint.clear_stats()

    @property
    def asked(self) -> int:
        return sum(self.endpoint.stats()["by_path"].get("chat/completions", {}).values())

    @property
    def said(self) -> tuple[Any, Any]:
        """What bridge and alignment found, however long it took."""
        bridge = read_json(RunPlan.load(self.run).folder.bridge)
        compared = read_json(f"{self.folder}/a1/alignment.json")
        return {**bridge, "seconds": 0}, {**compared, "measured_at": ""}

    def bridge(self) -> None:
        build_bridge(self.run)

    def gather(self) -> None:
        gather_run(self.run, None)

    def validate(self) -> None:
        validate_run(self.run)

    def publish(self) -> None:
        publish_run(self.run)

    def compare(self) -> None:
        with open_ledger(f"sqlite:///{self.folder}/ledger.db") as ledger:
            compare_labellers(f"{self.folder}/a1/plan.json", ledger=ledger)


@pytest.mark.parametrize("pattern", LABELLERS_TABLE)
def test_damage_of_what_tells_labellers_apart_is_named_or_made_good(
    relabelled: FirstWeek, tmp_path: Path, pattern: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    readers, *expected = LABELLERS_TABLE[pattern]
    said = Relabelling(relabelled, relabelled.folder).said
    found = []
    for damage in DAMAGES:
        folder = tmp_path / damage
        shutil.copytree(relabelled.folder, folder, ignore=shutil.ignore_patterns("data_docs"))
        week_settings(folder, relabelled.endpoint.base_url, relabelled.include, model=B)
        monkeypatch.setenv("SEMTEL_LAKE", f"{folder}/lake")
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/ledger.db")
        work = Relabelling(relabelled, folder)
        (path,) = folder.glob(pattern.strip())
        if damage == "foreign":
            elsewhere = path.parents[2].name if path.match("bridge-*/lake/runs/set.json") else NEXT
            there = Path(str(path).replace(elsewhere, FIRST if elsewhere == NEXT else "another"))
            if there == path:
                there = folder / "another" / path.name
            write_json(str(there), read_json(str(path)))
            path.write_bytes(there.read_bytes())
        else:
            _damage(path, damage)
        found.append(_outcome(work, path, readers, caplog))
        if found[-1] != "named":
            assert work.said == said, damage
    assert found == expected


def _kind(path: str) -> str:
    return re.sub(r"(week|run|shard|part)=[^/.]+", r"\1=*", path)


def test_every_file_of_a_finished_week_has_a_row(finished: Path) -> None:
    root = finished / "lake"
    rows = {_kind(pattern) for pattern in TABLE}
    left = {
        _kind(str(path.relative_to(root)))
        for path in root.rglob("*")
        if path.is_file()
        and "data_docs" not in path.parts
        and path.parent.name != "journal"
        and not path.name.endswith(".lock")
    }
    assert left <= rows, "add a row to TABLE"
    folders = {pattern.split("/")[0] for pattern in TABLE if "/" in pattern}
    assert FOLDERS.keys() == folders | ELSEWHERE.keys(), "add rows for a new kind of files"


@pytest.mark.parametrize("damage", ["flip", "cut", "delete", "foreign"])
@pytest.mark.parametrize("name", ["salt.json", "ids/*.parquet"])
def test_the_list_of_forgotten_ids_is_never_ignored(tmp_path: Path, name: str, damage: str) -> None:
    lake, other = Lake(f"{tmp_path}/lake"), Lake(f"{tmp_path}/other")
    remember(lake, ["c1"])
    remember(other, ["c2"])
    (path,) = Path(lake.forgotten("")).glob(name)
    if damage == "foreign":
        (there,) = Path(other.forgotten("")).glob(name)
        path.write_bytes(there.read_bytes())
    else:
        _damage(path, damage)
    if (name, damage) == ("ids/*.parquet", "delete"):
        assert not Forgotten(lake), "a request without its list was never made"
        return
    for reader in (lambda: Forgotten(lake), lambda: remember(lake, ["c3"])):
        with pytest.raises(StoreError, match="restore it from a backup"):
            reader()
