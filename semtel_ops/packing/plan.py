"""Request plans: a request and its members, which are (conversation, classifier) pairs."""

from dataclasses import dataclass
from enum import StrEnum

from semtel_ops.classifiers import ClassifierSpec
from semtel_ops.conversations.model import Turn
from semtel_ops.endpoints.model import AskedModel, ChatRequest
from semtel_ops.store.journal_outcome import RequestIdentity, about_id


@dataclass(frozen=True, slots=True)
class PreparedConversation:
    """A conversation as it is sent to models: a row of lake/prepared.

    Attributes:
        content_hash: hexadecimal hash of the text before compression and truncation; its first byte selects the journal's
        bucket.
        truncated_tokens: tokens that were cut.
        compression_ratio: characters after compression over characters before.
    """

    conversation_id: str
    content_hash: str
    sample_weight: float
    turns: tuple[Turn, ...]
    truncated_tokens: int = 0
    compression_ratio: float = 1.0


MemberKey = tuple[str, str]
"""Conversation id and classifier id: the key of a label row."""


@dataclass(frozen=True, slots=True)
class Member:
    """A question of a request: a classifier about a conversation.

    Attributes:
        path: keys of its answer in the reply: conversation, classifier, both, or empty if it is the only member.
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
    """A request before it is sent, and its members.

    Attributes:
        round: 1 for the first request; increases by 1 when members are asked again, since their reply was unreadable or their
            label was named wrong.
        depth: number of replies that had to be received before this request could be planned.
    """

    request: ChatRequest
    members: tuple[Member, ...]
    round: int = 1
    purpose: Purpose = Purpose.ASK
    depth: int = 0

    def identity(self, model: AskedModel | str) -> RequestIdentity:
        """The key under which the journal stores the outcome of the request at this model."""
        bucket = int(self.members[0].conversation.content_hash[:2], 16)
        about = tuple(map(about_id, dict.fromkeys(member.conversation.conversation_id for member in self.members)))
        return RequestIdentity(self.request.key(model), self.request.frame.fingerprint, bucket, about)

    @property
    def shared(self) -> bool:
        """Whether the request has several members."""
        return len(self.members) > 1

    @property
    def strategy(self) -> str:
        """How the request is packed: plain, packed, combined or packed+combined."""
        if not self.shared:
            return "plain"
        words = []
        if len({member.conversation.conversation_id for member in self.members}) > 1:
            words.append("packed")
        if len({member.spec.id for member in self.members}) > 1:
            words.append("combined")
        return "+".join(words)
