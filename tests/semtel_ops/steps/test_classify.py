"""Every member of a shard lands as one row with a true status, and nothing is asked twice."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from semtel_ops.endpoints.model import ChatReply, Endpoint, FinishReason, Lane
from semtel_ops.errors import ConfigError, EndpointError, EndpointErrorKind, ReconciliationError, StoreError
from semtel_ops.steps.classify import check_shard, classify_shard, forecast_of
from semtel_ops.store.files import remove
from semtel_ops.store.journal import Journal
from semtel_ops.testing.scripted_client import Script, ScriptedClient, make_reply
from tests.support.killing import Killed
from tests.support.shards import MakeShard, ShardBench, answer_request, prepared_row, write_endpoints, write_prepared

UNAVAILABLE = EndpointError("503", kind=EndpointErrorKind.OVERLOADED, status=503)
CALL_USD = (100 + 5 * 2) / 1e6  # what a call costs at the bench's price


@pytest.fixture
def bench(make_shard: MakeShard) -> ShardBench:
    return make_shard()


def test_every_member_lands_as_one_row(bench: ShardBench) -> None:
    manifest = bench.classify()
    rows = bench.rows()
    assert manifest["rows"] == len(rows) == 40
    assert Counter((row["conversation_id"], row["classifier"]) for row in rows).most_common(1)[0][1] == 1
    assert {(row["classifier"], row["label"]) for row in rows} == {("topic", "science"), ("knowledge_work", "yes")}
    assert {row["status"] for row in rows} == {"success"}
    assert check_shard(manifest) is manifest


def test_costs_and_tokens_of_rows_add_up_to_the_manifest(bench: ShardBench) -> None:
    manifest = bench.classify()
    assert sum(row["cost_usd"] for row in bench.rows()) == pytest.approx(manifest["cost_usd"])
    assert manifest["cost_usd"] == pytest.approx(40 * CALL_USD)
    assert (manifest["input_tokens"], manifest["output_tokens"], manifest["requests"]) == (4000, 200, 40)


def flex(bench: ShardBench, script: Script) -> tuple[dict[str, Any], Counter[str | None]]:
    """The manifest of a shard in the flex lane, and how often each tier was asked."""
    tiers = Counter[str | None]()

    def make_client(endpoint: Endpoint) -> ScriptedClient:
        def answer(request: Any) -> Any:
            tiers[endpoint.service_tier] += 1
            said = script(request) if endpoint.service_tier else answer_request(request)
            return said if isinstance(said, EndpointError) else replace(make_reply(str(said)), lane=lane)

        lane = Lane.FLEX if endpoint.service_tier else Lane.REALTIME
        return ScriptedClient(answer, endpoint)

    resources = replace(bench.resources, make_chat_client=make_client)
    return classify_shard({**bench.ref, "lane": "flex"}, resources=resources), tiers


def test_rows_of_the_flex_lane_say_so_and_cost_its_price(make_shard: MakeShard) -> None:
    bench = make_shard(lanes=("realtime", "flex"))
    manifest, tiers = flex(bench, answer_request)
    assert tiers == {"flex": 40}
    assert {row["lane"] for row in bench.rows()} == {"flex"}
    assert manifest["lane"] == "flex", "metrics and people are told the lane it was asked in"
    assert manifest["cost_usd"] == pytest.approx(40 * CALL_USD / 2)


def test_what_flex_has_no_room_for_is_asked_at_the_standard_tier_and_its_price(make_shard: MakeShard) -> None:
    bench = make_shard(lanes=("realtime", "flex"))
    manifest, tiers = flex(bench, lambda _: EndpointError("full", kind=EndpointErrorKind.OVERLOADED, status=429))
    assert tiers[None] == 40
    assert {(row["lane"], row["endpoint"], row["status"]) for row in bench.rows()} == {("realtime", "east", "success")}
    assert manifest["cost_usd"] == pytest.approx(40 * CALL_USD)


def test_what_one_tier_answered_the_other_does_not_ask_again(make_shard: MakeShard) -> None:
    bench = make_shard(lanes=("realtime", "flex"))
    first, _ = flex(bench, answer_request)
    assert (bench.classify()["requests"], first["requests"]) == (0, 40)


def test_a_forecast_is_made_at_the_price_of_the_lane_that_was_chosen(make_shard: MakeShard) -> None:
    bench = make_shard(lanes=("realtime", "batch", "flex"), dry_run=True)
    costs = [bench.classify(forecast_lane=lane)["cost_usd"] for lane in ("realtime", "batch", "flex")]
    assert costs == [costs[0], pytest.approx(costs[0] / 2), pytest.approx(costs[0] / 2)]


def test_endpoints_that_only_batch_are_forecast_at_batch_price(make_shard: MakeShard) -> None:
    full = make_shard(dry_run=True).classify()
    half = make_shard(run_id="r2", lanes=("batch",), dry_run=True).classify()
    assert half["cost_usd"] == pytest.approx(full["cost_usd"] / 2)


def test_the_same_shard_again_asks_nothing_and_gives_the_same_rows(bench: ShardBench) -> None:
    bench.classify()
    first = bench.rows()
    bench.clients.clear()
    again = bench.classify()
    assert bench.asked == []
    assert bench.rows() == first
    assert (again["requests"], again["cost_usd"], again["reused"]) == (0, 0.0, 0)


def test_another_run_reuses_what_is_paid_for_and_says_so(bench: ShardBench, make_shard: MakeShard) -> None:
    bench.classify()
    other = make_shard(run_id="r2")
    manifest = other.classify()
    assert other.asked == []
    assert (manifest["reused"], manifest["cost_usd"]) == (40, 0.0)
    assert all(row["reused"] for row in other.rows())


def test_an_unreadable_reply_is_asked_once_more(bench: ShardBench) -> None:
    bench.classify(lambda request: answer_request(request) if request.follow_up else "I would rather not say")
    rows = bench.rows()
    assert {(row["status"], row["matched_by"], row["attempts"]) for row in rows} == {("success", "relabelled", 2)}
    assert {row["input_tokens"] for row in rows} == {200}


def test_what_stays_unreadable_lands_with_the_reply_and_the_reason(bench: ShardBench) -> None:
    bench.classify(lambda _: "no idea")
    rows = bench.rows()
    assert {(row["status"], row["raw_reply"], row["label"]) for row in rows} == {("invalid_output", "no idea", None)}
    assert all(row["error"] for row in rows)


def test_an_unreadable_reply_is_not_asked_a_third_time_after_a_restart(bench: ShardBench) -> None:
    bench.classify(lambda _: "no idea")
    bench.clients.clear()
    bench.classify(answer_request)
    assert {row["status"] for row in bench.rows()} == {"invalid_output"}
    assert bench.asked == []


@pytest.mark.parametrize(
    ("said", "status", "error", "asked"),
    [
        (make_reply("", finish_reason=FinishReason.CONTENT_FILTER), "refused", "content_filter", 40),
        (make_reply("", finish_reason=FinishReason.REFUSAL), "refused", "refusal", 40),
        (make_reply('{"label": "sci', finish_reason=FinishReason.LENGTH), "invalid_output", "length", 80),
        (EndpointError("400", kind=EndpointErrorKind.CONTENT_FILTER), "refused", "content_filter", 40),
        (EndpointError("400", kind=EndpointErrorKind.CONTEXT_LENGTH), "error", "context_length", 40),
    ],
)
def test_statuses_tell_the_truth(
    bench: ShardBench, said: ChatReply | EndpointError, status: str, error: str, asked: int
) -> None:
    bench.classify(lambda _: said)
    assert {(row["status"], row["error"]) for row in bench.rows()} == {(status, error)}
    assert len(bench.asked) == asked


@pytest.mark.parametrize(
    ("said", "error", "asked"),
    [(EndpointError("400", kind=EndpointErrorKind.BAD_REQUEST), "bad_request", 40), (UNAVAILABLE, "overloaded", 60)],
)
def test_what_an_endpoint_that_answers_does_not_answer_is_an_error(
    bench: ShardBench, said: EndpointError, error: str, asked: int
) -> None:
    bench.classify(lambda request: said if request.frame.schema_name == "topic" else answer_request(request))
    found = {(row["classifier"], row["status"], row["error"]) for row in bench.rows()}
    assert found == {("topic", "error", error), ("knowledge_work", "success", None)}
    assert len(bench.asked) == asked


def test_an_error_is_asked_again_by_the_next_attempt(bench: ShardBench) -> None:
    bench.classify(lambda request: UNAVAILABLE if request.frame.schema_name == "topic" else answer_request(request))
    bench.classify(answer_request)
    assert {row["status"] for row in bench.rows()} == {"success"}


def test_a_kill_in_the_middle_loses_only_what_was_not_flushed(bench: ShardBench) -> None:
    asked = 0

    def dies(request: Any) -> str:
        nonlocal asked
        asked += 1
        if asked > 25:
            raise Killed
        return answer_request(request)

    with pytest.raises(Killed):
        bench.classify(dies)
    bench.clients.clear()
    manifest = bench.classify(answer_request)
    assert manifest["rows"] == 40
    # Everything landed before the end is flushed on the way out; at most the calls then under way are asked again.
    assert len(bench.asked) <= 40 - 25 + 4
    assert check_shard(manifest)


TOO_LONG = EndpointError("400", kind=EndpointErrorKind.CONTEXT_LENGTH)


@pytest.mark.parametrize(("most_chars", "attempts"), [(15_000, 2), (8_000, 3), (4_000, 4)])
def test_a_conversation_that_is_too_long_for_the_model_is_halved_until_it_fits(
    bench: ShardBench, most_chars: int, attempts: int
) -> None:
    write_prepared(bench.plan, [prepared_row(0, turns=[{"role": "user", "content": "many words " * 2_000}])])
    bench.classify(lambda request: TOO_LONG if len(request.text) > most_chars else answer_request(request), conversations=1)
    rows = bench.rows()
    assert {(row["status"], row["attempts"]) for row in rows} == {("success", attempts)}
    kept = 4_000 / 2 ** (attempts - 1)
    assert all(4_000 - 1.25 * kept < row["truncated_tokens"] < 4_000 - 0.75 * kept for row in rows)
    assert len(bench.asked) == 2 * attempts


def test_a_conversation_that_never_fits_is_an_error_after_a_few_halvings_and_stays_one(bench: ShardBench) -> None:
    write_prepared(bench.plan, [prepared_row(0, turns=[{"role": "user", "content": "many words " * 2_000}])])
    bench.classify(lambda _: TOO_LONG, conversations=1)
    assert {(row["status"], row["error"], row["attempts"]) for row in bench.rows()} == {("error", "context_length", 7)}
    bench.clients.clear()
    bench.classify(answer_request, conversations=1)
    assert bench.asked == []


def test_a_journal_that_cannot_be_written_ends_the_run_with_the_reason(
    bench: ShardBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Journal) -> None:
        raise StoreError("journal: cannot be written: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "flush", full)
        with pytest.raises(StoreError, match="No space left"):
            bench.classify()
    assert bench.classify()["rows"] == 40


def test_a_forecast_asks_nothing(make_shard: MakeShard) -> None:
    bench = make_shard(dry_run=True)
    manifest = bench.classify()
    assert bench.clients == []
    assert manifest["requests"] == 40
    assert manifest["cost_usd"] == pytest.approx((manifest["input_tokens"] + 2 * manifest["output_tokens"]) / 1e6)


def test_a_forecast_is_scaled_from_what_was_looked_at(bench: ShardBench) -> None:
    assert forecast_of(bench.ref, 20_000).startswith("forecast: 40,000 requests, ")


def test_a_forecast_counts_what_is_paid_for_already(bench: ShardBench, make_shard: MakeShard) -> None:
    bench.classify()
    manifest = make_shard(run_id="dry", dry_run=True).classify()
    assert (manifest["requests"], manifest["reused"], manifest["cost_usd"]) == (0, 40, 0.0)


def test_a_shard_with_a_row_too_few_is_not_let_through(bench: ShardBench) -> None:
    manifest = bench.classify()
    with pytest.raises(ReconciliationError, match="42 rows expected"):
        check_shard({**manifest, "conversations": 21})


def test_endpoints_without_the_realtime_lane_are_a_clear_error(bench: ShardBench) -> None:
    write_endpoints(bench.folder, lanes=("batch",))
    with pytest.raises(ConfigError, match="realtime"):
        bench.classify()


def test_a_lost_journal_is_asked_again(bench: ShardBench) -> None:
    bench.classify()
    remove(bench.plan.paths.journal())
    bench.clients.clear()
    bench.classify()
    assert len(bench.asked) == 40
