import pyarrow.parquet as pq
import pytest

from semtel_ops.conversations.sampling import bucket_of, shard_of_bucket
from semtel_ops.errors import StoreError
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.steps import frozen_set
from semtel_ops.steps.frozen_set import conversations_of, freeze, open_set, set_journal, set_root
from semtel_ops.steps.set_run import label_set
from semtel_ops.store.layout import Lake
from semtel_ops.store.parquet import read_rows, write_table
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.published_week import publish_week, week_settings

IDS = {f"2026-W47-c{at}" for at in range(0, 60, 3)}


@pytest.fixture(scope="module")
def endpoint():
    with simulated_endpoint(SimulatorConfig()) as running:
        yield running


@pytest.fixture(scope="module")
def plan(tmp_path_factory, endpoint, project_root):
    folder = tmp_path_factory.mktemp("week")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{folder}/ledger.db")
        return publish_week(folder, week_settings(folder, endpoint.base_url, project_root / "include"))


@pytest.fixture
def frozen(plan, request):
    return freeze(set_root(plan.paths, request.node.name), plan.paths, plan.week, IDS)


def names_in(frozen):
    return {name for batch in conversations_of(frozen, ["conversation_id"]) for name in batch.column(0).to_pylist()}


def test_a_set_has_the_conversations_asked_for_and_stays_as_it_is(plan, frozen):
    assert (names_in(frozen), frozen.conversations, frozen.week) == (IDS, 20, plan.week)
    again = freeze(frozen.root, plan.paths, plan.week, {"2026-W47-c1"})
    assert (names_in(again), again.fingerprint) == (IDS, frozen.fingerprint)
    assert open_set(frozen.root) == frozen
    assert open_set(set_root(plan.paths, "another")) is None


def test_the_fingerprint_is_of_the_conversations_alone(plan, frozen):
    same = freeze(set_root(plan.paths, "other"), plan.paths, plan.week, [*sorted(IDS, reverse=True), "not there"])
    assert same.fingerprint == frozen.fingerprint
    fewer = freeze(set_root(plan.paths, "fewer"), plan.paths, plan.week, IDS - {"2026-W47-c0"})
    assert fewer.fingerprint != frozen.fingerprint


def test_a_large_set_has_shards_each_with_the_conversations_of_its_buckets(plan, frozen, monkeypatch):
    monkeypatch.setattr(frozen_set, "shard_count", lambda n, config: 3)
    large = freeze(set_root(plan.paths, "large"), plan.paths, plan.week, IDS)
    assert (names_in(large), large.fingerprint) == (IDS, frozen.fingerprint)
    for shard in large.sample["shards"]:
        rows = pq.read_table(Lake(large.root).conversations(plan.week, shard["shard"]))
        assert len(rows) == shard["conversations"] > 0
        assert set(rows.column("shard").to_pylist()) == {shard["shard"]}
        assert {shard_of_bucket(bucket_of(name), 3) for name in rows.column("content_hash").to_pylist()} == {shard["shard"]}


def test_a_set_may_weigh_its_conversations_anew(plan):
    weights = dict.fromkeys(IDS, 7.0)
    frozen = freeze(set_root(plan.paths, "weighed"), plan.paths, plan.week, IDS, weights=weights)
    (url,) = {Lake(frozen.root).conversations(plan.week, 0)}
    assert set(pq.read_table(url).column("sample_weight").to_pylist()) == {7.0}


def test_a_week_without_the_conversations_is_refused(plan):
    with pytest.raises(StoreError, match="has none of the conversations of the set"):
        freeze(set_root(plan.paths, "none"), plan.paths, plan.week, {"not there"})


def test_the_set_is_labelled_from_what_the_week_paid_for(plan, frozen, endpoint):
    endpoint.clear_stats()
    run = frozen.run_of(plan, "incumbent.0", journal=set_journal(plan.paths))
    labelled = label_set(run, frozen.sample, reuse=plan.journal_url)
    assert (labelled.requests, labelled.reused, labelled.paid_usd) == (0, 40, 0.0)
    assert sum(1 for url in labelled.rows for _ in read_rows(url)) == 40


def test_conversations_that_were_forgotten_are_no_longer_part_of_the_set(frozen):
    url = Lake(frozen.root).conversations(frozen.week, 0)
    table = pq.read_table(url)
    write_table(url, table.slice(1))
    left = open_set(frozen.root)
    assert (left.conversations, left.fingerprint) == (19, frozen.fingerprint)
