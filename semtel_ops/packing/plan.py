"""What shares a call: a request and the (conversation, classifier) members it asks about."""

from dataclasses import dataclass

from semtel_ops.classifiers import ClassifierSpec
from semtel_ops.conversations.model import Turn
from semtel_ops.endpoints.model import ChatRequest


@dataclass(frozen=True, slots=True)
class PreparedConversation:
    """A conversation as it will be sent, with what was cut; one row of lake/prepared.

    Attributes:
        shortened: cut once more, after a model said that it was too long.
    """

    conversation_id: str
    content_hash: str
    sample_weight: float
    turns: tuple[Turn, ...]
    truncated_tokens: int = 0
    compression_ratio: float = 1.0
    shortened: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """One question of a request: this classifier about this conversation."""

    conversation: PreparedConversation
    spec: ClassifierSpec


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """A request before it is asked, and whom its reply is about.

    Attributes:
        round: 1 for the first ask; 2 when an unreadable reply is asked once more.
    """

    request: ChatRequest
    members: tuple[Member, ...]
    round: int = 1
