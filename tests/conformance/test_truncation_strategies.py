import pytest

from semtel_ops.extensions import TRUNCATION_STRATEGIES
from semtel_ops.testing.conformance.truncation_strategy import TruncationStrategySuite
from semtel_ops.tokens.strategies import Strategy, strategy_named


class TestEveryStrategy(TruncationStrategySuite):
    @pytest.fixture(params=TRUNCATION_STRATEGIES.names())
    def strategy(self, request: pytest.FixtureRequest) -> Strategy:
        return strategy_named(request.param)
