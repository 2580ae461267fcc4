"""A shard that is asked at once: under the limits of its endpoints, within its budget, and nothing lost when it ends early."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from semtel_ops.concurrency import EndpointLimiter
from semtel_ops.endpoints.model import Lane
from semtel_ops.errors import BudgetExceededError, ConfigError, EndpointError, EndpointErrorKind
from semtel_ops.runs.resources import endpoints_of, open_run
from semtel_ops.shards.realtime import RealtimeLane, Spent, endpoints_offering
from semtel_ops.shards.rows import ShardRows
from semtel_ops.steps.classify import classify_shard
from semtel_ops.store.files import list_files, read_json, write_json
from semtel_ops.store.lane_ledger import LaneLedger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.scripted_client import ScriptedClient, make_reply
from tests.support.shards import RUN_ID, WEEK, answer_request, prepared_row, write_endpoints, write_prepared

CALL_USD = (100 + 5 * 2) / 1e6  # what a call costs at the bench's price
DOWN = EndpointError("503", kind=EndpointErrorKind.OVERLOADED, status=503)


@asynccontextmanager
async def opened(bench, **fields):
    """A lane of the bench's shard, and its rows."""
    run = open_run(bench.plan.url, bench.resources)
    rows = ShardRows(run.plan, bench.ref, run.specs, run.models, bench.resources.progress, bench.clock)
    async with RealtimeLane.open(run.plan, rows, run.endpoints, bench.resources, **fields) as lane:
        yield lane, rows


def ask(bench):
    """Ask everything; the lane."""

    async def asking():
        async with opened(bench) as (lane, rows):
            await lane.ask(rows.to_ask())
            return lane

    return asyncio.run(asking())


def test_totals_of_calls_add_up():
    spent = Spent(1, 10, 2, 0.5)
    spent += Spent(2, 5, 1, 0.25)
    assert spent == Spent(3, 15, 3, 0.75)


def test_endpoints_of_a_lane_keep_their_order_and_none_is_an_error_that_names_the_file(make_shard):
    bench = make_shard()
    plan = bench.plan
    write_endpoints(bench.folder, "east", "west", lanes=("realtime", "batch"))
    east, west = endpoints_of(plan)
    assert endpoints_offering(plan, [west, east], Lane.BATCH) == [west, east]
    with pytest.raises(ConfigError, match=r"endpoints\.yaml: endpoints\.lanes: .*must include flex at least once"):
        endpoints_offering(plan, [east, west], Lane.FLEX)


def test_a_lane_counts_failed_calls_too(make_shard):
    bench = make_shard(conversations=3, classifiers=("topic",))
    bench.answer = lambda request: DOWN if "question 1." in request.text else answer_request(request)
    lane = ask(bench)
    # Two answers, and two attempts at the third.
    assert (lane.spent.requests, lane.spent.input_tokens) == (4, 200)
    assert lane.spent.cost_usd == pytest.approx(2 * CALL_USD)


def test_clients_are_closed_when_the_lane_ends_and_when_it_breaks(make_shard):
    bench = make_shard(conversations=1)
    ask(bench)

    async def breaking():
        async with opened(bench):
            raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(breaking())
    assert [client.closed for client in bench.clients] == [True, True]


def test_the_ceiling_of_an_endpoint_goes_before_that_of_the_pipeline(make_shard):
    bench = make_shard()
    ask(bench)
    write_endpoints(bench.folder, limits={"max_concurrency": 2})
    ask(bench)
    assert [client.peak for client in bench.clients] == [4, 2]


def test_each_endpoint_has_a_limiter_in_its_place(make_shard):
    bench = make_shard(conversations=4)
    write_endpoints(bench.folder, "east", "west")
    lane = ask(bench)
    assert [limiter.endpoint for limiter in lane.limiters] == ["east", "west"]
    assert all(isinstance(limiter, EndpointLimiter) for limiter in lane.limiters)


def test_equal_conversations_are_asked_once_and_each_has_its_rows(make_shard):
    bench = make_shard()
    turns = [{"role": "user", "content": "hi"}]
    write_prepared(bench.plan, [prepared_row(number, turns=turns, content_hash="0" * 32) for number in range(20)])
    landed = bench.classify(answer_request)
    assert (landed["requests"], landed["by_status"]) == (2, {"success": 40})
    assert {row["conversation_id"] for row in bench.rows()} == {f"c{number}" for number in range(20)}


def test_equal_conversations_share_a_failure_without_waiting_for_ever(make_shard):
    bench = make_shard(conversations=5)
    turns = [{"role": "user", "content": "hi"}]
    write_prepared(bench.plan, [prepared_row(number, turns=turns, content_hash="0" * 32) for number in range(5)])
    landed = bench.classify(lambda _: DOWN)
    assert sum(landed["by_status"].values()) == 10


class WaitsForTheJournal(ScriptedClient):
    """Answers the twentieth request only when something is stored, or after many turns of the loop."""

    def __init__(self, endpoint, folder):
        super().__init__(answer_request, endpoint)
        self._folder = folder
        self.stored = False

    async def ask(self, request, *, timeout_s):
        if len(self.asked) == 20:
            for _ in range(5_000):
                self.stored = bool(list_files(self._folder, ".parquet"))
                if self.stored:
                    break
                await asyncio.sleep(0)
        return await super().ask(request, timeout_s=timeout_s)


