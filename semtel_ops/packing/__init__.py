"""What shares a call, and how its reply is taken apart again: whatever packs a request also unpacks its reply.

Here: plans from conversations and classifiers, labellings from replies. Not here: asking (`realtime`, `batch`) and what a
label is (`classifiers`).
"""

from semtel_ops.packing.plan import Member, PreparedConversation, RequestPlan
from semtel_ops.packing.single import SinglePacker

__all__ = ["Member", "PreparedConversation", "RequestPlan", "SinglePacker"]
