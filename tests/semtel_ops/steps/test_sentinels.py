"""Sentinels, day by day: nothing is asked twice, a model that changes is noticed on the same day, and only then."""

import hashlib
import shutil
from collections import Counter
from pathlib import Path

import pytest

from semtel_ops.alerts.context import AlertContext
from semtel_ops.errors import BudgetExceededError, EndpointError, EndpointErrorKind
from semtel_ops.runs.resources import Resources
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.steps.forget import forget_conversations
from semtel_ops.steps.frozen_set import conversations_of, open_set
from semtel_ops.steps.sentinel_show import show_sentinels
from semtel_ops.steps.sentinels import run_sentinels
from semtel_ops.store.alert_ledger import AlertLedger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.testing.scripted_client import ScriptedClient, make_reply
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.killing import Killed
from tests.support.published_week import SUBJECTS, publish_week, week_settings, write_endpoints

START = 1_795_939_200.0  # 2026-11-29T08:00Z
DAY_S = 86_400.0
ROWS, REPEATS, CLASSIFIERS = 40, 6, 2
DAY = ROWS * CLASSIFIERS
BASELINE = REPEATS * DAY


def chance(*parts):
    """A number from 0 to 1 that only depends on the parts."""
    return int.from_bytes(hashlib.sha256("\x00".join(map(str, parts)).encode()).digest()[:6]) / 2**48


class World:
    """A published week, an endpoint with one model, and how that model answers.

    Attributes:
        served: name of the model that answers.
        flips, moved: share of answers that a seed changes, and share of conversations whose answer has changed for good.
        asked: requests so far, by content and seed.
        dies_after: requests after which the process is killed; None: never.
    """

    def __init__(self, folder: Path, include: Path) -> None:
        self.settings = week_settings(folder, "http://127.0.0.1:1/v1", include)
        self.pipeline(rows=ROWS, repeats=REPEATS)
        self.clock = ManualClock(START)
        self.served, self.flips, self.moved = "simulated-small-1", 0.03, 0.0
        self.asked: Counter[tuple[str, int]] = Counter()
        self.dies_after: int | None = None
        self.fails = False

    def pipeline(self, **sentinels):
        path = Path(self.settings.endpoints).parent / "pipeline.yaml"
        entries = ", ".join(f"{name}: {value}" for name, value in sentinels.items())
        path.write_text(f"classifiers: [knowledge_work, user_intent]\nsentinels: {{{entries}}}\n", encoding="utf-8")
        self.settings = self.settings.model_copy(update={"pipeline": str(path)})

    def run(self, **given):
        resources = Resources(clock=self.clock, make_chat_client=lambda endpoint: ScriptedClient(self._answer, endpoint))
        alerts = AlertContext(open_channels=lambda _: [])
        return run_sentinels(settings=self.settings, resources=resources, alerts=alerts, **given)

    def next_day(self):
        self.clock.advance(DAY_S)

    @property
    def requests(self):
        return sum(self.asked.values())

    def alerts(self):
        with open_ledger(self.settings.database_url.get_secret_value()) as ledger:
            return AlertLedger(ledger).alerts()

    def _answer(self, request):
        if self.dies_after is not None and self.requests >= self.dies_after:
            raise Killed
        if self.fails:
            return EndpointError("sim: HTTP 401", kind=EndpointErrorKind.AUTH, status=401)
        frame, seed = request.frame, request.frame.seed
        self.asked[request.text + frame.schema_name, seed] += 1
        labels = sorted(frame.schema["properties"]["label"]["enum"])
        at = chance("usual", request.text) < 0.5
        if chance("moved", request.text) < self.moved:
            at = not at
        if chance("flip", request.text, seed) < self.flips:
            at = not at
        return make_reply(f'{{"label": "{labels[at]}"}}', model=self.served)


@pytest.fixture(scope="module")
def published(tmp_path_factory, project_root):
    folder = tmp_path_factory.mktemp("published")
    with simulated_endpoint(SimulatorConfig()) as endpoint, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{folder}/ledger.db")
        publish_week(folder, week_settings(folder, endpoint.base_url, project_root / "include"), conversations=60)
    return folder


@pytest.fixture
def world(published, tmp_path, project_root, monkeypatch):
    folder = tmp_path / "copy"
    shutil.copytree(published, folder)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/ledger.db")
    return World(folder, project_root / "include")


def test_the_first_day_measures_a_baseline_and_the_same_day_asks_nothing_more(world):
    first = world.run()
    assert world.requests == BASELINE
    (found,) = first["endpoints"]
    assert (found["state"], found["served_model"]) == ("baseline", "simulated-small-1")
    for row in found["classifiers"].values():
        # Three repeats are compared with the labels of the other three.
        assert row["n"] == ROWS * REPEATS / 2
        assert 0 < row["p0"] < 0.2
    assert world.run() == first
    assert world.requests == BASELINE
    assert set(world.asked.values()) == {1}


def test_days_without_a_change_are_judged_once_and_raise_nothing(world):
    world.run()
    for _ in range(3):
        world.next_day()
        before = world.requests
        done = world.run()
        assert world.run() == done
        assert world.requests == before + DAY
        assert done["endpoints"][0]["state"] == "judged"
        assert done["raised"] == []
        assert all(row["n"] == ROWS for row in done["endpoints"][0]["classifiers"].values())
    assert world.alerts() == []


