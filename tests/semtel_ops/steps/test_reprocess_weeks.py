"""A week that is labelled again: what is asked, what is carried over, who said so, and that nothing of either run is lost."""

import html
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from semtel_ops.errors import QualityGateError
from semtel_ops.extensions import QUALITY_CHECKS
from semtel_ops.runs.progress import LogProgress
from semtel_ops.runs.resources import Resources
from semtel_ops.settings import Settings
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.steps.close import close_run
from semtel_ops.steps.land_shards import land_shards
from semtel_ops.steps.reprocess import gather_week, plan_reprocess, runs_of
from semtel_ops.steps.reprocess_weeks import reprocess_weeks
from semtel_ops.steps.route import route_shards
from semtel_ops.steps.week import ingest_week, run_week
from semtel_ops.store.lane_ledger import LaneLedger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import RunKind, RunState
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.template import Template

pytestmark = pytest.mark.slow

WEEK = "2026-W40"
CONVERSATIONS = 40  # the gate judges shares of 30 rows and more
ROWS = CONVERSATIONS * 2
REASON = "it <b>failed</b> | [x](http://y)"
OFF = ", ".join(f"{check}: {{severity: 'off'}}" for check in sorted({*QUALITY_CHECKS.names()} - {"non_success_share"}))
"""Checks that no test here is about: each costs time in every run."""
REQUEST = {"week": WEEK, "reason": REASON, "dry_run": False}


@pytest.fixture(scope="module")
def endpoint():
    with simulated_endpoint(SimulatorConfig()) as running:
        yield running


class Installation:
    """A lake, a ledger and one endpoint, with a week to label."""

    def __init__(self, folder: Path, endpoint, include: Path):
        self.folder, self.endpoint = folder, endpoint
        self.settings = Settings(
            lake=str(folder / "lake"),
            pipeline=str(folder / "pipeline.yaml"),
            endpoints=str(folder / "endpoints.yaml"),
            include=str(include),
            database_url=f"sqlite:///{folder}/ledger.db",
        )
        self.asked = []
        self.answer = {"chosen_options": ["Approve"], "responded_by_user": {"id": "7", "name": "grace"}}

    def configure(self, limit: float = 0.9) -> None:
        (self.folder / "endpoints.yaml").write_text(
            f"endpoints:\n  - {{name: sim, base_url: '{self.endpoint.base_url}', model: simulated-small,\n"
            "     lanes: [realtime, batch], price: {input_per_million: 1.0, output_per_million: 2.0}}\n",
            encoding="utf-8",
        )
        (self.folder / "pipeline.yaml").write_text(
            f"source: {{paths: ['{self.folder}/chats']}}\nclassifiers: [topic, knowledge_work]\n"
            f"shards: {{conversations: 16}}\nrealtime: {{max_attempts: 1}}\nlane: realtime\n"
            f"quality: {{non_success_share: {{severity: stop, limit: {limit}}}, {OFF}}}\n",
            encoding="utf-8",
        )

    def write_week(self, week_days: list[str], prefix: str = "c") -> None:
        (self.folder / "chats").mkdir(exist_ok=True)
        with (self.folder / "chats" / f"{prefix}.jsonl").open("w", encoding="utf-8") as file:
            for at in range(CONVERSATIONS):
                turns = [{"role": "user", "content": f"How do I write a Python function, part {at}{prefix}?"}]
                started = f"{week_days[at % len(week_days)]}T10:00:00Z"
                file.write(json.dumps({"conversation_id": f"{prefix}{at}", "started_at": started, "messages": turns}) + "\n")

    def run(self, run_id: str = "first", week: str = WEEK) -> None:
        run_week({"week": week}, run_id=run_id, settings=self.settings, progress=LogProgress())

    def reprocess(self, run_id: str = "again", **fields) -> dict:
        return reprocess_weeks(
            REQUEST | fields,
            run_id=run_id,
            requested_by="ada",
            settings=self.settings,
            progress=LogProgress(),
            decide=self._decide,
        )

    def ask(self, run_id: str = "again", **fields) -> None:
        """A reprocess until its rows are counted: nothing is judged or published."""
        shards = plan_reprocess(REQUEST | fields, run_id=run_id, requested_by="ada", settings=self.settings)
        landed = self.land(shards)
        for run in runs_of(shards):
            gather_week(run, landed)

    def land(self, shards) -> list[dict]:
        return list(land_shards(route_shards(shards), resources=Resources(progress=LogProgress())))

    def _decide(self, subject: str, body: str) -> dict:
        self.asked.append((subject, body))
        return self.answer

    def rows(self, run_id: str, week: str = WEEK) -> dict[tuple[str, str], dict]:
        files = sorted((self.folder / "lake/landed" / f"week={week}" / f"run={run_id}").glob("*.parquet"))
        return {(r["conversation_id"], r["classifier"]): r for file in files for r in pq.read_table(file).to_pylist()}

    def published(self, week: str = WEEK) -> dict[tuple[str, str], dict]:
        files = sorted((self.folder / "lake/labels" / f"week={week}").glob("run=*/*.parquet"))
        rows = [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]
        assert len({row["run_id"] for row in rows}) <= 1, "two runs side by side would be counted twice"
        return {(row["conversation_id"], row["classifier"]): row for row in rows}

    def record(self, run_id: str, week: str = WEEK):
        with open_ledger(self.settings.database_url.get_secret_value()) as ledger:
            return ledger.run(week, run_id)

    def told(self, run_id: str, name: str = "reprocess.json", week: str = WEEK) -> dict:
        path = self.folder / "lake/runs" / f"week={week}" / f"run={run_id}" / name
        return json.loads(path.read_text(encoding="utf-8"))

    def calls(self) -> int:
        return sum(self.endpoint.stats()["by_path"].get("chat/completions", {}).values())

    def files(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in (self.folder / "lake").rglob("*") if path.is_file()}


