"""LLMLingua-2 as a `Compressor`: a model decides which tokens to keep. Optional, and slow without a GPU.

Pan et al., «LLMLingua-2: Data Distillation for Efficient and Faithful Task-Agnostic Prompt Compression», 2024
(arXiv:2403.12968).
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from semtel_ops.conversations.model import Turn
from semtel_ops.errors import ConfigError
from semtel_ops.tokens.compressor import Compressed, CompressorKind

MODEL: Final = "microsoft/llmlingua-2-bert-base-multilingual-cased-meetingbank"
"""The smaller of the two published models, and multilingual."""

_SHORT_CHARS: Final = 200  # shorter text saves little, and may be the question itself


class LinguaEngine(Protocol):
    """The used part of llmlingua.PromptCompressor."""

    def compress_prompt(self, context: list[str], **options: Any) -> dict[str, Any]: ...


class LinguaCompressor:
    """Keeps about the fraction `rate` of the tokens of every turn that is longer than 200 characters.

    Processes about 700 tokens a second on two cores (measured with an untrained model of the same size), which is enough for
    samples and experiments.
    """

    def __init__(self, rate: float, engine: LinguaEngine | None = None) -> None:
        self._rate = rate
        self._engine = engine or _load_engine()

    def compress(self, turns: Sequence[Turn]) -> Compressed:
        return Compressed.of(turns, [Turn(turn.role, self._shorter(turn.content)) for turn in turns])

    def _shorter(self, text: str) -> str:
        if len(text) <= _SHORT_CHARS:
            return text
        reply = self._engine.compress_prompt([text], rate=self._rate, force_tokens=["\n", "?"])
        shorter = str(reply["compressed_prompt"])
        return shorter if shorter.strip() and len(shorter) < len(text) else text


def _load_engine() -> LinguaEngine:
    try:
        from llmlingua import PromptCompressor
    except ImportError:
        raise ConfigError(
            "tokens.compression", "llmlingua", "needs a package that is not installed: pip install 'semtel-ops[llmlingua]'"
        ) from None
    try:
        engine: LinguaEngine = PromptCompressor(model_name=MODEL, use_llmlingua2=True, device_map="cpu")
    except (OSError, ValueError) as error:
        raise ConfigError(
            "tokens.compression",
            "llmlingua",
            f"cannot load its model {MODEL} ({type(error).__name__}); download it to the Hugging Face cache, or use rules",
        ) from error
    return engine


LLMLINGUA: Final = CompressorKind(
    "A small model drops tokens: LLMLingua-2, installed with `pip install 'semtel-ops[llmlingua]'`.",
    lambda config: LinguaCompressor(config.compression_rate),
    uses_rate=True,
)
