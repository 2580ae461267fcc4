"""A shard through the batch lane lands the file the realtime lane lands, whatever the jobs do."""

import json
import threading
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from semtel_ops.batch.polling import Action
from semtel_ops.endpoints.batch_client import RemoteFault, RemoteStatus
from semtel_ops.errors import ConfigError, EndpointError, EndpointErrorKind
from semtel_ops.steps.classify import check_shard
from semtel_ops.steps.classify_batch import cancel_shard, collect_shard, decide_state, polling_failed
from semtel_ops.store.batch_ledger import BatchLedger
from semtel_ops.store.files import exists
from semtel_ops.testing.batch_provider import Answer, BatchProvider, answered, refused
from tests.support.shards import QUICK, MakeShard, ShardBench, answer_line, prepared_row, write_endpoints, write_prepared

VARIES = {"lane", "cost_usd", "latency_ms", "classified_at", "input_tokens", "output_tokens"}
BOTH_LANES = ("realtime", "batch")


@pytest.fixture
def make_bench(make_shard: MakeShard) -> MakeShard:
    """`make_bench(lanes=…, strategy=…, **batch)`: a shard of ten conversations whose endpoint takes batches."""

    def make(lanes: Any = ("batch",), strategy: Any = None, lake: str = "lake", **batch: Any) -> ShardBench:
        config = {"batch": {**QUICK["batch"], **batch}, "strategy": strategy or {}}
        return make_shard(lanes=lanes, conversations=10, lake=lake, config=config)

    return make


@pytest.fixture
def bench(make_bench: MakeShard) -> ShardBench:
    return make_bench()


def test_the_rows_are_those_of_the_realtime_lane(make_bench: MakeShard) -> None:
    batch = make_bench(lake="a")
    manifest = batch.run_batches()
    now = make_bench(lanes=("realtime",), lake="b")
    told = now.classify()
    assert set(told) <= set(manifest)
    assert [{k: v for k, v in row.items() if k not in VARIES} for row in batch.rows()] == [
        {k: v for k, v in row.items() if k not in VARIES} for row in now.rows()
    ]
    assert {row["lane"] for row in batch.rows()} == {"batch"}


def test_money_of_rows_jobs_and_manifest_is_the_same_at_batch_price(bench: ShardBench) -> None:
    manifest = bench.run_batches()
    assert manifest["cost_usd"] == pytest.approx(20 * (100 + 20) / 1e6 / 2)
    assert sum(row["cost_usd"] for row in bench.rows()) == pytest.approx(manifest["cost_usd"])
    assert (manifest["requests"], manifest["input_tokens"], manifest["jobs"], manifest["reused"]) == (20, 2_000, 1, 0)


def test_steps_hand_on_json_that_another_process_can_take_up(bench: ShardBench) -> None:
    state = json.loads(json.dumps(bench.submit()))
    assert (state["done"], len(state["watches"]), state["waiting"]) == (False, 1, 0)
    assert decide_state(state, bench.clock.now()).action is Action.WAIT
    bench.clock.advance(10)
    assert decide_state(state, bench.clock.now()).action is Action.POLL
    state = json.loads(json.dumps(bench.poll(state)))
    assert decide_state(state, bench.clock.now()).action is Action.COLLECT
    manifest = collect_shard(state, resources=bench.resources)
    assert manifest["done"]
    assert check_shard(manifest)["by_status"] == {"success": 20}


def test_submitting_twice_submits_once(bench: ShardBench) -> None:
    bench.submit()
    bench.provider.ending = RemoteStatus.IN_PROGRESS
    bench.submit()
    assert len(bench.provider.created) == 1


def test_a_landed_shard_again_asks_nothing_and_gives_the_same_rows(bench: ShardBench) -> None:
    bench.run_batches()
    first = bench.rows()
    manifest = bench.run_batches()
    assert (bench.rows(), manifest["requests"], manifest["jobs"], len(bench.provider.created)) == (first, 0, 0, 1)


def test_nothing_of_a_conversation_is_left_in_files_of_jobs(bench: ShardBench) -> None:
    bench.run_batches()
    assert not exists(bench.plan.folder.batches(0))
    assert bench.provider.stored_files == {}


