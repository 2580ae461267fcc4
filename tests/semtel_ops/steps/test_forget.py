"""A person's conversations leave everything that weeks of work have made of them, and nothing brings them back."""

import io
import json
import os
import shutil
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from semtel_ops.batch.job_file import Target, default_caps, write_job_files
from semtel_ops.classifiers import load_classifiers
from semtel_ops.conversations.model import Role, Turn
from semtel_ops.endpoints.dialect import Dialect
from semtel_ops.errors import ReconciliationError, StoreError
from semtel_ops.packing import Packer, PreparedConversation
from semtel_ops.runs.documents import ForgetReceipt
from semtel_ops.runs.resources import endpoints_of
from semtel_ops.settings import Settings, StrategyConfig
from semtel_ops.steps import forget
from semtel_ops.steps.extract import extract_part
from semtel_ops.steps.forget import forget_conversations
from semtel_ops.steps.gather import gather_run
from semtel_ops.steps.gold_draw import draw_gold
from semtel_ops.steps.plan import list_parts, plan_run
from semtel_ops.steps.publish import publish_run
from semtel_ops.steps.report import report_run
from semtel_ops.steps.validate import validate_run
from semtel_ops.store.batch_ledger import BatchLedger
from semtel_ops.store.files import read_json
from semtel_ops.store.folder_lock import lock_folder
from semtel_ops.store.forgotten import read_forgotten
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_rows import GoldLabel
from semtel_ops.store.label_rows import replace_week
from semtel_ops.store.lake_kinds import KINDS
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import RunState
from semtel_ops.store.parquet import atomic_parquet
from semtel_ops.store.seal import open_verified
from semtel_ops.store.tables import LABELS
from semtel_ops.testing.batch_provider import BatchProvider
from semtel_ops.testing.landed import make_landed_rows, write_landed
from semtel_ops.testing.manual_clock import ManualClock
from tests.support.batch_jobs import make_job
from tests.support.gold import publish_week, settings_of
from tests.support.killing import killed_at_each_change
from tests.support.quoting_lake import CANARIES, CANARY, WEEKS, QuotingLake, places_with
from tests.support.shards import make_plan, write_endpoints

pytestmark = pytest.mark.slow

