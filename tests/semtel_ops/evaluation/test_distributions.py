"""Expected values are those of printed tables of percentage points."""

import math

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.distributions import chi_squared_p, normal_quantile, student_quantile, two_sided_p


@pytest.mark.parametrize(
    ("statistic", "df", "p"),
    [(3.84146, 1, 0.05), (5.99147, 2, 0.05), (11.3449, 3, 0.01), (18.3070, 10, 0.05), (44.9853, 31, 0.05)],
)
def test_chi_squared_has_the_tabled_tail(statistic, df, p):
    assert chi_squared_p(statistic, df) == pytest.approx(p, abs=5e-6)


def test_chi_squared_at_the_ends():
    assert chi_squared_p(0.0, 3) == chi_squared_p(5.0, 0) == 1.0
    assert chi_squared_p(math.inf, 3) == 0.0
    assert 0.0 <= chi_squared_p(5000.0, 30) < 1e-300


@pytest.mark.parametrize(("p", "df", "t"), [(0.975, 9, 2.262), (0.975, 39, 2.0227), (0.95, 39, 1.6849), (0.975, 120, 1.980)])
def test_t_has_the_tabled_quantile(p, df, t):
    assert student_quantile(p, df) == pytest.approx(t, abs=6e-4)


def test_t_of_few_degrees_of_freedom_is_refused():
    with pytest.raises(ConfigError, match="df"):
        student_quantile(0.975, 2)


def test_normal_tail_and_quantile():
    assert normal_quantile(0.975) == pytest.approx(1.959964, abs=1e-6)
    assert two_sided_p(-1.959964) == pytest.approx(0.05, abs=1e-6)