def install(folder, endpoint, project_root, monkeypatch) -> Installation:
    endpoint.configure(faults={})
    endpoint.clear_stats()
    made = Installation(folder, endpoint, project_root / "include")
    made.configure()
    made.write_week(["2026-09-28", "2026-09-29", "2026-09-30"])
    monkeypatch.setenv("DATABASE_URL", made.settings.database_url.get_secret_value())
    return made


@pytest.fixture
def empty(tmp_path, endpoint, project_root, monkeypatch):
    return install(tmp_path, endpoint, project_root, monkeypatch)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory, endpoint, project_root):
    """A published week a third of whose rows have failed, to be copied for each test."""
    template = Template(tmp_path_factory.mktemp("labelled"))
    with pytest.MonkeyPatch.context() as patch:
        made = install(template.place, endpoint, project_root, patch)
        endpoint.configure(faults={"500": 0.3})
        made.run()
    template.keep()
    return template


@pytest.fixture
def week(labelled, endpoint, project_root, monkeypatch):
    """That week; the endpoint is well again."""
    endpoint.configure(faults={})
    endpoint.clear_stats()
    with labelled.restored() as folder:
        made = Installation(folder, endpoint, project_root / "include")
        monkeypatch.setenv("DATABASE_URL", made.settings.database_url.get_secret_value())
        yield made


@dataclass(frozen=True)
class Mended:
    """That week labelled again, to be copied for each test, and what came of it."""

    template: Template
    before: dict
    done: dict
    calls: int
    asked: list


@pytest.fixture(scope="module")
def mended(labelled, tmp_path_factory, endpoint, project_root):
    endpoint.configure(faults={})
    endpoint.clear_stats()
    with labelled.restored() as folder, pytest.MonkeyPatch.context() as patch:
        made = Installation(folder, endpoint, project_root / "include")
        patch.setenv("DATABASE_URL", made.settings.database_url.get_secret_value())
        before, done = made.rows("first"), made.reprocess()
        return Mended(labelled.branched(tmp_path_factory.mktemp("mended")), before, done, made.calls(), made.asked)


@pytest.fixture
def again(mended, endpoint, project_root, monkeypatch):
    """The week as `mended` has it."""
    endpoint.clear_stats()
    with mended.template.restored() as folder:
        made = Installation(folder, endpoint, project_root / "include")
        monkeypatch.setenv("DATABASE_URL", made.settings.database_url.get_secret_value())
        yield made


def without_owner(row: dict) -> dict:
    return {name: value for name, value in row.items() if name not in {"run_id", "reused", "carried_from"}}


