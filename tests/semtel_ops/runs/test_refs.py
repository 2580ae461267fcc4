from semtel_ops.runs.refs import by_run


def test_shards_of_several_runs_are_told_apart_and_keep_their_order():
    shards = [{"run": run, "shard": shard, "conversations": 1} for run, shard in (("b", 1), ("a", 0), ("b", 0))]
    assert by_run(shards) == {"b": [shards[0], shards[2]], "a": [shards[1]]}
    assert list(by_run(shards)) == ["b", "a"], "runs as they were first seen"
