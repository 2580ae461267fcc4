"""What makes a conversation shorter before it is truncated: the protocol, its result, and the compressor of a configuration."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from semtel_ops.conversations.model import Turn
from semtel_ops.extensions import COMPRESSORS
from semtel_ops.settings import TokensConfig


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


@dataclass(frozen=True, slots=True)
class CompressorKind:
    """A compressor as the registry has it. To add one, write a module with its kind and name it in `extensions.builtin`.

    Attributes:
        summary: what it does, in a sentence.
        make: the compressor of a configuration; raises ConfigError where a package or a model is missing.
        uses_rate: whether `tokens.compression_rate` changes its results.
        needs_experiment: whether a weekly run uses it only with an experiment on record, see `StrategyGateConfig`.
    """

    summary: str
    make: Callable[[TokensConfig], Compressor]
    uses_rate: bool = False
    needs_experiment: bool = True


class NoCompression:
    """Hands on what it gets."""

    def compress(self, turns: Sequence[Turn]) -> Compressed:
        return Compressed(tuple(turns), 1.0)


NO_COMPRESSION: Final = CompressorKind("Not at all.", lambda _: NoCompression(), needs_experiment=False)


def compressor_named(name: str) -> CompressorKind:
    """The kind of a name that settings have accepted.

    Raises:
        ConfigError: there is none of this name, or the package it is in cannot be imported.
    """
    kind: CompressorKind = COMPRESSORS.load(name)
    return kind


def make_compressor(config: TokensConfig) -> Compressor:
    """The compressor that the configuration names.

    Raises:
        ConfigError: its package or model is not there.
    """
    return compressor_named(config.compression).make(config)