def test_another_served_model_is_an_alert_on_the_same_day_and_only_then(world):
    world.run()
    world.next_day()
    world.served = "simulated-small-2"
    done = world.run()
    assert done["raised"] == ["model_moved:sim:simulated-small-2"]
    assert done["endpoints"][0]["served_model"] == "simulated-small-2"
    assert world.run()["raised"] == []
    world.next_day()
    assert world.run()["raised"] == []
    (alert,) = world.alerts()
    assert alert.what == (
        "endpoint sim is asked for simulated-small and answers as simulated-small-2 since today; until then it answered as "
        "simulated-small-1"
    )


def test_answers_that_move_are_an_alert_with_ids_and_without_text(world):
    world.run()
    world.next_day()
    world.moved = 0.35
    done = world.run()
    assert sorted(done["raised"]) == ["model_moved:sim:knowledge_work", "model_moved:sim:user_intent"]
    for alert in world.alerts():
        assert "2026-W47-c" in alert.body
        assert not any(subject in alert.body for subject in SUBJECTS)
    shown = show_sentinels(settings=world.settings, clock=world.clock)["days"]
    assert [row["alarmed"] for row in shown] == [True, True, False, False]
    assert all(row["e_value"] > 40 for row in shown[:2])  # 1/α, α = 5% for two classifiers


def test_a_new_baseline_accepts_the_change_and_resolves_the_alerts(world):
    world.run()
    world.next_day()
    world.moved, world.served = 0.35, "simulated-small-2"
    assert len(world.run()["raised"]) == 3
    world.next_day()
    before = world.requests
    done = world.run(new_baseline=True)
    assert world.requests == before + BASELINE
    assert len(done["resolved"]) == 3
    assert {row.resolution for row in world.alerts()} == {"a new baseline was measured"}
    world.next_day()
    assert world.run()["raised"] == []
    assert set(world.asked.values()) == {1}


def test_a_killed_day_goes_on_and_pays_for_nothing_twice(world):
    for dies_after in (100, 300):
        world.dies_after = dies_after
        with pytest.raises(Killed):
            world.run()
    world.dies_after = None
    world.run()
    lost = BASELINE - sum(1 for times in world.asked.values() if times == 1)
    assert len(world.asked) == BASELINE
    assert lost <= 2 * 8  # what was under way when it was killed
    world.next_day()
    assert world.run()["endpoints"][0]["state"] == "judged"


def test_a_budget_that_is_spent_is_an_error_and_the_next_day_goes_on(world):
    # A request costs 100 tokens of input and 5 of output at a dollar a million; what is reserved for it is more.
    world.pipeline(rows=ROWS, repeats=REPEATS, budget_usd=0.02)
    for _ in range(12):
        try:
            done = world.run()
            break
        except BudgetExceededError:
            world.next_day()
    assert done["endpoints"][0]["state"] == "baseline"
    assert world.clock.now() > START, "one day was not enough"
    assert world.requests == BASELINE


def test_a_dry_run_forecasts_and_asks_and_records_nothing(world):
    (baseline,) = world.run(dry_run=True)["endpoints"]
    assert (baseline["state"], baseline["requests"]) == ("baseline", BASELINE)
    assert baseline["cost_usd"] > 0
    assert world.requests == 0
    world.run()
    world.next_day()
    (day,) = world.run(dry_run=True)["endpoints"]
    assert (day["state"], day["requests"]) == ("judged", DAY)
    assert world.requests == BASELINE
    assert len(show_sentinels(settings=world.settings, clock=world.clock)["days"]) == CLASSIFIERS


def test_another_model_in_endpoints_yaml_begins_with_a_baseline_of_its_own(world):
    world.run()
    world.next_day()
    write_endpoints(Path(world.settings.endpoints).parent, "http://127.0.0.1:1/v1", model="another")
    done = world.run()
    assert done["endpoints"][0]["state"] == "baseline"
    assert done["raised"] == []


def test_a_model_that_is_changed_on_the_day_of_the_baseline_is_measured_itself(world):
    world.run()
    write_endpoints(Path(world.settings.endpoints).parent, "http://127.0.0.1:1/v1", model="another")
    world.served = "another-1"
    (found,) = world.run()["endpoints"]
    assert (found["state"], found["served_model"]) == ("baseline", "another-1")
    assert world.requests == 2 * BASELINE


def test_an_endpoint_that_does_not_answer_is_an_error_and_the_day_can_be_repeated(world):
    world.run()
    world.next_day()
    world.fails = True
    with pytest.raises(EndpointError):
        world.run()
    world.fails = False
    assert world.run()["endpoints"][0]["state"] == "judged"


def test_nothing_is_asked_without_a_published_week_or_where_it_is_switched_off(world, tmp_path):
    world.pipeline(enabled="false")
    assert world.run()["skipped"] == "sentinels.enabled is false"
    world.pipeline(rows=ROWS)
    empty = f"sqlite:///{tmp_path}/empty.db"
    world.settings = world.settings.model_copy(update={"database_url": type(world.settings.database_url)(empty)})
    assert "no week is published" in world.run()["skipped"]
    assert world.requests == 0


def test_a_conversation_that_is_forgotten_leaves_the_set_and_the_others_are_judged(world, tmp_path):
    world.run()
    frozen = open_set(next(str(path) for path in Path(world.settings.lake, "experiments").glob("sentinels-*/lake")))
    forgotten = next(iter(conversations_of(frozen, ["conversation_id"]))).column(0).to_pylist()[0]
    (tmp_path / "ids.txt").write_text(forgotten, encoding="utf-8")
    forget_conversations(str(tmp_path / "ids.txt"), settings=world.settings, dry_run=False)
    world.next_day()
    done = world.run()
    assert all(row["n"] == ROWS - 1 for row in done["endpoints"][0]["classifiers"].values())
    assert done["raised"] == []
