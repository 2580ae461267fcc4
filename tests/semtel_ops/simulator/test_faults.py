from statistics import median

import pytest

from semtel_ops.simulator.config import Fault, LatencyConfig, OutageConfig
from semtel_ops.simulator.faults import draw_fault, outage_at
from semtel_ops.simulator.latency import service_s


def test_faults_come_at_their_rates_and_the_same_request_fares_the_same():
    rates = {Fault.TOO_MANY: 0.2, Fault.RESET: 0.05}
    drawn = [draw_fault(rates, draw_key=(1, number)) for number in range(4_000)]
    assert drawn == [draw_fault(rates, draw_key=(1, number)) for number in range(4_000)]
    # Four standard deviations: 800 ± 101, 200 ± 55.
    assert 699 < drawn.count(Fault.TOO_MANY) < 901
    assert 145 < drawn.count(Fault.RESET) < 255


def test_an_outage_returns_with_its_period():
    outages = (OutageConfig(after_s=10, for_s=5, every_s=60),)
    assert [outage_at(outages, at) is not None for at in (9, 10, 14.9, 15, 70, 75)] == [False, True, True, False, True, False]


def test_latency_is_base_plus_tokens_times_a_lognormal_factor_of_median_one():
    config = LatencyConfig(base_ms=100, per_output_token_ms=10, jitter=0.5)
    times = [service_s(config, input_tokens=0, output_tokens=10, draw_key=(number,)) for number in range(2_000)]
    assert median(times) == pytest.approx(0.2, rel=0.08)
    assert times[0] == service_s(config, input_tokens=0, output_tokens=10, draw_key=(0,))
    assert service_s(LatencyConfig(base_ms=5, per_input_token_ms=1), input_tokens=20, output_tokens=9, draw_key=()) == 0.025
