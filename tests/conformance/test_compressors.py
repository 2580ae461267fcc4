import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from semtel_ops.extensions import COMPRESSORS
from semtel_ops.settings import TokensConfig
from semtel_ops.testing.conformance.compressor import CompressorSuite
from semtel_ops.tokens import Compressor, make_compressor


class _EveryOtherWord:
    """In place of llmlingua's model, which is not in the pins."""

    def __init__(self, **_options: Any) -> None:
        pass

    def compress_prompt(self, context: list[str], **_options: Any) -> dict[str, Any]:
        return {"compressed_prompt": " ".join(context[0].split(" ")[::2])}


class TestEveryCompressor(CompressorSuite):
    @pytest.fixture(params=COMPRESSORS.names())
    def make(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Compressor]:
        module = ModuleType("llmlingua")
        module.PromptCompressor = _EveryOtherWord  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "llmlingua", module)
        return lambda: make_compressor(TokensConfig(compression=request.param))
