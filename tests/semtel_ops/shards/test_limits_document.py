"""A task knows when its endpoints answered the tasks before it, so that an outage between two shards is waited out too."""

import pytest

from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.shards.limits_document import answered_s_ago
from semtel_ops.store.files import read_json, write_json
from tests.support.shards import answer_request

DOWN = EndpointError("503", kind=EndpointErrorKind.OVERLOADED, status=503)


def write_shard(plan, shard, **answered_at):
    endpoints = [{"endpoint": name, "answered_at": at} for name, at in answered_at.items()]
    write_json(plan.folder.limits(shard), {"endpoints": endpoints, "changes": []})


def test_the_latest_answer_of_each_endpoint_counts(make_shard):
    plan = make_shard().plan
    assert answered_s_ago(plan, 7, now=100.0) == {}
    write_shard(plan, 5, east=40.0, west=90.0)
    write_shard(plan, 6, east=70.0, west=None)
    write_shard(plan, 8, east=99.0)
    assert answered_s_ago(plan, 7, now=100.0) == {"east": 30.0, "west": 10.0}
    assert answered_s_ago(plan, 200, now=100.0) == {}


def test_documents_of_earlier_versions_say_nothing(make_shard):
    plan = make_shard().plan
    write_json(plan.folder.limits(0), {"endpoints": [{"endpoint": "east"}], "changes": []})
    assert answered_s_ago(plan, 0, now=100.0) == {}


def test_an_outage_at_the_beginning_of_a_task_is_waited_out_if_the_endpoint_answered_the_one_before(make_shard):
    bench = make_shard(conversations=4, classifiers=("topic",), config={"realtime": {"max_attempts": 50}})

    def answer_after(seconds):
        begin = bench.clock.now()
        return lambda request: answer_request(request) if bench.clock.now() - begin > seconds else DOWN

    with pytest.raises(EndpointError, match="503"):
        bench.classify(answer_after(600.0))
    write_shard(bench.plan, 0, east=bench.clock.now())
    bench.classify(answer_after(600.0))
    assert {row["status"] for row in bench.rows()} == {"success"}
    (state,) = read_json(bench.plan.folder.limits(0))["endpoints"]
    assert bench.clock.now() - 60.0 < state["answered_at"] <= bench.clock.now()
