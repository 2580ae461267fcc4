"""How long a text is, and how to make it shorter.

Here: counting tokens offline, cutting a conversation to a budget, squeezing what carries no meaning out of it; each returns the
new turns and what was cut. Not here: what a prompt adds around the conversation (prompts), or what tokens cost (endpoints).
"""

from semtel_ops.tokens.compressor import Compressed, Compressor, make_compressor
from semtel_ops.tokens.count import TiktokenCounter, TokenCounter
from semtel_ops.tokens.truncate import Truncated, truncate

__all__ = ["Compressed", "Compressor", "TiktokenCounter", "TokenCounter", "Truncated", "make_compressor", "truncate"]
