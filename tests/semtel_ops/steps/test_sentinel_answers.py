"""One endpoint's answers about a set: within the budget, and from rows that have landed rather than from the provider."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from semtel_ops.endpoints import load_endpoints
from semtel_ops.errors import BudgetExceededError
from semtel_ops.runs.resources import Resources
from semtel_ops.steps.frozen_set import freeze, set_journal, set_root
from semtel_ops.steps.sentinel_answers import Sentinels
from semtel_ops.store.files import remove
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.testing.scripted_client import ScriptedClient, make_reply
from tests.support.shards import answer_request, conversation_row, make_plan, write_conversations, write_endpoints

TODAY = date(2026, 11, 30)
LABELLERS = {"topic": "0" * 16, "knowledge_work": "1" * 16}


class World:
    def __init__(self, folder):
        write_endpoints(folder)
        plan = make_plan(folder)
        write_conversations(plan, [conversation_row(number) for number in range(8)])
        self.frozen = freeze(set_root(plan.paths, "s"), plan.paths, plan.week, [f"c{number}" for number in range(8)])
        self.plan, (self.endpoint,) = plan, load_endpoints(plan.endpoints)
        self.answer, self.clients = answer_request, []

    def sentinels(self, budget_usd=1.0, labellers=LABELLERS):
        resources = Resources(clock=ManualClock(), make_chat_client=self._client)
        return Sentinels(self.plan, self.frozen, self.endpoint, self.plan.paths, resources, budget_usd, labellers=labellers)

    @property
    def asked(self):
        return [request for client in self.clients for request in client.asked]

    def _client(self, endpoint):
        self.clients.append(ScriptedClient(lambda request: make_reply(self.answer(request), model="m-1"), endpoint))
        return self.clients[-1]


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_answers_have_a_label_for_each_conversation_and_the_model_that_gave_it(world):
    said = world.sentinels().of_day(TODAY)
    assert said.ids == tuple(sorted(f"c{number}" for number in range(8)))
    assert said.labels == {"topic": ("science",) * 8, "knowledge_work": ("yes",) * 8}
    assert dict(said.served) == {"m-1": 16}
    # 100 tokens of input and 5 of output, at one and two dollars a million, sixteen times.
    assert said.cost_usd == pytest.approx(16 * 110e-6)


def test_where_several_labels_may_apply_all_of_them_are_the_answer(world, tmp_path):
    prompts = Path(shutil.copytree(world.plan.prompts, tmp_path / "prompts"))
    topic = prompts / "topic.prompty"
    topic.write_text(topic.read_text(encoding="utf-8").replace("kind: one_of", "kind: many_of"), encoding="utf-8")
    world.plan = world.plan.model_copy(update={"classifiers": ("topic",), "prompts_folder": str(prompts)})
    world.answer = lambda _: '{"labels": ["science", "money"]}'
    assert set(world.sentinels().of_day(TODAY).labels["topic"]) == {"money + science"}


def test_every_repeat_and_every_day_is_asked_for_itself_and_once(world):
    asking = world.sentinels()
    for _ in range(2):
        said = [asking.repeat(0, 0), asking.repeat(0, 1), asking.repeat(1, 0), asking.of_day(TODAY)]
    assert len({each.labels["topic"] for each in said}) == 1
    assert len(world.asked) == 4 * 16
    assert {request.frame.seed for request in world.asked} == {1, 2, 101, 20_261_130}


def test_rows_that_have_landed_are_read_though_the_journal_is_gone(world):
    first = world.sentinels().of_day(TODAY)
    remove(set_journal(world.plan.paths))
    assert world.sentinels().of_day(TODAY) == first
    assert len(world.asked) == 16


def test_rows_that_have_landed_of_another_labeller_are_not_read(world):
    world.sentinels().repeat(0, 0)
    remove(set_journal(world.plan.paths))
    changed = world.sentinels(labellers={**LABELLERS, "topic": "2" * 16})
    assert changed.measured(0) == 0
    changed.repeat(0, 0)
    assert len(world.asked) == 2 * 16


def test_what_was_read_costs_nothing_of_the_budget_and_what_is_asked_does(world):
    # A run costs 16 · 110 millionths of a dollar; what is reserved for its requests under way is more.
    asking = world.sentinels(budget_usd=0.02)
    asking.repeat(0, 0)
    again = world.sentinels(budget_usd=0.02)
    for _ in range(20):
        again.repeat(0, 0)
    with pytest.raises(BudgetExceededError, match="budget"):
        for number in range(1, 20):
            again.repeat(0, number)
    assert 16 < len(world.asked) < 20 * 16


def test_the_repeats_that_were_measured_are_counted_whatever_is_configured_now(world):
    asking = world.sentinels()
    assert asking.measured(0) == 0
    asking.repeat(0, 0)
    asking.repeat(0, 1)
    asking.repeat(0, 3)
    assert (asking.measured(0), asking.measured(1)) == (2, 0)


def test_a_forecast_counts_the_repeats_of_a_baseline_or_the_day(world):
    asking = world.sentinels()
    assert [each.requests for each in asking.forecast(0, 3, TODAY)] == [16, 16, 16]
    assert [each.requests for each in asking.forecast(None, 3, TODAY)] == [16]
    assert world.asked == []
