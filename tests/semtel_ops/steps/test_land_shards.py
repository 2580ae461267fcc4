"""A run's shards in one process: each in its lane, batches looked at in between, and rescued when they are late."""

from collections import Counter
from dataclasses import replace

import pytest

from semtel_ops.endpoints.batch_client import RemoteStatus
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.steps.land_shards import land_shards
from semtel_ops.steps.route import route_shards
from semtel_ops.store.files import read_json
from semtel_ops.store.lane_ledger import LaneLedger
from semtel_ops.store.ledger_open import open_ledger
from tests.support.shards import RUN_ID, WEEK, ShardBench, conversation_row, write_conversations

ROWS = 20
SELDOM = {"batch": {"poll_min_s": 600, "poll_max_s": 3_600}}  # each look takes time


class Run(ShardBench):
    """A run of one shard, with conversations to choose its lane by; dear, so that few of them matter."""

    def __init__(self, folder):
        super().__init__(
            folder,
            lanes=("realtime", "batch"),
            price=(1_000.0, 1_000.0),
            classifiers=("topic",),
            conversations=ROWS,
            config=SELDOM,
        )
        write_conversations(self.plan, [conversation_row(at, chars=4_000) for at in range(ROWS)])

    def land(self):
        routed = route_shards([self.ref], clock=self.clock)
        return list(land_shards(routed, resources=self.resources))

    @property
    def by_lane(self):
        return Counter((row["lane"], row["status"]) for row in self.rows())


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def test_a_batch_that_is_in_time_lands_without_a_database(run):
    (landed,) = run.land()
    assert (landed["lane"], run.by_lane) == ("batch", {("batch", "success"): ROWS})


def test_a_batch_that_never_ends_is_rescued_before_the_deadline(run):
    run.provider.ending = RemoteStatus.IN_PROGRESS
    run.answer_only(15)
    landed = run.land()
    assert len(landed) == 2, "as the batch left it, and whole"
    assert run.by_lane == {("batch", "success"): 15, ("realtime", "success"): 5}
    told = read_json(run.plan.folder.lanes)
    assert told["rescue_at"] < run.clock.now() <= told["deadline"]
    assert "5 of 20 rows have no batch result; its jobs were cancelled: " in landed[1]["rescue"]
    with open_ledger(f"sqlite:///{run.plan.lake}/batch.db") as ledger:
        (choice,) = LaneLedger(ledger).choices(WEEK, RUN_ID)
    assert choice.stopped_at < choice.rescued_at


def test_jobs_that_cannot_be_watched_are_left_to_the_rescue(run, caplog):
    run.provider.ending = RemoteStatus.IN_PROGRESS
    refused = EndpointError("wrong key", kind=EndpointErrorKind.AUTH, status=401)
    retrieve = run.provider.retrieve

    def fails_thrice(job_id):
        if len([call for call in run.provider.calls if call == "retrieve"]) < 3:
            run.provider.fail_next(refused)
        return retrieve(job_id)

    run.provider.retrieve = fails_thrice
    run.land()
    assert {status for _, status in run.by_lane} == {"success"}
    assert "cannot be polled" in caplog.text


def test_progress_that_ends_in_time_is_waited_for(run):
    run.provider.ending = RemoteStatus.IN_PROGRESS
    began = run.clock.now()
    retrieve = run.provider.retrieve

    def working(job_id):
        job = retrieve(job_id)
        done = int((run.clock.now() - began) / 3_600 / 2.4)  # twenty in 47 hours of 48
        if done >= ROWS - 1:
            run.provider.ending = RemoteStatus.COMPLETED
            return retrieve(job_id)
        if not job.status.ended:
            job = run.provider.remote_jobs[job_id] = replace(job, status=RemoteStatus.IN_PROGRESS, total=ROWS, completed=done)
        return job

    run.provider.retrieve = working
    run.land()
    assert run.by_lane == {("batch", "success"): ROWS}
