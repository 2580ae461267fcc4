"""Compression, which shortens a conversation before truncation: the protocol, its result, and compressors by name."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from semtel_ops.conversations.model import Turn
from semtel_ops.extensions import COMPRESSORS
from semtel_ops.settings import TokensConfig


@dataclass(frozen=True, slots=True)
class Compressed:
    """A compressed conversation.

    Attributes:
        turns: as many as before, with the same roles in the same order; a turn that had content still has content.
        ratio: characters after over characters before; 1.0: unchanged (also for a conversation without characters).
    """

    turns: tuple[Turn, ...]
    ratio: float

    @classmethod
    def of(cls, before: Sequence[Turn], after: Sequence[Turn]) -> "Compressed":
        """Compute the ratio; unchanged turns must be the same objects before and after."""
        if all(map(operator.is_, before, after)):
            return cls(tuple(after), 1.0)
        chars = sum(len(turn.content) for turn in before)
        return cls(tuple(after), sum(len(turn.content) for turn in after) / chars if chars else 1.0)


class Compressor(Protocol):
    """Shortens a conversation. Equal turns must give equal results in any process, since request keys depend on them."""

    def compress(self, turns: Sequence[Turn]) -> Compressed: ...


@dataclass(frozen=True, slots=True)
class CompressorKind:
    """An entry in the registry of compressors.

    To add a compressor, define its kind in a module and list it in `extensions.builtin`.

    Attributes:
        summary: what the compressor does, in a sentence.
        make: creates the compressor; raises ConfigError if a package or a model is missing.
        uses_rate: whether `tokens.compression_rate` changes its results.
        needs_experiment: whether a weekly run may use it only after a recorded experiment, see `StrategyGateConfig`.
    """

    summary: str
    make: Callable[[TokensConfig], Compressor]
    uses_rate: bool = False
    needs_experiment: bool = True


class NoCompression:
    """Returns conversations unchanged."""

    def compress(self, turns: Sequence[Turn]) -> Compressed:
        return Compressed(tuple(turns), 1.0)


NO_COMPRESSION: Final = CompressorKind("Not at all.", lambda _: NoCompression(), needs_experiment=False)


def compressor_named(name: str) -> CompressorKind:
    """The compressor of a name.

    Raises:
        ConfigError: there is no compressor of this name, or its package cannot be imported.
    """
    kind: CompressorKind = COMPRESSORS.load(name)
    return kind


def make_compressor(config: TokensConfig) -> Compressor:
    """Create the compressor that the configuration names.

    Raises:
        ConfigError: its package or model is missing.
    """
    return compressor_named(config.compression).make(config)
