import sys
from types import ModuleType
from typing import Any

import pytest

from semtel_ops.conversations.model import Role, Turn
from semtel_ops.errors import ConfigError
from semtel_ops.settings import TokensConfig
from semtel_ops.tokens import make_compressor
from semtel_ops.tokens.llmlingua import MODEL, LinguaCompressor

_LONG = "The quick brown fox jumps over the lazy dog. " * 10


class EveryOtherWord:
    """An engine with the shape of llmlingua's, that keeps every other word."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.calls: list[dict[str, Any]] = []

    def compress_prompt(self, context: list[str], **options: Any) -> dict[str, Any]:
        self.calls.append(options)
        return {"compressed_prompt": " ".join(context[0].split()[::2])}


class Silent(EveryOtherWord):
    def compress_prompt(self, context: list[str], **options: Any) -> dict[str, Any]:
        return {"compressed_prompt": " "}


def test_long_turns_are_handed_to_the_engine_with_the_rate_and_short_ones_are_not() -> None:
    engine = EveryOtherWord()
    turns = [Turn(Role.USER, "Why?"), Turn(Role.ASSISTANT, _LONG)]
    result = LinguaCompressor(0.4, engine).compress(turns)
    assert result.turns == (turns[0], Turn(Role.ASSISTANT, " ".join(_LONG.split()[::2])))
    assert [call["rate"] for call in engine.calls] == [0.4]
    assert 0.4 < result.ratio < 0.6


def test_a_reply_without_words_leaves_the_turn_as_it_was() -> None:
    assert LinguaCompressor(0.4, Silent()).compress([Turn(Role.USER, _LONG)]).turns[0].content == _LONG


def _install(monkeypatch: pytest.MonkeyPatch, engine: Any) -> None:
    module = ModuleType("llmlingua")
    module.PromptCompressor = engine  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "llmlingua", module)


def test_the_engine_is_made_with_the_second_model_and_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    _install(monkeypatch, EveryOtherWord)
    compressor = make_compressor(TokensConfig(compression="llmlingua", compression_rate=0.3))
    assert isinstance(compressor, LinguaCompressor)
    assert compressor._engine.options == {"model_name": MODEL, "use_llmlingua2": True, "device_map": "cpu"}


def test_a_model_that_cannot_be_loaded_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_weights(**_options: Any) -> None:
        raise OSError("we could not connect")

    _install(monkeypatch, no_weights)
    with pytest.raises(ConfigError, match=r"cannot load its model microsoft/llmlingua-2.*OSError"):
        make_compressor(TokensConfig(compression="llmlingua"))
