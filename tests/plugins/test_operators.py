"""The batch operator and its trigger, without a scheduler: what is done on a worker, and what while nobody holds one."""

import asyncio
import json
import time
from dataclasses import asdict
from datetime import timedelta
from pkgutil import resolve_name
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import TaskDeferralTimeout, TaskDeferred

from semtel_airflow import operators, triggers
from semtel_airflow.operators import MIN_DEFER_S, ClassifyBatchOperator
from semtel_airflow.triggers import BatchShardTrigger
from semtel_ops.batch.polling import PollPolicy, Watch
from semtel_ops.endpoints.batch_client import RemoteStatus
from semtel_ops.errors import EndpointError
from semtel_ops.steps import classify_batch

SHARD = {"run": "lake/run.json", "shard": 7, "conversations": 10, "lane": "batch", "rescue_at": None}
LANDED = {**SHARD, "done": True, "landed": "lake/rows.parquet"}


def make_state(*statuses, deadline=None, completed=3, **watched):
    submitted = time.time() - 60
    watches = [
        Watch(f"job-{at}", f"batch_{at}", "east", submitted, deadline, status, 10, completed, polled_at=submitted, **watched)
        for at, status in enumerate(statuses)
    ]
    return {
        "run": SHARD["run"], "shard": 7, "conversations": 10, "lane": "batch", "done": False, "deadline": deadline, "land_by": None,
        "policy": asdict(PollPolicy()), "watches": [watch.to_json() for watch in watches], "waiting": 0, "wake_at": None,
    }  # fmt: skip


@pytest.fixture
def steps(monkeypatch):
    """Stand-ins of the batch steps: what they return, and what they were called with."""

    class Steps:
        def __init__(self):
            self.calls, self.returns = [], {}

        def step(self, name):
            def call(state, **means):
                self.calls.append((name, state, means))
                self.ended = False
                result = self.returns.get(name, state)
                made = result(state) if callable(result) else result
                self.ended = True
                return made

            return call

    fake = Steps()
    for name in ("submit_shard", "collect_shard", "cancel_shard"):
        monkeypatch.setattr(classify_batch, name, fake.step(name))

    class BatchSteps:
        """What a trigger polls with."""

        def __init__(self, resources):
            assert resources.resolve_connection is not None

        def __enter__(self):
            return self

        def __exit__(self, *_):
            fake.closed = True

        async def poll(self, state):
            return fake.step("poll")(state)

        def release(self):
            pass

    monkeypatch.setattr(classify_batch, "BatchSteps", BatchSteps)
    return fake


@pytest.fixture
def clock(monkeypatch):
    """Time in which triggers sleep at once; what they slept is in `naps`."""

    class Clock:
        def __init__(self):
            self.at, self.naps = time.time(), []

        def time(self):
            return self.at

        async def sleep(self, seconds):
            self.naps.append(seconds)
            self.at += seconds

    moving = Clock()
    monkeypatch.setattr(triggers, "time", moving)
    monkeypatch.setattr(triggers.asyncio, "sleep", moving.sleep)
    return moving


def operator(shard=SHARD):
    return ClassifyBatchOperator(task_id="classify", shard=shard)


async def fire(trigger):
    async for event in trigger.run():
        return event.payload
    return None


def test_a_shard_with_nothing_to_ask_lands_without_waiting(steps):
    steps.returns["submit_shard"] = LANDED
    assert operator().execute({}) == LANDED


def test_a_submitted_shard_gives_its_worker_back_and_is_not_heard_of_for_some_seconds(steps):
    state = make_state(RemoteStatus.IN_PROGRESS)
    steps.returns["submit_shard"] = state
    before = time.time()
    with pytest.raises(TaskDeferred) as deferred:
        operator().execute({})
    trigger = deferred.value.trigger
    assert trigger.state == state
    assert trigger.not_before >= before + MIN_DEFER_S >= before + 10
    assert deferred.value.method_name == "execute_complete"
    assert deferred.value.timeout == operators.LONGEST_WAIT


def test_the_rescue_time_goes_along_and_airflow_waits_longer_than_that(steps, monkeypatch):
    now = time.time()
    deadline = now + 3_600
    monkeypatch.setattr(operators, "time", SimpleNamespace(time=lambda: now))
    steps.returns["submit_shard"] = make_state(RemoteStatus.IN_PROGRESS, deadline=deadline)
    with pytest.raises(TaskDeferred) as deferred:
        operator({**SHARD, "rescue_at": deadline}).execute({})
    assert steps.calls[0][2]["deadline"] == deadline
    assert deferred.value.timeout == timedelta(hours=1) + operators.GRACE


def test_a_rescue_time_that_has_passed_still_leaves_the_jobs_time_to_stop(steps):
    steps.returns["submit_shard"] = make_state(RemoteStatus.CANCELLING, deadline=time.time() - 9_999)
    with pytest.raises(TaskDeferred) as deferred:
        operator().execute({})
    assert deferred.value.timeout == operators.GRACE


def test_an_ended_round_is_collected_and_the_next_one_waited_for(steps):
    ended, onward = make_state(RemoteStatus.COMPLETED), make_state(RemoteStatus.VALIDATING)
    steps.returns["collect_shard"] = onward
    with pytest.raises(TaskDeferred) as deferred:
        operator().execute_complete({}, {"state": ended})
    assert steps.calls[0][:2] == ("collect_shard", ended)
    assert deferred.value.trigger.state == onward
    steps.returns["collect_shard"] = LANDED
    assert operator().execute_complete({}, {"state": ended}) == LANDED


