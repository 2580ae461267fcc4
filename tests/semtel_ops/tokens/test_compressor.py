import sys

import pytest

from semtel_ops.conversations.model import Role, Turn
from semtel_ops.errors import ConfigError
from semtel_ops.settings import TokensConfig
from semtel_ops.tokens import Compressed, make_compressor
from semtel_ops.tokens.compressor import NoCompression
from semtel_ops.tokens.rules import RuleCompressor


def test_the_ratio_is_characters_after_over_before() -> None:
    before = [Turn(Role.USER, "a" * 60), Turn(Role.ASSISTANT, "b" * 40)]
    after = [Turn(Role.USER, "a" * 35), before[1]]
    assert Compressed.of(before, after).ratio == 0.75
    assert Compressed.of([], []).ratio == 1.0
    assert Compressed.of([Turn(Role.USER, "")], [Turn(Role.USER, "")]).ratio == 1.0


def test_no_compression_hands_on_what_it_gets() -> None:
    turns = [Turn(Role.USER, "a    b\n\n\n\n" * 100)]
    assert NoCompression().compress(turns) == Compressed(tuple(turns), 1.0)


def test_the_configuration_names_the_engine() -> None:
    assert isinstance(make_compressor(TokensConfig(compression="none")), NoCompression)
    assert isinstance(make_compressor(TokensConfig(compression="rules")), RuleCompressor)


def test_an_engine_that_is_not_installed_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llmlingua", None)
    with pytest.raises(ConfigError, match=r"tokens\.compression: 'llmlingua' .*pip install 'semtel-ops\[llmlingua\]'"):
        make_compressor(TokensConfig(compression="llmlingua"))
