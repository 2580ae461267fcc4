"""OpenAI's tokenizers without network access: the package contains the ranks, compressed and with checksums.

tiktoken itself downloads the ranks on first use, without a timeout, into a folder that may not be writable. Here they are read
from `ranks/` (made by scripts/fetch_ranks.py), nothing is written, and any number of processes can load them at the same time.
"""

import base64
import hashlib
import lzma
import re
import threading
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from semtel_ops.errors import ConfigError

if TYPE_CHECKING:
    import tiktoken

DEFAULT_ENCODING: Final = "o200k_base"

RANKS_SHA256: Final = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}
"""Checksums of the decompressed files, as in tiktoken."""

# Copied from tiktoken_ext.openai_public, whose functions download the ranks when they are called; a test compares the two.
_PATTERNS: Final = {
    "o200k_base": (
        r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"""
        r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"""
        r"""\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
    ),
    "cl100k_base": (
        r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|"""
        r"""\s*[\r\n]|\s+(?!\S)|\s"""
    ),
}

_SPECIAL_TOKENS: Final = {
    "o200k_base": {"<|endoftext|>": 199999, "<|endofprompt|>": 200018},
    "cl100k_base": {
        "<|endoftext|>": 100257,
        "<|fim_prefix|>": 100258,
        "<|fim_middle|>": 100259,
        "<|fim_suffix|>": 100260,
        "<|endofprompt|>": 100276,
    },
}

# gpt-4, gpt-4-turbo, gpt-4-32k, but neither gpt-4o nor gpt-4.1 and gpt-4.5; gpt-35-turbo is Azure's spelling.
_CL100K_MODELS: Final = re.compile(r"(ft:)?(gpt-4(?![\w.])|gpt-3\.?5|text-embedding-(3|ada-002)|(davinci|babbage)-002)")

_loaded: dict[str, "tiktoken.Encoding"] = {}
_loading = threading.Lock()


def encoding_name_for(model: str) -> str:
    """The encoding for the tokens of a model.

    Exact for OpenAI's models. All other names get o200k_base, which is an estimate for models with another tokenizer (Llama,
    Qwen, Mistral): within about ten percent for English prose, less accurate for other text. Replies have the billed tokens.
    """
    name = model.rsplit("/", 1)[-1].lower()  # gateways have names such as openai/gpt-4
    return "cl100k_base" if _CL100K_MODELS.match(name) else DEFAULT_ENCODING


def load_encoding(name: str = DEFAULT_ENCODING) -> "tiktoken.Encoding":
    """The tokenizer of a name. It is loaded once per process, which takes about 0.4 s; thread-safe.

    Raises:
        ConfigError: there is no such encoding, or its file in the package is missing or damaged.
    """
    with _loading:
        if name not in _loaded:
            _loaded[name] = _build(name)
        return _loaded[name]


def _build(name: str) -> "tiktoken.Encoding":
    if name not in RANKS_SHA256:
        raise ConfigError("encoding", name, f"is not an encoding; known: {', '.join(sorted(RANKS_SHA256))}")
    import tiktoken

    return tiktoken.Encoding(
        name,
        pat_str=_PATTERNS[name],
        mergeable_ranks=_parse(_unpack(name)),
        special_tokens=_SPECIAL_TOKENS[name],
    )


def _packed(name: str) -> bytes:
    return (files("semtel_ops.tokens") / "ranks" / f"{name}.tiktoken.xz").read_bytes()


def _unpack(name: str) -> bytes:
    try:
        ranks = lzma.decompress(_packed(name))
    except (OSError, lzma.LZMAError):
        ranks = b""
    if hashlib.sha256(ranks).hexdigest() != RANKS_SHA256[name]:
        raise ConfigError(
            f"semtel_ops/tokens/ranks/{name}.tiktoken.xz",
            "missing or damaged",
            "— install semtel-ops again, or create the file with scripts/fetch_ranks.py",
        )
    return ranks


def _parse(ranks: bytes) -> dict[bytes, int]:
    """Read the published format: a line per token, with its bytes in base64 and its rank."""
    fields = ranks.split()
    return dict(zip(map(base64.b64decode, fields[::2]), map(int, fields[1::2]), strict=True))
