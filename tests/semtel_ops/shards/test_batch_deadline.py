"""Batches are judged at every look: by what they finished, and by what the realtime lane is seen to do."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from semtel_ops.batch.polling import Action
from semtel_ops.endpoints.batch_client import RemoteStatus
from semtel_ops.shards import batch_deadline
from semtel_ops.steps.classify_batch import collect_shard, decide_state, submit_shard
from semtel_ops.steps.rescue import shards_to_rescue
from semtel_ops.store.lane_ledger import LaneLedger, LaneRow, ShardPace
from semtel_ops.store.ledger_open import open_ledger
from tests.support.shards import RUN_ID, WEEK, ShardBench

ROWS = 20
HOUR = 3_600.0


class Late(ShardBench):
    """A shard that was sent to the batch lane by choice, with a deadline a day away, and whose jobs do not end."""

    def __init__(self, folder, ledger):
        super().__init__(folder, lanes=("realtime", "batch"), classifiers=("topic",), conversations=ROWS, ledger=True)
        self.now = self.clock.now()
        self.deadline = self.now + 24 * HOUR
        self.ref |= {"lane": "batch", "rescue_at": self.now + 20 * HOUR, "land_by": self.deadline}
        when = datetime.fromtimestamp(self.now, UTC)
        self.lanes = LaneLedger(ledger)
        # 20 requests of 1,000 tokens: 6 s at the pace that is assumed.
        self.lanes.save_choices([LaneRow(WEEK, RUN_ID, 0, "batch", "cheaper", when, when, when, ROWS, 18_000, 2_000)])
        self.provider.ending = RemoteStatus.IN_PROGRESS

    def pace(self, tokens_per_s):
        self.lanes.save_pace(ShardPace(WEEK, RUN_ID, 7, "east", 1_000, int(1_000 * tokens_per_s), self.now - 1_000, self.now))

    def submit(self, **arguments):
        return super().submit(**{"deadline": self.ref["rescue_at"], **arguments})

    def report(self, completed):
        job = self.provider.remote_jobs["batch_0"]
        self.provider.remote_jobs["batch_0"] = replace(job, status=RemoteStatus.IN_PROGRESS, total=ROWS, completed=completed)


@pytest.fixture
def late(tmp_path, ledger_url):
    with open_ledger(ledger_url) as ledger:
        yield Late(tmp_path, ledger)


def test_the_time_a_batch_is_stopped_at_follows_what_it_finishes_and_what_realtime_does(late):
    late.pace(1.0)  # 20,000 tokens are 5.6 h, 8.3 h with the margin, and ten minutes to stop
    state = late.submit()
    assert state["deadline"] == late.deadline - 30_000 - 600
    late.clock.advance(HOUR)
    late.report(10)
    state = late.poll(state)
    assert state["deadline"] == late.deadline - 15_000 - 600
    late.pace(0.5)
    late.clock.advance(HOUR)
    late.report(12)
    assert late.poll(state)["deadline"] == late.deadline - 24_000 - 600


def test_a_batch_that_stalls_is_stopped_in_time_keeps_what_it_has_and_says_why_everywhere(late, caplog):
    late.pace(1.0)
    state = late.submit()
    late.report(5)
    late.clock.advance(HOUR)
    state = late.poll(state)
    late.clock.advance(state["deadline"] - late.clock.now())
    assert decide_state(state, late.clock.now()).action is Action.POLL
    state = late.poll(state)
    assert decide_state(state, late.clock.now()).action is Action.CANCEL
    assert "batch jobs are cancelled" in caplog.text
    assert "15 of 20 requests are left" in caplog.text
    late.answer_only(5)
    state = late.poll(state)
    assert state["stopped"]
    manifest = collect_shard(state, resources=late.resources)
    assert manifest["by_status"] == {"success": 5, "expired": 15}
    (choice,) = late.lanes.choices(WEEK, RUN_ID)
    assert choice.stopped_at is not None
    (rescued,) = shards_to_rescue([late.ref])
    assert rescued["rescue"] == f"15 of 20 rows have no batch result; its jobs were cancelled: {choice.stop_reason}"
    assert late.clock.now() + 600 + 1.5 * 15_000 <= late.deadline + 1


def test_a_batch_that_goes_on_steadily_and_ends_in_time_is_left_alone(late):
    state = late.submit()
    late.pace(0.5)  # 0.6 h a request, where the batch needs one
    for hour in range(1, 20):
        late.clock.advance(HOUR)
        late.report(hour)
        state = late.poll(state)
        assert decide_state(state, late.clock.now()).action is Action.WAIT, hour
    assert not state["stopped"]


def test_a_shard_that_nobody_submits_is_not_hoped_for_again_at_every_look(late, monkeypatch):
    monkeypatch.setattr(batch_deadline, "_turnaround_s", lambda *_: 60.0)
    late.pace(1.0)
    when = datetime.fromtimestamp(late.now, UTC)
    late.lanes.save_choices([LaneRow(WEEK, RUN_ID, 1, "batch", "cheaper", when, when, when, ROWS, 18_000, 2_000)])
    state = late.submit()
    late.clock.advance(22 * HOUR)
    late.report(0)
    state = late.poll(state)
    assert state["stopped"]


def test_when_one_shard_finds_the_run_late_the_others_stop_with_it(late):
    late.pace(1.0)
    when = datetime.fromtimestamp(late.now, UTC)
    state = late.submit()
    late.lanes.note_stop(WEEK, RUN_ID, at=when, reason="another shard makes no progress")
    state = late.poll({**state, "watches": [{**state["watches"][0], "polled_at": None}]})
    late.clock.advance(2)
    state = late.poll(state)
    assert state["stopped"]
    assert decide_state(state, late.clock.now()).action is Action.CANCEL


def test_a_batch_somebody_asked_for_keeps_the_time_it_was_given(late):
    late.pace(0.001)
    state = submit_shard({**late.ref, "land_by": None}, deadline=late.deadline, resources=late.resources)
    late.clock.advance(HOUR)
    assert late.poll(state)["deadline"] == late.deadline


def test_a_state_made_anew_after_a_crash_is_judged_like_the_one_that_was_lost(late):
    late.pace(1.0)
    state = late.submit()
    late.clock.advance(HOUR)
    late.report(10)
    state = late.poll(state)
    assert late.submit()["deadline"] == state["deadline"]
