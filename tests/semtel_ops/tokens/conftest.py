import pytest

from semtel_ops.tokens import TiktokenCounter
from semtel_ops.tokens.encodings import RANKS_SHA256, load_encoding


@pytest.fixture(scope="session")
def counter() -> TiktokenCounter:
    return TiktokenCounter()


@pytest.fixture(scope="session", params=sorted(RANKS_SHA256))
def each_counter(request: pytest.FixtureRequest) -> TiktokenCounter:
    """One counter for each encoding we ship."""
    return TiktokenCounter(load_encoding(request.param))
