"""What shares a call: a request and the (conversation, classifier) members it asks about."""

from dataclasses import dataclass
from enum import StrEnum

from semtel_ops.classifiers import ClassifierSpec
from semtel_ops.conversations.model import Turn
from semtel_ops.endpoints.model import ChatRequest
from semtel_ops.store.journal import RequestIdentity


@dataclass(frozen=True, slots=True)
class PreparedConversation:
    """A conversation as it will be sent, with what was cut; one row of lake/prepared.

    Attributes:
        shortened: truncated again after the model reported that it was too long.
    """

    conversation_id: str
    content_hash: str
    sample_weight: float
    turns: tuple[Turn, ...]
    truncated_tokens: int = 0
    compression_ratio: float = 1.0
    shortened: bool = False


MemberKey = tuple[str, str]
"""Conversation id and classifier id: the key of a label row."""


@dataclass(frozen=True, slots=True)
class Member:
    """One question of a request: this classifier about this conversation.

    Attributes:
        path: keys of its answer in the reply: conversation, classifier, both, or none if it is alone.
    """

    conversation: PreparedConversation
    spec: ClassifierSpec
    path: tuple[str, ...] = ()

    @property
    def key(self) -> MemberKey:
        return self.conversation.conversation_id, self.spec.id


class Purpose(StrEnum):
    """Purpose of the reply."""

    ASK = "ask"  # labels
    GRADE = "grade"  # which labels of a shared reply are wrong
    CHECK = "check"  # the same label asked alone, only to compare


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """A request before it is asked, and whom its reply is about.

    Attributes:
        round: 1 for the first ask; one more each time because a reply could not be read or was named wrong.
        depth: requests that had to be answered before this one could be planned.
    """

    request: ChatRequest
    members: tuple[Member, ...]
    round: int = 1
    purpose: Purpose = Purpose.ASK
    depth: int = 0

    def identity(self, model: str) -> RequestIdentity:
        """Key under which the outcome of a request is stored."""
        bucket = int(self.members[0].conversation.content_hash[:2], 16)
        return RequestIdentity(self.request.key(model), self.request.frame.fingerprint, bucket)

    @property
    def shared(self) -> bool:
        """Whether several members are asked about."""
        return len(self.members) > 1

    @property
    def strategy(self) -> str:
        """How its members are asked: plain, packed, combined or packed+combined."""
        if not self.shared:
            return "plain"
        words = []
        if len({member.conversation.conversation_id for member in self.members}) > 1:
            words.append("packed")
        if len({member.spec.id for member in self.members}) > 1:
            words.append("combined")
        return "+".join(words)