LABELLED_AT = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three weeks and an experiment: shared and graded requests, batches, plain requests."""
    folder = tmp_path_factory.mktemp("worked")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEMTEL_LAKE", f"{folder}/lake")
        patch.setenv("DATABASE_URL", f"sqlite:///{folder}/lake/ledger.db")
        lake = QuotingLake(folder)
        for week in WEEKS:
            lake.run_week(week)
        lake.run_experiment()
    (folder / "ids.txt").write_text("\n".join([*CANARIES, f"{CANARY}-conflict", "nobody"]))
    return folder


@pytest.fixture
def lake(worked: Path, monkeypatch: pytest.MonkeyPatch) -> QuotingLake:
    monkeypatch.setenv("SEMTEL_LAKE", f"{worked}/lake")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{worked}/lake/ledger.db")
    return QuotingLake(worked)


@pytest.fixture
def small(worked: Path, tmp_path: Path) -> QuotingLake:
    """A copy of one week, with the journal of all, for tests that forget more than once."""
    shutil.copytree(
        worked, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("experiments", "week=2026-W45", "week=2026-W46")
    )
    return QuotingLake(tmp_path)


def erase(lake: QuotingLake, *, dry_run: bool = False, **options: object) -> ForgetReceipt:
    return forget_conversations(str(lake.folder / "ids.txt"), settings=lake.settings, dry_run=dry_run, **options)


def state_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and "ledger.db-" not in path.name}


def shares(lake: QuotingLake) -> list[object]:
    with open_ledger(lake.settings.database_url.get_secret_value()) as ledger:
        return list(ledger.weekly_shares(list(WEEKS)))


def counted(receipt: ForgetReceipt) -> dict[str, tuple[int, int]]:
    return {place["place"]: (place["files"], place["rows"]) for place in receipt["places"]}


def test_killed_before_or_after_any_change_it_goes_on_and_the_receipt_counts_everything_once(
    small: QuotingLake, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tmp_path_factory.mktemp("whole")
    shutil.copytree(small.folder, whole, dirs_exist_ok=True)
    wanted = erase(QuotingLake(whole))

    class Killed(BaseException):
        pass

    real, calls, limit = forget._Erasure._apply, [0], [0]

    def apply(self: object, file: object, *, go: bool) -> object:
        if not go:
            return real(self, file, go=go)
        calls[0] += 1
        if calls[0] == limit[0]:
            raise Killed  # before the change
        done = real(self, file, go=go)
        calls[0] += 1
        if calls[0] == limit[0]:
            raise Killed  # after it, before the receipt says so
        return done

    monkeypatch.setattr(forget._Erasure, "_apply", apply)
    kills = 0
    while True:
        calls[0], limit[0] = 0, 2 if kills % 2 else 1  # each attempt gets a step further, or a whole file
        try:
            receipt = erase(small)
            break
        except Killed:
            kills += 1
    assert kills > 20
    assert counted(receipt) == counted(wanted)
    assert receipt["cost_usd"] == pytest.approx(wanted["cost_usd"])
    assert receipt["not_found"] == wanted["not_found"] == 1, "nobody"
    assert receipt["state"] == wanted["state"] == "done"
    assert places_with(small.folder / "lake", CANARY) == []


def test_a_dry_run_counts_the_same_and_changes_nothing(small: QuotingLake) -> None:
    before = state_of(small.folder / "lake")
    dry = erase(small, dry_run=True)
    assert state_of(small.folder / "lake") == before
    done = erase(small)
    assert counted(dry) == counted(done)
    assert dry["cost_usd"] == done["cost_usd"] > 0, "requests with others would be asked again"
    again = state_of(small.folder / "lake" / "journal")
    assert counted(erase(small)) == counted(done), "a second time removes nothing more"
    assert state_of(small.folder / "lake" / "journal") == again


def test_while_a_run_is_at_work_nothing_is_erased_but_nothing_reads_the_ids_any_more(
    small: QuotingLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", small.settings.database_url.get_secret_value())
    run = plan_run(small.request("2026-W46"), run_id="next", settings=small.settings)
    with pytest.raises(StoreError, match=r"next \(week 2026-W46, planned\).*--despite-unfinished"):
        erase(small)
    assert places_with(small.folder / "lake" / "conversations", CANARY)
    part = extract_part(list_parts(run)[0])
    assert part["forgotten"] == len(CANARIES) + 2
    assert part["read"] == part["forgotten"] + part["staged_rows"]
    assert erase(small, despite_unfinished=True)["state"] == "done"


def test_damaged_segments_that_may_quote_a_person_go_and_others_stay(small: QuotingLake) -> None:
    damaged = small.folder / "lake" / "journal" / "damaged"
    damaged.mkdir()
    names = {f"{name}.1790000000000.abcd.parquet" for name in ("00-7f", "80-ff")}
    for name in names:
        (damaged / name).write_bytes(CANARY.encode())
    (small.folder / "ids.txt").write_text(CANARIES[0])
    receipt = erase(small)
    assert receipt["state"] == "done"
    (left,) = (path.name for path in damaged.iterdir())
    assert receipt["damaged_segments"] == [f"journal/damaged/{name}" for name in names - {left}]
    assert counted(erase(small)) == counted(receipt)


def test_every_file_is_sealed_as_before_and_in_its_place(small: QuotingLake) -> None:
    root = small.folder / "lake"
    lines = root / "reports"  # pages have no checksums
    erase(small)
    files = [path for path in root.rglob("*") if path.suffix in {".parquet", ".json"} and not path.is_relative_to(lines)]
    assert len(files) > 20
    for path in files:
        if path.suffix == ".json":
            read_json(str(path))
        else:
            with open_verified(str(path)) as opened:
                assert opened.sealed, path


def test_two_erasures_at_once_do_not_meet(small: QuotingLake) -> None:
    with lock_folder(small.folder / "lake" / "forgotten", "semtel lake clean", clock=ManualClock()):
        with pytest.raises(StoreError, match="in use by semtel lake clean, process"):
            erase(small)
        assert erase(small, dry_run=True)["state"] == "dry_run"


def test_what_cannot_be_read_is_named_and_the_rest_is_erased(small: QuotingLake) -> None:
    lake = small.folder / "lake"
    damaged = lake / "prepared" / "week=2026-W44" / "run=first" / "shard=0000.parquet"
    damaged.write_bytes(b"PAR1 damaged")
    (lake / "notes.txt").write_text("of somebody")
    left = lake / "landed" / "week=2026-W44" / "run=first" / ".shard=0000.parquet.7-ab.tmp"
    left.write_text(CANARY)
    os.utime(left, (0, 0))
    receipt = erase(small)
    assert receipt["state"] == "incomplete"
    assert [line.split(":")[0] for line in receipt["remaining"]] == [
        "prepared/week=2026-W44/run=first/shard=0000.parquet",
        "notes.txt",
    ]
    damaged.unlink()
    assert places_with(lake, CANARY) == []


def test_no_byte_of_a_forgotten_conversation_is_left_and_published_shares_stay(lake: QuotingLake) -> None:
    root = lake.folder / "lake"
    found = places_with(root, CANARY)
    kinds = {path.split("/")[0] for path in found}
    assert kinds >= {"journal", "prepared", "landed", "labels", "quarantine", "runs", "reports", "conversations", "experiments"}
    assert "ledger.db" in {path.split("-")[0] for path in found}
    published = shares(lake)
    receipt = erase(lake)
    assert receipt["state"] == "done"
    assert receipt["remaining"] == []
    assert places_with(root, CANARY) == []
    assert shares(lake) == published
    places = counted(receipt)
    assert places.keys() >= {"journal", "landed", "labels", "table label", "texts of the ledger", "runs", "reports"}
    assert places.keys() <= {kind.folder for kind in KINDS} | {"table label", "texts of the ledger"}
    rows = len(WEEKS) * len(CANARIES) * 2
    assert places["table label"] == (0, rows)
    assert places["labels"][1] == rows
    assert CANARY not in json.dumps(receipt)


def test_afterwards_every_step_of_its_runs_still_works_and_no_run_brings_them_back(lake: QuotingLake) -> None:
    week, root = "2026-W46", lake.folder / "lake"
    erase(lake)
    published, run = shares(lake), Lake(str(root)).run(week, "first")
    sample = read_json(run.sample)
    assert (sample["erased"], sample["sampled"]) == (3, 9)
    assert sum(shard["conversations"] for shard in sample["shards"]) == 9
    assert publish_run(run.plan)["kept"]
    before = Path(run.report).read_bytes()
    report_run(run.plan)
    assert Path(run.report).read_bytes() == before
    assert shares(lake) == published
    # A run that was not published yet is counted and judged again, and then published.
    url = Lake(str(root)).run("2026-W45", "first").plan
    with open_ledger(lake.settings.database_url.get_secret_value()) as ledger:
        ledger.save_run("2026-W45", "first", state=RunState.VALIDATED)
    with pytest.raises(ReconciliationError, match="forgotten since its 24 rows were counted, 18 are left"):
        publish_run(url)
    assert gather_run(url, None)["landed_rows"] == 18
    validate_run(url)
    assert publish_run(url)["rows"] == 18
    asked = lake.run_week(week, "second")
    assert (asked["sampled"], asked["landed_rows"]) == (9, 18)
    assert read_json(Lake(str(root)).run(week, "second").sample)["forgotten"] == 5
    lake.run_experiment()
    assert places_with(root, CANARY) == []


@pytest.mark.parametrize("reachable", [True, False])
def test_files_of_a_batch_job_are_deleted_at_the_provider_or_named(tmp_path: Path, reachable: bool) -> None:
    settings = Settings(
        lake=f"{tmp_path}/lake", database_url=f"sqlite:///{tmp_path}/ledger.db", endpoints=f"{tmp_path}/endpoints.yaml"
    )
    write_endpoints(tmp_path, "east" if reachable else "west", lanes=("batch",))
    plan = make_plan(tmp_path)
    member = PreparedConversation("c1", "0" * 32, 1.0, (Turn(Role.USER, "hello"),))
    request = next(Packer(load_classifiers(plan.prompts, ["topic"]), StrategyConfig(), plan.prompts).plans([member]))
    provider = BatchProvider(endpoints_of(plan)[0])
    target = Target(provider.endpoint, Dialect(), default_caps(provider.endpoint))
    (file,) = write_job_files([request], [target], plan.folder.batches(0))
    remote = provider.upload(io.BytesIO(b"hello"), "input.jsonl")
    with open_ledger(settings.database_url.get_secret_value()) as ledger:
        job = make_job(endpoint="east", keys_url=file.keys_url, input_url=file.url, input_file_id=remote.id)
        BatchLedger(ledger, "t").add([job], known=0)
    (tmp_path / "ids.txt").write_text("c1")
    receipt = forget_conversations(
        str(tmp_path / "ids.txt"), settings=settings, dry_run=False, make_batch_client=lambda _: provider
    )
    assert [(entry["file_id"], entry["deleted"]) for entry in receipt["provider_files"]] == [(remote.id, reachable)]
    assert receipt["state"] == ("done" if reachable else "incomplete")
    assert (remote.id in provider.stored_files) == (not reachable)
    assert not Path(file.url).exists()


def test_a_lake_on_an_object_store_is_gone_through_in_the_same_way(tmp_path: Path) -> None:
    lake = Lake("memory://forget/lake")
    rows = make_landed_rows(conversations=4)
    write_landed(lake, rows)
    (tmp_path / "ids.txt").write_text(rows[0]["conversation_id"])
    settings = Settings(lake=lake.root, database_url=f"sqlite:///{tmp_path}/ledger.db")
    receipt = forget_conversations(str(tmp_path / "ids.txt"), settings=settings, dry_run=False)
    assert receipt["state"] == "done"
    assert sum(rows for _, rows in counted(receipt).values()) == 5
    assert rows[0]["conversation_id"] in read_forgotten(lake)


def test_a_folder_of_classify_has_a_list_of_its_own(tmp_path: Path) -> None:
    out = tmp_path / "out"
    rows = make_landed_rows(conversations=4)
    write_landed(Lake(f"{out}/lake"), rows)
    with atomic_parquet(f"{out}/labels/shard-0000.parquet", LABELS) as sink:
        sink.write(rows)
    (tmp_path / "ids.txt").write_text(rows[0]["conversation_id"])
    receipt = forget_conversations(str(tmp_path / "ids.txt"), settings=Settings(lake="elsewhere"), dry_run=False, out=str(out))
    assert receipt["state"] == "done"
    assert places_with(out, f"'{rows[0]['conversation_id']}'") == []
    assert {name: found for name, (_, found) in counted(receipt).items()} == {"landed": 5, "labels": 5}
    assert (out / "lake" / "forgotten").is_dir()


def _erase_in(folder: str) -> None:
    settings = Settings(lake=f"{folder}/lake", database_url=f"sqlite:///{folder}/ledger.db")
    forget_conversations(f"{folder}/ids.txt", settings=settings, dry_run=False)


def test_killed_for_real_before_any_change_of_a_file_or_the_ledger_it_goes_on(tmp_path: Path, ledger_url: str) -> None:
    rows = make_landed_rows(conversations=2)
    gone, url = rows[0]["conversation_id"], f"sqlite:///{tmp_path}/ledger.db"

    def restore() -> None:
        shutil.rmtree(tmp_path / "lake", ignore_errors=True)
        write_landed(Lake(f"{tmp_path}/lake"), rows)
        (tmp_path / "ids.txt").write_text(gone)
        with open_ledger(url) as ledger, ledger.write() as connection:
            replace_week(connection, rows[0]["week"], list(map(str, (tmp_path / "lake").rglob("*.parquet"))))

    actions = []
    for action in killed_at_each_change(partial(_erase_in, str(tmp_path)), before=restore):
        actions.append(action)
        _erase_in(str(tmp_path))
        assert [name for name in places_with(tmp_path / "lake", f"'{gone}'") if not name.endswith(".tmp")] == []
        (receipt,) = (read_json(str(path)) for path in (tmp_path / "lake" / "forgotten" / "receipts").glob("[!.]*"))
        mine = sum(row["conversation_id"] == gone for row in rows)
        assert counted(receipt)["landed"][1] == mine
        assert all(".tmp: is being written, or was until now" in line for line in receipt["remaining"])
    assert len(actions) > 5


def test_what_people_said_about_a_forgotten_conversation_goes_with_it(tmp_path: Path, ledger_url: str) -> None:
    publish_week(tmp_path, conversations=20)
    settings = settings_of(tmp_path)
    draw = draw_gold("2026-W47", settings=settings, by="ada", size=20, classifiers=["topic"])["draw"]
    with open_ledger(ledger_url) as ledger:
        GoldLedger(ledger).save_labels(
            [GoldLabel(draw, f"c{at:06d}", "topic", "ada", "health", None, False, "page", None, LABELLED_AT) for at in (3, 4)]
        )
    (tmp_path / "ids.txt").write_text("c000003")
    receipt = forget_conversations(f"{tmp_path}/ids.txt", settings=settings, dry_run=False)
    assert (receipt["state"], receipt["remaining"]) == ("done", [])
    assert counted(receipt)["tables of gold"] == (0, 3), "the drawn conversation, the model's answer and the label"
    with open_ledger(ledger_url) as ledger:
        gold = GoldLedger(ledger)
        assert gold.item(draw, "c000003") is None
        assert [one.conversation_id for one in gold.labels_of(draw, "topic")] == ["c000004"]
    assert b"c000003" not in (tmp_path / "ledger.db").read_bytes()
