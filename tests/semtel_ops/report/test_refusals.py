from semtel_ops.report.refusals import MOST_SHOWN, collect_refusals
from semtel_ops.store.files import write_json


def entry(endpoint="east", kind="auth", code=None, count=1, at=10.0, **fields):
    return {
        "endpoint": endpoint, "kind": kind, "status": 401, "code": code, "words": f"words at {at}", "count": count,
        "first_at": at, "last_at": at + count, "example_id": f"c{at}", **fields,
    }  # fmt: skip


def write_shards(folder, *shards):
    for number, entries in enumerate(shards):
        write_json(f"{folder}/shard={number:04d}.json", {"refusals": entries})
    return str(folder)


def test_the_shards_of_a_run_are_added_up_the_most_frequent_first(tmp_path):
    folder = write_shards(tmp_path, [entry(at=20.0), entry(kind="timeout", count=9)], [entry(at=10.0, count=2)])
    timeout, auth = collect_refusals(folder)
    assert (timeout.kind, timeout.count) == ("timeout", 9)
    assert (auth.count, auth.first_at, auth.last_at, auth.words, auth.example_id) == (3, 10.0, 21.0, "words at 10.0", "c10.0")


def test_kinds_beyond_the_most_are_added_up_for_each_endpoint(tmp_path):
    rare = [entry(name, code=f"{name}{number}") for name in ("east", "west") for number in range(MOST_SHOWN)]
    shown = collect_refusals(write_shards(tmp_path, rare[:60], rare[60:]))
    assert len(shown) <= MOST_SHOWN + 2
    assert sum(refusal.count for refusal in shown) == 2 * MOST_SHOWN
    assert {refusal.code for refusal in shown if refusal.kind == "other"} == {None}


def test_a_run_without_failures_has_none(tmp_path):
    assert collect_refusals(f"{tmp_path}/none") == ()
