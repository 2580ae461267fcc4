"""What makes a conversation shorter before it is truncated: the protocol, its result, and the choice of an engine."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from semtel_ops.conversations.model import Turn
from semtel_ops.settings import Compression, TokensConfig


@dataclass(frozen=True, slots=True)
class Compressed:
    """Turns with less in them.

    Attributes:
        turns: as many as before, with the same roles in the same order; none that had content is empty.
        ratio: characters after / before; 1.0 = untouched (also for a conversation without characters).
    """

    turns: tuple[Turn, ...]
    ratio: float

    @classmethod
    def of(cls, before: Sequence[Turn], after: Sequence[Turn]) -> "Compressed":
        if all(map(operator.is_, before, after)):
            return cls(tuple(after), 1.0)
        chars = sum(len(turn.content) for turn in before)
        return cls(tuple(after), sum(len(turn.content) for turn in after) / chars if chars else 1.0)


class Compressor(Protocol):
    """Shortens a conversation. Equal turns give equal results, in any process: request keys are made of them."""

    def compress(self, turns: Sequence[Turn]) -> Compressed: ...


class NoCompression:
    """Hands on what it gets."""

    def compress(self, turns: Sequence[Turn]) -> Compressed:
        return Compressed(tuple(turns), 1.0)


def make_compressor(config: TokensConfig) -> Compressor:
    """The engine that the configuration names.

    Raises:
        ConfigError: the engine's package or model is not there.
    """
    # The engines import this module, so it imports them late.
    if config.compression is Compression.NONE:
        return NoCompression()
    if config.compression is Compression.RULES:
        from semtel_ops.tokens.rules import RuleCompressor

        return RuleCompressor()
    from semtel_ops.tokens.llmlingua import LinguaCompressor

    return LinguaCompressor(config.compression_rate)