def test_what_failed_is_asked_again_and_everything_else_is_carried_over_unchanged(again, mended):
    before, after = mended.before, again.rows("again")
    failed = {key for key, row in before.items() if row["status"] != "success"}
    assert failed
    assert mended.done["weeks"][0]["state"] == "published"
    assert after.keys() == before.keys(), "sampled = landed"
    assert mended.calls == len(failed)
    for key, row in after.items():
        assert row["run_id"] == "again"
        if key in failed:
            assert (row["status"], row["carried_from"], row["reused"]) == ("success", None, False)
        else:
            assert without_owner(row) == without_owner(before[key])
            assert (row["carried_from"], row["reused"]) == ("first", True)
    assert again.published() == after
    assert again.rows("first") == before, "the rows of the earlier run are kept"


def test_it_is_on_record_who_had_it_done_when_why_and_what_it_replaced(again):
    record, first, told = again.record("again"), again.record("first"), again.told("again")
    assert (record.state, record.kind, record.base_run, record.supersedes) == (
        RunState.PUBLISHED, RunKind.REPROCESS, "first", "first",
    )  # fmt: skip
    assert (record.requested_by, record.reason, record.approved_by) == ("ada", REASON, "grace")
    assert (first.state, first.kind) == (RunState.SUPERSEDED, RunKind.WEEKLY)
    assert (told["requested_by"], told["reason"], told["decided_by"]) == ("ada", REASON, "grace")
    assert sum(one["mended"] for one in told["changes"]) == told["asked_rows"]
    totals = again.told("again", "totals.json")
    assert totals["carried"] + told["asked_rows"] == totals["landed_rows"] == ROWS
    assert totals["cost_usd"] == pytest.approx(record.cost_usd)
    assert 0 < record.cost_usd < first.cost_usd


def test_its_page_and_its_verdict_say_who_had_it_done_why_and_what_changed(again, caplog):
    failed = sum(row["status"] != "success" for row in again.rows("first").values())
    with caplog.at_level("INFO", logger="semtel_ops.steps.close"):
        close_run(str(again.folder / "lake/runs" / f"week={WEEK}" / "run=again" / "run.json"))
    page = (again.folder / "lake/reports" / f"week={WEEK}" / "report.html").read_text(encoding="utf-8")
    said = (
        f"Requested by ada: {REASON.rstrip('.')}. Labels {failed} rows again; {ROWS - failed} carried over from run first. "
        f"No label changed; {failed} rows recovered. Approved by grace."
    )
    assert f"run again is a reprocess of run first: {said}" in caplog.text
    for shown in ("Reprocess of run first", said, "Changes by the reprocess"):
        assert html.escape(shown, quote=False) in page


def test_a_dry_run_says_what_would_be_done_and_leaves_nothing_but_its_own_folder(week):
    files, failed = week.files(), Counter(row["status"] for row in week.rows("first").values())["error"]
    forecast = week.reprocess(run_id="dry", dry_run=True)["weeks"][0]
    assert (forecast["requests"], forecast["reused"]) == (failed, 0)
    assert forecast["batch_cost_usd"] == pytest.approx(forecast["cost_usd"] / 2)
    assert forecast["reprocess"]["asked_by_status"] == {"error": failed}
    assert week.calls() == 0
    assert all(name.startswith(f"lake/runs/week={WEEK}/run=dry/") for name in week.files() - files)
    assert week.record("dry").state is RunState.DRY_RUN
    assert week.record("first").state is RunState.PUBLISHED


def test_the_dry_run_foresees_what_the_run_then_does(week):
    forecast = week.reprocess(run_id="dry", dry_run=True, rows="all")["weeks"][0]
    week.ask(rows="all")
    assert week.calls() == forecast["requests"]
    assert week.told("again", "totals.json")["reused"] == forecast["reused"] == ROWS - week.calls()


def test_done_twice_it_asks_nothing_and_changes_nothing(again, mended):
    rows = again.rows("again")
    done = again.reprocess()
    assert done["weeks"][0]["state"] == "published"
    assert (again.rows("again"), again.calls()) == (rows, 0)
    assert again.record("again").supersedes == "first"
    assert (len(mended.asked), again.asked) == (1, []), "its own rows replace nothing, so nobody is asked again"


def test_rows_that_succeeded_are_asked_again_only_when_told_to_be_fresh(week):
    selected = {"rows": "status", "status": "success"}
    assert week.reprocess(run_id="same", dry_run=True, **selected)["weeks"][0]["requests"] == 0
    week.ask(run_id="anew", fresh=True, **selected)
    succeeded = sum(row["status"] == "success" for row in week.rows("first").values())
    assert week.calls() == succeeded
    week.ask(run_id="anew", fresh=True, **selected)
    assert week.calls() == succeeded, "its own answers are not paid for twice"