def test_replies_are_stored_while_the_shard_is_asked(make_shard):
    bench = make_shard(config={"realtime": {"max_concurrency": 1, "flush_replies": 5}})

    def make_client(endpoint):
        bench.clients.append(WaitsForTheJournal(endpoint, bench.plan.paths.journal()))
        return bench.clients[-1]

    classify_shard(bench.ref, resources=replace(bench.resources, make_chat_client=make_client))
    assert bench.clients[0].stored


def test_how_the_limits_were_found_is_on_record_and_an_attempt_without_calls_keeps_it(make_shard):
    bench = make_shard()
    bench.classify(lambda request: DOWN if "question 3." in request.text else answer_request(request))
    limits = read_json(bench.plan.folder.limits(0))
    assert [endpoint["endpoint"] for endpoint in limits["endpoints"]] == ["east"]
    assert limits["endpoints"][0]["successes"] == 38
    assert limits["changes"] == sorted(limits["changes"], key=lambda change: change["at"])
    assert {change["endpoint"] for change in limits["changes"]} == {"east"}
    assert all(change["reason"] for change in limits["changes"])
    bench.classify(answer_request)
    asked = len(bench.asked)
    kept = read_json(bench.plan.folder.limits(0))
    bench.classify()
    assert len(bench.asked) == asked
    assert read_json(bench.plan.folder.limits(0)) == kept


def dear(request):
    """A reply of 500 tokens, $0.0011 at the bench's price."""
    return make_reply(answer_request(request), output_tokens=500)


def test_a_budget_that_is_used_up_keeps_what_was_paid_and_a_higher_one_continues(make_shard):
    bench = make_shard(config={"budget_usd": 0.02})
    with pytest.raises(BudgetExceededError, match="raise the budget"):
        bench.classify(dear)
    paid = len(bench.asked)
    assert 0 < paid * 0.0011 <= 0.02
    more = make_shard(config={"budget_usd": 1.0})
    manifest = more.classify(dear)
    assert len(more.asked) == 40 - paid, "what was paid for is not asked again"
    assert manifest["paid_usd"] == pytest.approx(40 * 0.0011)


def test_all_attempts_together_stay_within_the_budget(make_shard):
    bench = make_shard(config={"budget_usd": 0.02})
    for _ in range(3):
        with pytest.raises(BudgetExceededError):
            bench.classify(dear)
    assert len(bench.asked) * 0.0011 <= 0.02


def test_a_shard_has_its_part_of_the_runs_budget_unless_it_is_given_its_own(make_shard):
    bench = make_shard(shards=4, config={"budget_usd": 0.04})
    with pytest.raises(BudgetExceededError, match=r"the budget of \$0\.01 is used up"):
        bench.classify(dear)
    bench.answer = dear
    assert classify_shard(bench.ref, resources=bench.resources, budget_usd=1.0)["by_status"] == {"success": 40}


def test_an_endpoint_without_a_price_cannot_keep_a_budget(make_shard):
    bench = make_shard(config={"budget_usd": 1.0})
    entries = read_json(bench.plan.endpoints)["endpoints"]
    del entries[0]["price"]
    write_json(bench.plan.endpoints, {"endpoints": entries})
    with pytest.raises(ConfigError, match="give `price` for east"):
        bench.classify()
    assert bench.asked == []


@pytest.mark.parametrize(("lane", "noted"), [("realtime", 1), ("flex", 0)])
def test_only_the_realtime_lane_tells_its_pace(make_shard, ledger_url, lane, noted):
    bench = make_shard(lanes=("realtime", "flex"), ledger=True)
    bench.classify(lane=lane)
    with open_ledger(ledger_url) as ledger:
        paces = LaneLedger(ledger).paces(WEEK, RUN_ID)
    assert [(pace.requests, pace.tokens, pace.endpoints) for pace in paces] == [(40, 40 * 105, "east")] * noted


class Shown:
    """Progress that remembers what it was told."""

    def __init__(self):
        self.began, self.rows, self.cost_usd, self.ended = [], 0, 0.0, 0

    def start(self, label, total):
        self.began.append((label, total))

    def advance(self, rows=1, cost_usd=0.0):
        self.rows += rows
        self.cost_usd += cost_usd

    def say(self, line):
        pass

    def finish(self):
        self.ended += 1


def test_progress_counts_every_row_as_it_lands(make_shard, monkeypatch):
    bench, shown = make_shard(), Shown()
    resources = replace(bench.resources, progress=shown)
    monkeypatch.setattr(type(bench), "resources", resources)
    bench.classify()
    assert (shown.began, shown.rows, shown.ended) == ([("shard 0", 40)], 40, 1)
    assert shown.cost_usd == pytest.approx(40 * CALL_USD)


@pytest.mark.parametrize(
    "reply",
    [
        replace(make_reply('{"label": "yes"}'), input_tokens=2**64 - 5),
        replace(make_reply('{"label": "yes"}'), output_tokens=-1),
        make_reply('{"label": "yes", "why": "\ud800"}'),
    ],
    ids=["64bit/async-openai#404", "a negative count", "half a character"],
)
def test_one_reply_that_cannot_be_stored_is_one_row_and_the_others_are_kept(make_shard, caplog, reply):
    bench = make_shard(classifiers=("knowledge_work",))
    bench.classify(lambda request: reply if "question 3." in request.text else answer_request(request))
    errors = {row["conversation_id"]: row["error"] for row in bench.rows()}
    assert len(errors) == 20
    assert {name for name, error in errors.items() if error} == {"c3"}
    assert errors["c3"] == "unusable_outcome"
    assert "cannot be stored" in caplog.text
    asked = len(bench.asked)
    bench.classify(answer_request)
    assert len(bench.asked) == asked + 1
    assert {row["status"] for row in bench.rows()} == {"success"}