def test_only_the_remainder_is_submitted_again(bench: ShardBench) -> None:
    tries = Counter[str]()

    def flaky(line: dict[str, Any]) -> dict[str, Any] | None:
        tries[line["custom_id"]] += 1
        fails = tries[line["custom_id"]] == 1 and line["custom_id"] < "8"
        return refused(line, 500) if fails else answer_line(line)

    bench.provider.answer = flaky
    manifest = bench.run_batches()
    assert manifest["by_status"] == {"success": 20}
    assert len(bench.provider.created) == 2
    assert {tries[key] for key in tries if key >= "8"} == {1}


@pytest.mark.parametrize(
    ("answer", "ending", "status", "error", "attempts", "jobs"),
    [
        (lambda line: refused(line, 500), "completed", "error", "server_error", 3, 3),
        (lambda line: refused(line, 400), "completed", "error", "bad_request", 1, 1),
        (lambda line: refused(line, 400, code="content_filter"), "completed", "refused", "content_filter", 1, 1),
        (lambda _: None, "completed", "error", "missing_result", 0, 3),
        (lambda _: None, "expired", "expired", "batch_expired", 0, 3),
        (lambda _: None, "cancelled", "expired", "batch_cancelled", 0, 1),
    ],
)
def test_statuses_tell_the_truth_after_a_bounded_number_of_jobs(
    bench: ShardBench, answer: Answer, ending: str, status: str, error: str, attempts: int, jobs: int
) -> None:
    bench.provider.answer = answer
    bench.submit()
    bench.provider.ending = RemoteStatus(ending)
    bench.run_batches()
    assert {(row["status"], row["error"], row["attempts"]) for row in bench.rows()} == {(status, error, attempts)}
    assert len(bench.provider.created) == jobs


def test_what_landed_unanswered_is_asked_by_the_next_attempt(bench: ShardBench) -> None:
    bench.provider.answer = lambda line: refused(line, 500)
    bench.run_batches()
    bench.provider.answer = answer_line
    assert bench.run_batches()["by_status"] == {"success": 20}


def test_an_unreadable_reply_is_asked_once_more_in_the_next_batch(bench: ShardBench) -> None:
    bench.provider.answer = lambda line: answer_line(line) if len(line["body"]["messages"]) > 2 else answered(line, "no idea")
    bench.run_batches()
    assert {(row["status"], row["matched_by"], row["attempts"]) for row in bench.rows()} == {("success", "relabelled", 2)}


def test_an_unreadable_reply_is_asked_once_more_at_once_where_the_endpoint_can(make_bench: MakeShard) -> None:
    bench = make_bench(BOTH_LANES)
    bench.provider.answer = lambda line: answered(line, "no idea")
    manifest = bench.run_batches()
    assert (len(bench.asked), len(bench.provider.created), manifest["requests"]) == (20, 1, 40)
    assert {(row["status"], row["lane"], row["attempts"]) for row in bench.rows()} == {("success", "realtime", 2)}
    assert sum(row["cost_usd"] for row in bench.rows()) == pytest.approx(manifest["cost_usd"])


def test_what_stays_unreadable_lands_as_that(bench: ShardBench) -> None:
    bench.provider.answer = lambda line: answered(line, "no idea")
    bench.run_batches()
    assert {(row["status"], row["raw_reply"], row["attempts"]) for row in bench.rows()} == {("invalid_output", "no idea", 2)}


def test_an_unreadable_reply_of_the_last_round_still_gets_its_second_ask(make_bench: MakeShard) -> None:
    bench = make_bench(max_rounds=1)
    bench.provider.answer = lambda line: answer_line(line) if len(line["body"]["messages"]) > 2 else answered(line, "no idea")
    assert bench.run_batches()["by_status"] == {"success": 20}


def test_a_parameter_the_model_does_not_know_is_left_out_of_the_next_job(bench: ShardBench) -> None:
    def picky(line: dict[str, Any]) -> dict[str, Any] | None:
        if "max_tokens" in line["body"]:
            return refused(line, 400, "Unsupported parameter: max_tokens is not supported, use max_completion_tokens")
        return answer_line(line)

    bench.provider.answer = picky
    assert bench.run_batches()["by_status"] == {"success": 20}
    assert len(bench.provider.created) == 2


def test_conversations_with_equal_content_share_one_line(bench: ShardBench) -> None:
    write_prepared(bench.plan, [prepared_row(0, conversation_id=f"c{n}") for n in range(10)])
    manifest = bench.run_batches()
    assert (manifest["rows"], manifest["requests"]) == (20, 2)


