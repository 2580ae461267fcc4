"""Fingerprints of everything but the model that decides how a conversation is labelled: its prompts and its strategy."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import orjson

from semtel_ops.classifiers import ClassifierSpec
from semtel_ops.packing import Packer
from semtel_ops.settings import StrategyConfig, TokensConfig
from semtel_ops.tokens.compressor import compressor_named


def strategy_fingerprint(strategy: StrategyConfig, tokens: TokensConfig) -> str:
    """32 hex digits that change with everything that decides what is in a request, except the seed that shuffles packs."""
    shared = [strategy.pack, strategy.pack_tokens if strategy.pack > 1 else 0, strategy.grader and not strategy.plain]
    return _digest([shared, strategy.combine, tokens_fingerprint(tokens)])


def tokens_fingerprint(tokens: TokensConfig) -> str:
    """32 hex digits that change with everything that decides how a conversation is shortened."""
    rate = tokens.compression_rate if compressor_named(tokens.compression).uses_rate else None
    return _digest([tokens.max_per_conversation, tokens.truncation, tokens.compression, rate])


def prompt_fingerprints(specs: Sequence[ClassifierSpec], strategy: StrategyConfig, prompts: Path) -> dict[str, str]:
    """Classifier id → 32 hex digits, a fingerprint of all prompt text that this strategy sends for it.

    The fingerprint of a combined classifier depends on all classifiers. Unbundling does not change it: separate requests
    need no proof.
    """
    if strategy.combine:
        together = _of_frames(Packer(specs, strategy, prompts))
        return {spec.id: together for spec in specs}
    return {spec.id: _of_frames(Packer([spec], strategy, prompts)) for spec in specs}


def _of_frames(packer: Packer) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for frame in packer.frames:
        digest.update(frame.fingerprint)
    return digest.hexdigest()


def _digest(values: list[object]) -> str:
    return hashlib.blake2b(orjson.dumps(values), digest_size=16).hexdigest()
