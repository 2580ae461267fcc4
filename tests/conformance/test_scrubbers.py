from collections.abc import Collection, Sequence
from typing import Any

import pytest

from semtel_ops.conversations.scrub import MakeScrubber, PiiType, PresidioScrubber
from semtel_ops.extensions import SCRUB_ENGINES
from semtel_ops.testing.conformance.scrubber import ScrubberSuite


class _FindsNothing:
    """In place of Presidio's analyzer, which is not in the pins: the engine's rules are left."""

    def analyze(self, text: str, language: str, entities: list[str] | None = None) -> Sequence[Any]:
        return []


class TestEveryEngine(ScrubberSuite):
    @pytest.fixture(params=SCRUB_ENGINES.names())
    def name(self, request: pytest.FixtureRequest) -> str:
        return request.param

    @pytest.fixture
    def make(self, name: str) -> MakeScrubber:
        if name == "presidio":
            return lambda types: PresidioScrubber(_FindsNothing(), types)
        return SCRUB_ENGINES.load(name)

    @pytest.fixture
    def finds(self, name: str) -> Collection[PiiType]:
        return {"rules": tuple(PiiType), "presidio": tuple(PiiType)}.get(name, ())