@pytest.mark.parametrize("code", ["model_not_found", "url_mismatch"])
def test_a_wrong_configuration_is_an_error_that_names_it_and_is_gone_on_from(bench: ShardBench, code: str) -> None:
    bench.submit()
    fail(bench.provider, RemoteFault(code, "no", 3))
    with pytest.raises(EndpointError, match=rf"{code} \(line 3\).*nothing was billed") as caught:
        bench.run_batches()
    assert caught.value.kind is EndpointErrorKind.DEPLOYMENT
    assert bench.run_batches()["by_status"] == {"success": 20}


def test_a_file_with_too_many_tasks_is_halved(bench: ShardBench) -> None:
    bench.submit()
    fail(bench.provider, RemoteFault("too_many_tasks", "max 10"))
    assert bench.run_batches()["by_status"] == {"success": 20}
    assert len(bench.provider.created) == 3


def test_a_file_the_provider_lost_is_sent_again(bench: ShardBench) -> None:
    bench.submit()
    fail(bench.provider, RemoteFault("input_modified", "gone"))
    assert bench.run_batches()["by_status"] == {"success": 20}


def test_a_queue_that_fills_minutes_later_makes_the_job_wait_and_the_file_is_not_sent_again(bench: ShardBench) -> None:
    bench.submit()
    fail(bench.provider, RemoteFault("token_limit_exceeded", "the queue is full"))
    assert bench.run_batches()["by_status"] == {"success": 20}
    assert bench.provider.calls.count("upload") == 1


def test_a_cancelled_run_keeps_what_was_finished_and_says_what_was_not(bench: ShardBench) -> None:
    bench.provider.answer = lambda line: answer_line(line) if line["custom_id"] < "8" else None
    bench.submit()
    bench.provider.ending = RemoteStatus.IN_PROGRESS
    cancel_shard(bench.ref, resources=bench.resources)
    bench.run_batches()
    by_status = Counter(row["status"] for row in bench.rows())
    assert set(by_status) == {"success", "expired"}
    assert len(bench.provider.created) == 1


def test_a_cancelled_job_that_was_not_submitted_yet_is_dropped(bench: ShardBench) -> None:
    bench.submit()
    fail(bench.provider, RemoteFault("token_limit_exceeded", "the queue is full"))
    assert bench.submit()["waiting"] == 1
    cancel_shard(bench.ref, resources=bench.resources)
    bench.run_batches()
    assert {row["error"] for row in bench.rows()} == {"batch_cancelled"}
    assert bench.provider.stored_files == {}


def test_at_its_deadline_everything_stops_and_lands(bench: ShardBench) -> None:
    state = bench.submit(deadline=bench.clock.now() + 100)
    bench.provider.ending = RemoteStatus.IN_PROGRESS
    manifest = bench.run_batches(deadline=state["deadline"])
    assert manifest["by_status"] == {"success": 20}, "what it had finished when it was stopped is kept"
    assert "cancel" in bench.provider.calls
    assert bench.clock.now() < state["deadline"] + 20


def test_the_rest_of_a_stopped_batch_can_go_to_the_realtime_lane(make_bench: MakeShard) -> None:
    bench = make_bench(BOTH_LANES)
    bench.provider.answer = lambda line: answer_line(line) if line["custom_id"] < "8" else None
    bench.submit()
    cancel_shard(bench.ref, resources=bench.resources)
    bench.run_batches()
    done = sum(row["status"] == "success" for row in bench.rows())
    manifest = bench.classify()
    assert (manifest["by_status"], len(bench.asked)) == ({"success": 20}, 20 - done)


def test_jobs_that_cannot_be_looked_at_are_given_up_with_what_not_to_conclude(bench: ShardBench) -> None:
    state_before = bench.submit()
    gone = EndpointError("404", kind=EndpointErrorKind.DEPLOYMENT, status=404)
    bench.provider.retrieve = lambda _: (_ for _ in ()).throw(gone)  # type: ignore[method-assign]
    state = state_before
    for _ in range(3):
        bench.clock.advance(600)
        state = bench.poll(state)
    decision = decide_state(state, bench.clock.now())
    assert decision.action is Action.GIVE_UP
    assert "may still run and be billed" in str(polling_failed(state, decision))
    with pytest.raises(EndpointError, match="404"):
        bench.run_batches()
    assert len(bench.provider.created) == 1