def test_jobs_that_cannot_be_watched_fail_the_try_and_are_taken_up_by_the_next(steps):
    state = make_state(RemoteStatus.IN_PROGRESS, failing_since=time.time() - 9_999, failures=40, problem="503")
    with pytest.raises(EndpointError, match="run the step again to resume"):
        operator().execute_complete({}, {"state": state})
    assert steps.calls == []


def test_a_task_that_is_ended_by_hand_stops_its_jobs(steps):
    operator().on_kill()
    assert [(name, state) for name, state, _ in steps.calls] == [("cancel_shard", SHARD)]


async def test_a_task_that_is_killed_while_its_loop_runs_stops_its_jobs_all_the_same(steps):
    steps.returns["cancel_shard"] = lambda _: asyncio.run(asyncio.sleep(0))
    operator().on_kill()
    assert [name for name, _, _ in steps.calls] == ["cancel_shard"]
    assert steps.ended


def test_a_worker_that_runs_out_of_time_stops_its_jobs_and_the_next_try_collects_them(steps):
    # What Airflow does after `execution_timeout`: `on_kill`, then a retry of its own accord.
    task = operator()
    task.on_kill()
    steps.returns["submit_shard"] = LANDED
    assert task.execute({}) == LANDED
    assert [(name, shard) for name, shard, _ in steps.calls] == [("cancel_shard", SHARD), ("submit_shard", SHARD)]


def test_a_wait_that_airflow_gives_up_is_taken_up_by_the_next_try(steps):
    with pytest.raises(TaskDeferralTimeout):
        operator().resume_execution("__fail__", {"error": "Trigger timeout"}, {})
    assert steps.calls == [], "nothing is stopped: the next try goes on with the same jobs"
    steps.returns["submit_shard"] = LANDED
    assert operator().execute({}) == LANDED


def test_the_shard_of_a_mapped_group_is_resolved_by_airflow():
    assert "shard" in ClassifyBatchOperator.template_fields


def test_another_triggerer_goes_on_from_what_was_serialized():
    trigger = BatchShardTrigger(make_state(RemoteStatus.IN_PROGRESS), not_before=123.0)
    path, kwargs = trigger.serialize()
    again = resolve_name(path)(**json.loads(json.dumps(kwargs)))
    assert (again.state, again.not_before) == (trigger.state, trigger.not_before)


async def test_a_trigger_polls_in_a_thread_until_its_jobs_have_ended(steps, clock):
    states = iter([make_state(RemoteStatus.IN_PROGRESS, completed=5), make_state(RemoteStatus.COMPLETED, completed=10)])
    steps.returns["poll"] = lambda _: next(states)
    event = await fire(BatchShardTrigger(make_state(RemoteStatus.IN_PROGRESS), not_before=0.0))
    assert event["state"]["watches"][0]["completed"] == 10
    assert [name for name, _, _ in steps.calls] == ["poll", "poll"]
    assert steps.closed


async def test_a_trigger_never_fires_before_its_task_is_deferred_for_certain(clock):
    trigger = BatchShardTrigger(make_state(RemoteStatus.COMPLETED), not_before=clock.at + 12)
    began = clock.at
    await fire(trigger)
    assert clock.at >= began + 12


async def test_a_long_wait_is_slept_in_naps(steps, clock):
    age_s = 100_000
    state = make_state(RemoteStatus.IN_PROGRESS)
    state["watches"][0] |= {"submitted_at": clock.at - age_s, "polled_at": clock.at}
    steps.returns["poll"] = make_state(RemoteStatus.COMPLETED)
    await fire(BatchShardTrigger(state, not_before=0.0))
    assert sum(clock.naps) >= PollPolicy().max_s
    assert max(clock.naps) <= triggers.MAX_SLEEP_S


async def test_a_trigger_in_vain_fires_so_that_the_task_can_fail(steps, clock):
    state = make_state(RemoteStatus.IN_PROGRESS, failing_since=clock.at - 9_999, failures=40)
    assert await fire(BatchShardTrigger(state, not_before=0.0)) == {"state": state}


async def test_a_job_past_its_deadline_is_cancelled_by_the_look_that_is_due(steps, clock):
    steps.returns["poll"] = make_state(RemoteStatus.CANCELLED)
    await fire(BatchShardTrigger(make_state(RemoteStatus.IN_PROGRESS, deadline=clock.at - 1), not_before=0.0))
    assert [name for name, _, _ in steps.calls] == ["poll"]


async def test_a_stopping_triggerer_leaves_the_jobs_alone_and_a_person_stops_them(steps):
    trigger = BatchShardTrigger(make_state(RemoteStatus.IN_PROGRESS), not_before=0.0)
    await trigger.cleanup()
    assert steps.calls == []
    await trigger.on_kill()
    assert [name for name, _, _ in steps.calls] == ["cancel_shard"]


async def test_waiting_for_a_provider_blocks_no_other_trigger(steps, monkeypatch):
    # Both looks must be under way at once, or neither ever returns.
    import threading

    both = threading.Barrier(2, timeout=600)

    def poll(_):
        both.wait()
        return make_state(RemoteStatus.COMPLETED)

    steps.returns["poll"] = poll
    state = make_state(RemoteStatus.IN_PROGRESS)
    two = [BatchShardTrigger(state, not_before=0.0) for _ in range(2)]
    events = await asyncio.gather(*(fire(trigger) for trigger in two))
    assert all(event["state"]["watches"][0]["status"] == "completed" for event in events)
