"""Which endpoints get a shard's next jobs, in files of which size."""

from collections import Counter
from dataclasses import replace

import pytest

from semtel_ops.batch.job_file import default_caps
from semtel_ops.endpoints.model import Lane
from semtel_ops.shards.batch_plan import batch_targets
from semtel_ops.store.batch_ledger import BatchLedger, JobState
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.scripted_client import make_endpoint
from tests.support.batch_jobs import make_job

EAST, WEST = (replace(make_endpoint(name), lanes=(Lane.BATCH,)) for name in ("east", "west"))


@pytest.fixture
def jobs(ledger_url):
    with open_ledger(ledger_url) as ledger:
        yield BatchLedger(ledger, "me")


def names(jobs, *endpoints, shard, number=1):
    targets = batch_targets(endpoints, jobs, [], shard=shard, number=number, now=0.0)
    return [target.endpoint.name for target in targets]


def test_each_round_begins_with_another_endpoint(jobs):
    first, second, third = (names(jobs, EAST, WEST, shard=3, number=number) for number in (1, 2, 3))
    assert first == third == second[::-1]


def test_shards_prefer_endpoints_by_their_weight(jobs):
    heavy = replace(EAST, weight=3.0)
    first = Counter(names(jobs, heavy, WEST, shard=shard)[0] for shard in range(400))
    assert 270 <= first["east"] <= 330


def test_files_are_half_the_size_of_those_that_an_endpoint_split(jobs):
    split = make_job(state=JobState.SPLIT)
    east, west = sorted(
        batch_targets([EAST, WEST], jobs, [split], shard=0, number=1, now=0.0), key=lambda target: target.endpoint.name
    )
    assert east.caps.requests == 5
    assert west.caps == default_caps(WEST, None)
