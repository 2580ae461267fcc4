"""Counting tokens, and making conversations shorter.

Here: offline token counts, truncation of a conversation to a budget, and compression, which removes text without meaning; each
returns the new turns and how much was cut. Not here: the text of prompts (`prompts`), the price of tokens (`endpoints`).
"""

from semtel_ops.tokens.compressor import Compressed, Compressor, make_compressor
from semtel_ops.tokens.count import TiktokenCounter, TokenCounter
from semtel_ops.tokens.truncate import Truncated, truncate

__all__ = ["Compressed", "Compressor", "TiktokenCounter", "TokenCounter", "Truncated", "make_compressor", "truncate"]
