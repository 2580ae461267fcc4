"""Which questions share a request, and how the reply is divided again: the code that packs a request also unpacks its reply.

Here: request plans from conversations and classifiers, labellings from replies, the grader's question and answer. Not here:
sending (`realtime`, `batch`), what a label is (`classifiers`), and what follows from an answer (`shards.rows`). README.md
explains the design.
"""

from semtel_ops.packing.grading import named_wrong
from semtel_ops.packing.packer import Packer
from semtel_ops.packing.plan import Member, MemberKey, PreparedConversation, Purpose, RequestPlan
from semtel_ops.packing.single import SinglePacker

__all__ = ["Member", "MemberKey", "Packer", "PreparedConversation", "Purpose", "RequestPlan", "SinglePacker", "named_wrong"]
