"""The plain strategy: a request for each conversation and classifier. The baseline for the others."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from semtel_ops.classifiers import ClassifierSpec, Labelling, MatchedBy, read_reply
from semtel_ops.classifiers.thoughts import without_thoughts
from semtel_ops.endpoints.model import ChatRequest, Message, RequestFrame
from semtel_ops.packing.plan import Member, PreparedConversation, RequestPlan

_ROOM_TOKENS = 2_048
"""Tokens of reply after a reply that was cut off: most models reason for fewer about a short question."""
_SHOWN_REPLY = 2_000
"""Characters of an unreadable reply quoted in the second request: enough to correct it, at little cost."""


class SinglePacker:
    """Makes plans with a single member for a set of classifiers, and reads their replies."""

    def __init__(self, specs: Sequence[ClassifierSpec]) -> None:
        self._frames = {spec.id: (spec, frame_of(spec)) for spec in specs}
        self._roomy = {spec.id: roomier(frame) for spec, frame in self._frames.values()}

    @property
    def frames(self) -> tuple[RequestFrame, ...]:
        """All frames that a request of this packer can have."""
        return (*(frame for _, frame in self._frames.values()), *self._roomy.values())

    def plan(self, conversation: PreparedConversation) -> Iterator[RequestPlan]:
        """A plan for each classifier, in order."""
        for spec, _ in self._frames.values():
            yield self.plan_one(conversation, spec)

    def plan_one(self, conversation: PreparedConversation, spec: ClassifierSpec) -> RequestPlan:
        """The plan of one classifier."""
        _, frame = self._frames[spec.id]
        return RequestPlan(ChatRequest(frame, spec.user_text(conversation.turns)), (Member(conversation, spec),))

    def unpack(self, plan: RequestPlan, text: str, *, cut: bool = False) -> list[Labelling]:
        """The labelling of the plan's member; a readable answer of a repeated question counts as relabelled.

        `cut`: the reply reached its limit of tokens.
        """
        labelling = read_reply(plan.members[0].spec, text, cut=cut)
        if plan.round > 1 and labelling.readable:
            labelling = replace(labelling, matched_by=MatchedBy.RELABELLED)
        return [labelling]

    def ask_again(self, plan: RequestPlan, text: str, problem: str, *, cut: bool = False) -> RequestPlan | None:
        """The plan that asks again and shows the unreadable reply `text`; None if `plan` is already such a plan.

        The model's reasoning is not shown: a draft in it would be repeated.

        Args:
            cut: the reply reached its limit of tokens, so the next reply may be longer.
        """
        if plan.request.follow_up:
            return None
        member = plan.members[0]
        shown = Message("assistant", without_thoughts(text).text[:_SHOWN_REPLY] or "(empty)")
        follow_up = (shown, Message("user", member.spec.repair_message(problem)))
        frame = self._roomy[member.spec.id] if cut else plan.request.frame
        request = replace(plan.request, frame=frame, follow_up=follow_up)
        return replace(plan, request=request, round=plan.round + 1, depth=plan.depth + 1)


def roomier(frame: RequestFrame) -> RequestFrame:
    """The frame of a question whose reply was cut off: with enough tokens for a model that reasons before it answers."""
    return replace(frame, max_output_tokens=max(4 * frame.max_output_tokens, _ROOM_TOKENS))


def frame_of(spec: ClassifierSpec) -> RequestFrame:
    """The frame of all plain requests of a classifier."""
    examples = tuple(Message(example.role, example.content) for example in spec.examples)
    return RequestFrame(
        messages=(Message("system", spec.instruction), *examples),
        schema_name=spec.id,
        schema=spec.schema,
        max_output_tokens=spec.max_output_tokens,
        temperature=spec.temperature,
        seed=spec.seed,
        reasoning_effort=spec.reasoning_effort,
    )
