"""What shares a call, and how its reply is taken apart again: whatever packs a request also unpacks its reply.

Here: plans from conversations and classifiers, labellings from replies, the grader's question and answer. Not here: asking
(`realtime`, `batch`), what a label is (`classifiers`), and what becomes of an answer (`shards.rows`).
"""

from semtel_ops.packing.grading import named_wrong
from semtel_ops.packing.packer import Packer
from semtel_ops.packing.plan import Member, MemberKey, PreparedConversation, Purpose, RequestPlan
from semtel_ops.packing.single import SinglePacker

__all__ = ["Member", "MemberKey", "Packer", "PreparedConversation", "Purpose", "RequestPlan", "SinglePacker", "named_wrong"]