def test_a_person_who_says_no_leaves_the_week_as_it_is(week):
    week.answer = week.answer | {"chosen_options": ["Reject"]}
    before = week.published()
    page = week.folder / "lake/reports" / f"week={WEEK}" / "report.html"
    shown = page.read_bytes()
    done = week.reprocess()
    assert page.read_bytes() == shown
    assert (done["weeks"][0]["state"], done["weeks"][0]["message"]) == ("rejected", "rejected by grace")
    assert week.published() == before
    assert (week.record("again").state, week.record("first").state) == (RunState.REJECTED, RunState.PUBLISHED)


def test_the_question_shows_counts_money_and_the_reason_but_nothing_that_could_be_read_as_markup(mended):
    ((subject, body),) = mended.asked
    assert subject == "Replace published labels with 1 reprocessed week?"
    assert f"| {WEEK} | topic | {CONVERSATIONS} |" in body
    assert "replaces run first" in body
    assert "failed" in body
    assert "<b>" not in body
    assert "Python function" not in body


def test_without_approval_nobody_is_asked_and_the_pace_of_some_endpoints_is_not_noted_as_that_of_all(week):
    with (week.folder / "endpoints.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  - {{name: other, base_url: '{week.endpoint.base_url}', model: another-model}}\n")
    week.reprocess(approval=False, model="simulated-small")
    assert week.asked == []
    assert week.record("again").state is RunState.PUBLISHED
    with open_ledger(week.settings.database_url.get_secret_value()) as ledger:
        noted = {record.run_id: record.endpoints for record in LaneLedger(ledger).records()}
    assert noted["again"] == "sim"


def test_a_week_the_gate_stopped_is_mended_and_what_nobody_could_read_is_asked_anew_although_it_is_known(empty):
    empty.configure(limit=0.05)
    empty.endpoint.configure(faults={"empty": 0.6})
    with pytest.raises(QualityGateError):
        empty.run()
    assert empty.published() == {}
    statuses = Counter(row["status"] for row in empty.rows("first").values())
    assert statuses.keys() == {"success", "invalid_output"}
    empty.endpoint.configure(faults={})
    empty.endpoint.clear_stats()
    empty.reprocess()
    assert empty.asked == [], "nothing is replaced"
    assert empty.calls() == statuses["invalid_output"]
    assert {row["status"] for row in empty.rows("again").values()} == {"success"}
    assert len(empty.published()) == ROWS
    assert (empty.record("first").state, empty.record("again").state) == (RunState.STOPPED, RunState.PUBLISHED)
    empty.endpoint.clear_stats()
    empty.land(ingest_week({"week": WEEK}, run_id="weekly-again", settings=empty.settings))
    assert empty.calls() == 0
    assert {row["status"] for row in empty.rows("weekly-again").values()} == {"success"}, "later runs find the repair"


def test_the_gate_stops_a_reprocess_as_any_run(week):
    week.configure(limit=0.05)
    before = week.published()
    week.endpoint.configure(faults={"500": 1.0})
    with pytest.raises(QualityGateError):
        week.reprocess()
    assert week.published() == before
    assert (week.record("again").state, week.asked) == (RunState.STOPPED, [])


def test_a_range_of_weeks_is_one_request_with_one_question(week):
    later = "2026-W41"
    week.write_week(["2026-10-06", "2026-10-07"], prefix="d")
    week.endpoint.configure(faults={"500": 0.3})
    week.run(week=later)
    week.endpoint.configure(faults={})
    done = week.reprocess(until=later)
    assert [one["state"] for one in done["weeks"]] == ["published", "published"]
    assert len(week.asked) == 1
    for one in (WEEK, later):
        assert {row["status"] for row in week.published(one).values()} == {"success"}


@pytest.mark.parametrize("how", [{"strategy": "packed", "pack": 4}, {"strategy": "combined"}])
def test_rows_that_share_a_call_are_asked_together_and_the_others_are_not_touched(week, how):
    with (week.folder / "pipeline.yaml").open("a", encoding="utf-8") as file:
        file.write("strategy_gate: {mode: 'off'}\n")
    before = week.rows("first")
    failed = {key for key, row in before.items() if row["status"] != "success"}
    week.ask(**how)
    after = week.rows("again")
    assert {key for key, row in after.items() if row["carried_from"] is None} == failed
    assert {row["status"] for row in after.values()} == {"success"}
    assert week.calls() < len(failed)