def test_an_endpoint_taken_out_of_the_file_while_its_jobs_run_is_a_clear_error(bench: ShardBench) -> None:
    bench.submit()
    write_endpoints(bench.folder, "west", lanes=("batch",))
    with pytest.raises(ConfigError, match="restore it"):
        bench.run_batches()


def test_endpoints_without_the_batch_lane_are_a_clear_error(make_bench: MakeShard) -> None:
    with pytest.raises(ConfigError, match="must include batch"):
        make_bench(("realtime",)).run_batches()


def test_two_processes_that_plan_at_once_end_with_one_set_of_jobs(bench: ShardBench) -> None:
    add, raced = BatchLedger.add, False

    def racing(self: BatchLedger, jobs: Any, *, known: int) -> bool:
        nonlocal raced
        if not raced and jobs:
            raced = True
            other = threading.Thread(target=bench.submit)
            other.start()
            other.join()
        return add(self, jobs, known=known)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BatchLedger, "add", racing)
        manifest = bench.run_batches()
    assert manifest["by_status"] == {"success": 20}
    assert len(bench.provider.created) == 1
    assert not exists(bench.plan.folder.batches(0))


def fail(provider: BatchProvider, fault: RemoteFault) -> None:
    """The latest job has failed in validation."""
    job_id = f"batch_{len(provider.remote_jobs) - 1}"
    provider.remote_jobs[job_id] = replace(provider.remote_jobs[job_id], status=RemoteStatus.FAILED, faults=(fault,))


def fill(schema: Any, of: Any = None) -> Any:
    """A reply that fits a schema: the first of every enum, nothing wrong."""
    whole = schema if of is None else of
    if "$ref" in schema:
        return fill(whole["$defs"]["answer"], whole)
    if schema["type"] == "object":
        return {key: fill(held, whole) for key, held in schema["properties"].items()}
    return [] if schema["type"] == "array" else schema["enum"][0]


def forgetful(schema: dict[str, Any]) -> str:
    """The first member of a shared reply is left out."""
    said = fill(schema)
    if "c01" in said:
        del said["c01"]
    return json.dumps(said)


SHARED = {"pack": 5, "combine": True, "grader": True, "audit_share": 0.0, "shadow_share": 0.0}


def test_shared_requests_go_into_a_job_and_what_follows_them_is_asked_at_once(make_bench: MakeShard) -> None:
    bench = make_bench(BOTH_LANES, SHARED)
    bench.provider.answer = lambda line: answered(line, forgetful(line["body"]["response_format"]["json_schema"]["schema"]))
    bench.answer = lambda request: json.dumps(fill(request.frame.schema))
    manifest = bench.run_batches()
    rows = bench.rows()
    assert {row["status"] for row in rows} == {"success"}
    assert Counter((row["lane"], row["packed_with"]) for row in rows) == {("batch", 10): 16, ("realtime", 2): 4}
    # Two packs in a job; at once a grader of each, and the forgotten conversations, each with a grader of its own.
    assert len(bench.provider.created) == 1
    assert len(bench.asked) == 2 + 2 + 2
    assert manifest["requests"] == 2 + len(bench.asked)
    assert sum(row["calls"] for row in rows) == pytest.approx(manifest["requests"])
    assert sum(row["cost_usd"] for row in rows) == pytest.approx(manifest["cost_usd"])


def test_where_only_batches_are_offered_each_follow_up_is_in_the_next_job(make_bench: MakeShard) -> None:
    bench = make_bench(strategy=SHARED)
    bench.provider.answer = lambda line: answered(line, forgetful(line["body"]["response_format"]["json_schema"]["schema"]))
    bench.run_batches()
    assert {row["status"] for row in bench.rows()} == {"success"}
    assert {row["lane"] for row in bench.rows()} == {"batch"}
    assert len(bench.provider.created) == 3


def test_a_job_that_refuses_a_shared_request_has_its_members_asked_apart(make_bench: MakeShard) -> None:
    bench = make_bench(strategy={"pack": 5})

    def refuses(line: dict[str, Any]) -> dict[str, Any]:
        schema = line["body"]["response_format"]["json_schema"]["schema"]
        return (
            answered(line, json.dumps(fill(schema)))
            if "label" in schema["properties"]
            else refused(line, 400, code="content_filter")
        )

    bench.provider.answer = refuses
    bench.run_batches()
    assert {(row["status"], row["matched_by"], row["packed_with"]) for row in bench.rows()} == {("success", "exact", 1)}
    assert len(bench.provider.created) == 2
