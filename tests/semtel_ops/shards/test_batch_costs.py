"""What was billed and lost is counted: estimated where it can be, unknown where not, and for a budget at most."""

from dataclasses import replace

import pytest

from semtel_ops.endpoints.model import Price
from semtel_ops.shards.batch_costs import lost_usd, most_lost_usd
from semtel_ops.store.batch_ledger import BatchJob, JobState
from tests.support.batch_jobs import make_job

PRICE = Price(1.0, 2.0)
ANSWER_USD = (100 * 1.0 + 10 * 2.0) / 1e6 / 2
MOST_USD = (400 * 1.0 + 50 * 2.0) / 1e6 / 2
"""Of a request with 400 bytes, and at most 50 tokens in its reply."""
JOB = make_job(
    state=JobState.DONE, answered=10, refused=0, failed=0, expired=0, missing=0, input_tokens=1_000, output_tokens=100,
    cost_usd=10 * ANSWER_USD,
)  # fmt: skip
TWO_LOST = replace(JOB, answered=8, missing=2, input_tokens=800, output_tokens=80)
ALL_LOST = replace(JOB, answered=0, missing=10, input_tokens=0, output_tokens=0, cost_usd=None)


@pytest.mark.parametrize(
    ("job", "lost", "most"),
    [
        pytest.param(JOB, 0.0, 0.0, id="nothing is lost"),
        pytest.param(TWO_LOST, 2 * ANSWER_USD, 2 * MOST_USD, id="two are estimated"),
        pytest.param(ALL_LOST, None, 10 * MOST_USD, id="all are unknown"),
        pytest.param(replace(ALL_LOST, missing=0, failed=10), None, 10 * MOST_USD, id="all are unreadable"),
        pytest.param(replace(ALL_LOST, cost_usd=0.0), 0.0, 0.0, id="none was processed"),
        pytest.param(
            replace(TWO_LOST, cost_usd=8 * ANSWER_USD), 0.0, 0.0, id="the provider counts the lost ones as not processed"
        ),
        pytest.param(replace(JOB, answered=None, cost_usd=None), 0.0, 0.0, id="it is not merged yet"),
        pytest.param(replace(ALL_LOST, endpoint="gone"), 0.0, 0.0, id="an endpoint without a price"),
    ],
)
def test_the_cost_of_lost_answers(job: BatchJob, lost: float | None, most: float) -> None:
    assert lost_usd([job], {"east": PRICE}) == (lost if lost is None else pytest.approx(lost))
    assert most_lost_usd([job], {"east": PRICE}, 50) == pytest.approx(most)


def test_one_unknown_cost_makes_the_sum_unknown_and_a_budget_counts_all() -> None:
    assert lost_usd([TWO_LOST, ALL_LOST], {"east": PRICE}) is None
    assert most_lost_usd([TWO_LOST, ALL_LOST], {"east": PRICE}, 50) == pytest.approx(12 * MOST_USD)
