"""What a conversation is, where it comes from, and what is done to it before anything is asked.

Here: the model (`Conversation`, `Turn`, `Role`), and in rooms of their own the sources (files and SQL in, conversations out),
the scrubber, the sampler and the weeks. Not here: counting or cutting by tokens, which needs a tokeniser and has its own room.
"""

from semtel_ops.conversations.model import Conversation, Role, Turn, content_hash

__all__ = ["Conversation", "Role", "Turn", "content_hash"]
