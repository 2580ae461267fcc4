import pytest

from semtel_ops.concurrency.gradient import GradientLimit
from semtel_ops.testing.conformance.limit import AdaptiveLimitSuite, MakeAdaptiveLimit


class TestGradientLimit(AdaptiveLimitSuite):
    @pytest.fixture
    def make(self) -> MakeAdaptiveLimit:
        return GradientLimit


class TestGradientLimitWithBounds(AdaptiveLimitSuite):
    @pytest.fixture
    def make(self) -> MakeAdaptiveLimit:
        return lambda: GradientLimit(initial=40, floor=2, ceiling=200)
