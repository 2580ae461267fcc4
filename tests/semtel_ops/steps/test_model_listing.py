"""The daily look at models: one request a day, one alert for each notice, none twice."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml

from semtel_ops.alerts.context import AlertContext
from semtel_ops.endpoints.model_list import ListedModel
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.runs.resources import Resources
from semtel_ops.settings import Settings
from semtel_ops.steps.model_listing import known_retirements, look_at_models
from semtel_ops.store.alert_ledger import AlertLedger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.model_ledger import ModelLedger
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.testing.scripted_client import ScriptedClient

TODAY = datetime(2026, 11, 28, 4, tzinfo=UTC)
IN_JANUARY = date(2027, 1, 14)
DAY_S = 86_400.0


class Listing(ScriptedClient):
    """A client whose endpoint lists models, or fails to."""

    def __init__(self, world, endpoint):
        super().__init__(lambda _: "", endpoint)
        self._world = world

    async def list_models(self, *, timeout_s):
        self._world.looks.append(self.endpoint.name)
        said = self._world.said[self.endpoint.name]
        if isinstance(said, EndpointError):
            raise said
        return said


class World:
    """An installation with endpoints east and west, and what they list."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.settings = Settings(
            lake=f"{folder}/lake", pipeline=f"{folder}/pipeline.yaml", endpoints=f"{folder}/endpoints.yaml",
            database_url=database_url,
        )  # fmt: skip
        Path(f"{folder}/pipeline.yaml").write_text("classifiers: [topic]\n", encoding="utf-8")
        self.clock = ManualClock(TODAY.timestamp())
        self.said = {"east": (), "west": ()}
        self.looks, self.sent = [], []
        self.ask(east="gpt-4o-mini", west="gpt-6-luna")

    def ask(self, **models):
        entries = [{"name": name, "base_url": "http://127.0.0.1:1/v1", "model": model} for name, model in models.items()]
        Path(self.settings.endpoints).write_text(yaml.safe_dump({"endpoints": entries}), encoding="utf-8")

    def look(self):
        resources = Resources(clock=self.clock, make_chat_client=lambda endpoint: Listing(self, endpoint))
        return look_at_models(settings=self.settings, resources=resources, alerts=AlertContext(open_channels=lambda _: []))

    def open_alerts(self):
        with open_ledger(self.settings.database_url.get_secret_value()) as ledger:
            return sorted(row.key for row in AlertLedger(ledger).alerts(state="open"))

    def listings(self):
        with open_ledger(self.settings.database_url.get_secret_value()) as ledger:
            return ModelLedger(ledger).listings()


@pytest.fixture
def world(tmp_path, ledger_url):
    return World(tmp_path, ledger_url)


def test_an_endpoint_is_asked_once_a_day_and_an_alert_is_raised_once(world):
    first = world.look()
    assert first["asked"] == ["east", "west"]
    assert first["raised"] == ["model_retires:east:gpt-4o-mini:90"]
    assert first["retiring"] == [
        {"endpoint": "east", "model": "gpt-4o-mini", "date": "2027-01-14", "days_left": 47, "source": "models.yaml",
         "successor": "gpt-6-luna"}
    ]  # fmt: skip
    again = world.look()
    assert (again["asked"], again["raised"], again["retiring"]) == ([], [], first["retiring"])
    world.clock.advance(DAY_S)
    assert world.look()["asked"] == ["east", "west"]
    assert world.looks == ["east", "west"] * 2


def test_the_alert_names_the_command_with_the_endpoint_that_asks_the_successor(world):
    world.look()
    with open_ledger(world.settings.database_url.get_secret_value()) as ledger:
        (row,) = AlertLedger(ledger).alerts(state="open")
    command = (
        "semtel align INPUT --incumbent east --candidate west --classifiers topic "
        f"--endpoints {world.settings.endpoints} --dry-run"
    )
    assert command in row.body


def test_each_notice_replaces_the_one_before(world):
    world.look()
    for day, notice in (("2026-12-15", 30), ("2027-01-07", 7)):
        world.clock.advance(datetime.fromisoformat(f"{day}T04:00:00+00:00").timestamp() - world.clock.now())
        assert world.look()["raised"] == [f"model_retires:east:gpt-4o-mini:{notice}"]
        assert world.open_alerts() == [f"model_retires:east:gpt-4o-mini:{notice}"]


def test_the_alert_is_over_once_another_model_is_asked(world):
    world.look()
    world.ask(east="gpt-6-luna", west="gpt-6-luna")
    done = world.look()
    assert done["asked"] == ["east"], "a new model is asked about at once"
    assert done["resolved"] == ["model_retires:east:gpt-4o-mini:90"]
    assert world.open_alerts() == []


def test_the_endpoints_word_counts_and_is_recorded(world):
    world.said["east"] = (ListedModel("gpt-4o-mini", None, says=True),)
    world.said["west"] = (ListedModel("gpt-6-luna", IN_JANUARY, says=True),)
    assert world.look()["raised"] == ["model_retires:west:gpt-6-luna:90"]
    assert [(each.endpoint, each.shutdown_date, each.source) for each in world.listings()] == [
        ("east", None, "endpoint"),
        ("west", IN_JANUARY, "endpoint"),
    ]
    (known,) = known_retirements(world.settings, world.listings(), TODAY.date())
    assert (known.endpoint, known.source) == ("west", "endpoint")


def test_an_endpoint_that_does_not_answer_keeps_what_it_said_and_is_asked_again(world):
    world.said["east"] = (ListedModel("gpt-4o-mini", IN_JANUARY.replace(day=20), says=True),)
    world.look()
    world.clock.advance(DAY_S)
    world.said["east"] = EndpointError("east: HTTP 500", kind=EndpointErrorKind.SERVER_ERROR, status=500)
    done = world.look()
    assert (done["asked"], done["failed"]) == (["west"], ["east"])
    assert done["retiring"][0]["date"] == "2027-01-20"
    world.said["east"] = ()
    assert world.look()["asked"] == ["east"]


def test_nothing_is_known_of_a_model_that_nobody_knows(world):
    world.ask(east="home-grown")
    assert world.look()["retiring"] == []
    assert [replace(each, asked_on=TODAY.date()) for each in world.listings()] == world.listings()
    assert [each.source for each in world.listings()] == ["none"]
