"""Raising, resolving and telling, over a run's folder and the ledger."""

from datetime import UTC, datetime

import pytest

from semtel_ops.alerts.channel import Channel
from semtel_ops.alerts.context import AlertContext
from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import AlertKind, ChannelConfig, PipelineConfig
from semtel_ops.steps.alert import alert_deadline, alert_failure, alert_of, alert_progress, alert_run, end_failure
from semtel_ops.store.alert_ledger import MAX_ATTEMPTS, AlertLedger
from semtel_ops.store.files import write_json
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import RunState
from semtel_ops.testing.landed import make_landed_rows
from semtel_ops.testing.manual_clock import ManualClock
from tests.support.finished_run import PASSING_CHECK, write_finished_run

WEEK = "2026-W47"
FAILED = {**PASSING_CHECK, "id": "non_success_share", "classifier": "topic", "passed": False, "observed": "50.0%",
          "expected": "at most 5.0%"}  # fmt: skip

NOBODY = AlertContext(open_channels=lambda config: [])


class Told:
    """A channel that remembers; `broken` makes it fail."""

    def __init__(self, **settings):
        self.alerts, self.broken = [], False
        self.channel = Channel(ChannelConfig(kind="webhook", url_env="HOOK", min_severity="info", **settings), self._send)

    @property
    def context(self):
        return AlertContext(open_channels=lambda config: [self.channel])

    def _send(self, alert):
        if self.broken:
            raise RuntimeError("no such host")
        self.alerts.append(alert)

    def events(self):
        return [
            (alert.run_id, alert.key, "raised" if alert.is_open or alert.is_notice else "resolved") for alert in self.alerts
        ]


