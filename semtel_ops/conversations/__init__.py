"""Conversations: the model, the sources they are read from, scrubbing, sampling and weeks.

Here: the model (`Conversation`, `Turn`, `Role`); `sources` (files and SQL in, conversations out), `scrub`, `sampling` and
`weeks`. Not here: counting or truncating by tokens, which needs a tokenizer (`tokens`).
"""

from semtel_ops.conversations.model import Conversation, Role, Turn, content_hash

__all__ = ["Conversation", "Role", "Turn", "content_hash"]
