import pytest

from semtel_ops.experiments.results import time_note
from tests.support.experiments import make_cell, make_result

PLAIN = make_result(input_tokens=1_000_000, output_tokens=0, compress_s=1.0)


def lingua(pack=1, **fields):
    cell = make_cell(pack, compression="llmlingua")
    return make_result(cell, **{"input_tokens": 600_000, "output_tokens": 0, "compress_s": 301.0, **fields})


def test_a_compression_that_takes_longer_than_it_spares_says_so():
    # At 100,000 tokens a minute 400,000 tokens less are four minutes less; the compression took five.
    note = time_note(lingua(), [PLAIN, lingua()], 100_000)
    assert note == "costs more time than it saves: compression takes 5 min and saves 4 min of request time"


@pytest.mark.parametrize(
    ("result", "tpm"),
    [
        (lingua(), 50_000),  # twice the time of asking is spared
        (lingua(compress_s=100.0), 100_000),
        (lingua(pack=10), 100_000),  # nothing to compare it with
        (PLAIN, 100_000),
    ],
)
def test_one_that_pays_or_has_no_twin_says_nothing(result, tpm):
    assert time_note(result, [PLAIN, result], tpm) == ""


def test_what_a_quota_lets_through():
    assert PLAIN.conversations_per_minute(2_000_000) == pytest.approx(600)
    assert make_result(input_tokens=0, output_tokens=0).conversations_per_minute(1) == float("inf")