@pytest.fixture
def clock():
    return ManualClock(1_795_000_000.0)


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def lake(tmp_path, monkeypatch, project_root):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    monkeypatch.setenv("SEMTEL_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("SEMTEL_PIPELINE", str(tmp_path / "pipeline.yaml"))
    (tmp_path / "pipeline.yaml").write_text("", encoding="utf-8")
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def finish(lake, tmp_path):
    """A run in the state the alert task finds it in."""

    def write(run_id="r1", verdict="passed", checks=(), state=RunState.PUBLISHED, **options):
        url = write_finished_run(
            lake.root, week=WEEK, run_id=run_id, verdict=verdict, checks=checks or [PASSING_CHECK], **options
        )
        with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
            ledger.save_run(WEEK, run_id, state=state)
        return url

    return write


@pytest.fixture
def rows(tmp_path):
    """What the ledger holds, by run and key."""

    def read():
        with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
            return {(row.run_id, row.key): row for row in AlertLedger(ledger).alerts()}

    return read


def make_rows(run_id="r1", failing=0):
    landed = make_landed_rows(week=WEEK, run_id=run_id, success=1.0)
    for row in [row for row in landed if row["classifier"] == "topic"][:failing]:
        row.update(status="error", label=None)
    return landed


def test_a_stopped_week_is_told_once_with_its_counts_and_examples(finish, told, clock, rows):
    url = finish(verdict="stop", checks=[FAILED], state=RunState.STOPPED, rows=make_rows(failing=5))
    for _ in range(2):
        done = alert_run(url, alerts=told.context, clock=clock)
    assert told.events() == [("r1", "gate_stopped", "raised")]
    (alert,) = told.alerts
    assert alert.counts.by_status["error"] == 5
    assert alert.counts.landed == alert.counts.expected
    assert (alert.worst, len(alert.examples)) == ("topic", 3)
    assert done["open"] == ["gate_stopped"]
    assert done["raised"] == []


def test_a_later_run_that_passes_ends_it_and_that_is_told_once_too(finish, told, clock, rows):
    alert_run(finish(verdict="stop", checks=[FAILED], state=RunState.STOPPED), alerts=told.context, clock=clock)
    clock.advance(60)
    url = finish("r2")
    assert alert_run(url, alerts=told.context, clock=clock)["resolved"] == ["gate_stopped"]
    alert_run(url, alerts=told.context, clock=clock)
    assert told.events() == [("r1", "gate_stopped", "raised"), ("r1", "gate_stopped", "resolved")]
    assert told.alerts[1].resolution == "run r2 passed the gate"
    assert told.alerts[0].dedup_key == told.alerts[1].dedup_key
    assert rows()["r1", "gate_stopped"].state == "resolved"


def test_a_later_run_that_stops_too_takes_the_alert_over(finish, told, clock, rows):
    alert_run(finish(verdict="stop", checks=[FAILED], state=RunState.STOPPED), alerts=told.context, clock=clock)
    clock.advance(60)
    alert_run(finish("r2", verdict="stop", checks=[FAILED], state=RunState.STOPPED), alerts=told.context, clock=clock)
    assert {key: row.state for key, row in rows().items()} == {
        ("r1", "gate_stopped"): "resolved", ("r2", "gate_stopped"): "open",
    }  # fmt: skip


def test_another_week_ends_nothing(finish, told, clock, rows, lake):
    alert_run(finish(verdict="stop", checks=[FAILED], state=RunState.STOPPED), alerts=told.context, clock=clock)
    other = write_finished_run(lake.root, week="2026-W48", run_id="r1")
    alert_run(other, alerts=told.context, clock=clock)
    assert rows()["r1", "gate_stopped"].state == "open"


def test_a_channel_that_fails_fails_nothing_and_is_tried_again_a_few_times(finish, told, clock, rows, tmp_path):
    url = finish(verdict="stop", checks=[FAILED], state=RunState.STOPPED)
    told.broken = True
    for _ in range(MAX_ATTEMPTS + 2):
        done = alert_run(url, alerts=told.context, clock=clock)
        clock.advance(600)
    assert (done["delivered"], done["undelivered"]) == (0, 0), "no attempts are left"
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        (delivery,) = AlertLedger(ledger).deliveries(rows()["r1", "gate_stopped"])
    assert (delivery.state, delivery.attempts, delivery.problem) == ("undelivered", MAX_ATTEMPTS, "RuntimeError: no such host")


def test_the_next_who_tells_delivers_what_could_not_be(finish, told, clock):
    url = finish(verdict="stop", checks=[FAILED], state=RunState.STOPPED)
    told.broken = True
    alert_run(url, alerts=told.context, clock=clock)
    told.broken = False
    assert alert_run(url, alerts=told.context, clock=clock)["delivered"] == 1


def test_what_nobody_was_told_of_ends_quietly(finish, told, clock):
    url = finish(verdict="stop", checks=[FAILED], state=RunState.STOPPED)
    alert_run(url, alerts=NOBODY, clock=clock)
    clock.advance(60)
    alert_run(finish("r2"), alerts=told.context, clock=clock)
    assert told.events() == []


def test_old_news_is_not_told_to_a_new_channel(finish, told, clock, lake):
    alert_run(finish(verdict="stop", checks=[FAILED], state=RunState.STOPPED), alerts=NOBODY, clock=clock)
    clock.advance(4 * 86_400)
    alert_run(write_finished_run(lake.root, week="2026-W49"), alerts=told.context, clock=clock)
    assert told.events() == []


def test_a_notice_is_told_once_and_stays_as_it_was(finish, told, clock, lake, rows):
    url = finish()
    results = {"lanes": {}, "rescued": {"rows": 7, "shards": 1}, "saved_usd": None}
    write_json(lake.run(WEEK, "r1").lanes, {"choices": [], "deadline": 0, "results": results})
    alert_run(url, alerts=told.context, clock=clock)
    clock.advance(60)
    alert_run(url, alerts=told.context, clock=clock)
    assert told.events() == [("r1", "batch_rescued", "raised")]
    assert rows()["r1", "batch_rescued"].state == "resolved"


def test_a_dry_run_and_a_run_without_a_ledger_tell_nobody(finish, told, clock, rows):
    for url in (
        finish("dry", dry_run=True, state=RunState.DRY_RUN),
        finish("bare", ledger=False, verdict="stop", checks=[FAILED]),
    ):
        assert alert_run(url, alerts=told.context, clock=clock)["raised"] == []
    assert (told.events(), rows()) == ([], {})


def test_a_failed_task_ends_when_it_succeeds_and_a_failed_part_when_the_week_is_published(finish, told, clock, rows):
    url = finish(state=RunState.RUNNING, verdict=None)
    for _part in range(2):
        alert_failure(WEEK, "r1", task="realtime.classify", error="StoreError", part=True, alerts=told.context, clock=clock)
    alert_failure(WEEK, "r1", task="report", error="StoreError", alerts=told.context, clock=clock)
    assert [key for _, key, _ in told.events()] == ["part_failed:realtime.classify", "task_failed:report"], (
        "parts are one alert"
    )
    clock.advance(60)
    finish()
    assert alert_run(url, alerts=told.context, clock=clock)["resolved"] == ["part_failed:realtime.classify"]
    assert end_failure(WEEK, "r1", task="report", alerts=told.context, clock=clock)
    assert not end_failure(WEEK, "r1", task="report", alerts=told.context, clock=clock)
    assert {row.state for row in rows().values()} == {"resolved"}
    assert [event for *_, event in told.events()] == ["raised", "raised", "resolved", "resolved"]


def test_the_verdict_of_a_run_that_was_told_of_already_is_no_news(finish, told, clock):
    finish(verdict=None, state=RunState.RUNNING)
    close = {"task": "close", "error": "ReconciliationError", "consequence": True, "alerts": told.context, "clock": clock}
    alert_failure(WEEK, "r1", task="sample", error="SourceError", alerts=told.context, clock=clock)
    assert alert_failure(WEEK, "r1", **close) == []
    assert alert_failure(WEEK, "r2", **close) == ["task_failed:close"]


def test_a_run_that_fails_before_it_has_a_week_is_told_as_well(lake, told, clock):
    alert_failure("", "manual__1", task="plan", error="ConfigError", alerts=told.context, clock=clock)
    (alert,) = told.alerts
    assert (alert.week, alert.key, alert.links.reprocess) == ("", "task_failed:plan", None)


def test_a_failure_is_told_where_nobody_has_written_a_pipeline_yaml(lake, told, clock, monkeypatch, tmp_path):
    monkeypatch.delenv("SEMTEL_PIPELINE")
    monkeypatch.setenv("SEMTEL_INCLUDE", str(tmp_path))
    alert_failure("", "manual__1", task="plan", error="ConfigError", alerts=told.context, clock=clock)
    assert [alert.key for alert in told.alerts] == ["task_failed:plan"]


def test_a_missed_deadline_ends_as_late_when_the_week_lands(finish, told, clock, rows):
    now = datetime.fromtimestamp(clock.now(), UTC)
    alert_deadline(WEEK, "r1", due=now, alerts=told.context, clock=clock)
    clock.advance(3600)
    alert_run(finish(), alerts=told.context, clock=clock)
    assert told.events() == [("r1", "deadline_missed", "raised"), ("r1", "deadline_missed", "resolved")]


def test_a_published_run_misses_no_deadline(finish, told, clock):
    finish()
    assert alert_deadline(WEEK, "r1", due=datetime.fromtimestamp(clock.now(), UTC), alerts=told.context, clock=clock) == []


def test_a_budget_is_told_while_the_run_goes_on_and_once_more_when_it_is_spent(finish, told, clock, tmp_path):
    plan = RunPlan.load(finish(verdict=None, state=RunState.RUNNING, config=PipelineConfig(budget_usd=10.0)))
    for shard, paid_usd in enumerate((4.0, 4.5, 0.5, 1.5)):
        landed = {"shard": shard, "conversations": 10, "rows": 20, "paid_usd": paid_usd}
        alert_progress(plan, landed, alerts=told.context, clock=clock)
        alert_progress(plan, landed, alerts=told.context, clock=clock)
    assert [(alert.key, alert.severity.value, alert.cost_usd) for alert in told.alerts] == [
        ("budget", "warning", 8.5), ("budget", "critical", 10.5),
    ]  # fmt: skip
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        assert [(row["state"], row["cost_usd"]) for row in ledger.shards(WEEK, "r1")][:2] == [("landed", 4.0), ("landed", 4.5)]


def test_shards_the_budget_stops_are_one_alert_of_the_budget_that_does_not_become_milder(finish, told, clock):
    plan = RunPlan.load(finish(verdict=None, state=RunState.RUNNING, config=PipelineConfig(budget_usd=10.0)))
    for link in ("https://airflow.example/1", "https://airflow.example/2"):
        alert_failure(
            WEEK,
            "r1",
            task="realtime.classify",
            error="BudgetExceededError",
            part=True,
            link=link,
            alerts=told.context,
            clock=clock,
        )
    landed = {"shard": 0, "conversations": 10, "rows": 20, "paid_usd": 8.5}
    alert_progress(plan, landed, alerts=told.context, clock=clock)
    assert [(alert.key, alert.severity.value, alert.links.run) for alert in told.alerts] == [
        ("budget", "critical", "https://airflow.example/1")
    ]


def test_a_strategy_that_was_refused_is_told_once_and_nothing_is_left_open(finish, told, clock, rows):
    url = finish()
    plan = RunPlan.load(url)
    plan.model_copy(update={"strategy_refused": True, "strategy_note": "plain calls instead: no experiment"}).save()
    for _ in range(2):
        alert_run(url, alerts=told.context, clock=clock)
    assert told.events() == [("r1", "strategy", "raised")]
    assert "no experiment" in told.alerts[0].what
    assert rows()["r1", "strategy"].state == "resolved"


def change(at, endpoint, new):
    return {"at": at, "endpoint": endpoint, "what": "circuit", "old": 1, "new": new, "reason": "", "count": 1}


def test_an_endpoint_that_is_down_is_told_when_a_shard_ends_with_it(finish, told, clock, lake):
    plan = RunPlan.load(finish(verdict=None, state=RunState.RUNNING))
    down = [change(0, "east", 0), change(400, "east", 0.5), change(401, "east", 0)]
    write_json(lake.run(WEEK, "r1").limits(0), {"endpoints": [], "changes": down})
    alert_progress(plan, {"shard": 0, "conversations": 10}, alerts=told.context, clock=clock)
    assert told.events() == [("r1", "circuit_open:east", "raised")]
    assert "it does not answer yet" in told.alerts[0].what


def test_who_asked_for_less_is_told_less(finish, clock):
    only = Told(events=[AlertKind.BUDGET])
    url = finish(verdict="stop", checks=[FAILED], state=RunState.STOPPED, config=PipelineConfig(budget_usd=1e-9))
    alert_run(url, alerts=only.context, clock=clock)
    assert [key for _, key, _ in only.events()] == ["budget"]


def test_a_row_of_the_ledger_is_the_alert_in_its_present_state(finish, told, clock, rows):
    alert_run(finish(verdict="stop", checks=[FAILED], state=RunState.STOPPED), alerts=told.context, clock=clock)
    assert alert_of(rows()["r1", "gate_stopped"]) == told.alerts[0]
