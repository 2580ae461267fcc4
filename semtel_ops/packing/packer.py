"""From conversations to requests and back: every strategy behind one face, so that what asks need not know which it is."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from semtel_ops.classifiers import ClassifierSpec, Labelling, MatchedBy
from semtel_ops.endpoints.model import RequestFrame
from semtel_ops.packing.bundle import Bundle
from semtel_ops.packing.grading import grader_plan
from semtel_ops.packing.grouping import grouped
from semtel_ops.packing.plan import Member, MemberKey, PreparedConversation, Purpose, RequestPlan
from semtel_ops.packing.single import SinglePacker
from semtel_ops.packing.unpack import read_members
from semtel_ops.settings import StrategyConfig


class Packer:
    """Makes the plans of a strategy, and reads their replies. The same conversations give the same plans, whenever asked."""

    def __init__(
        self, specs: Sequence[ClassifierSpec], strategy: StrategyConfig, prompts: Path, *, unbundled: Sequence[str] = ()
    ) -> None:
        """`unbundled`: ids of classifiers that are asked separately although the strategy combines."""
        self._strategy = strategy
        self._single = SinglePacker(specs)
        self._bundles = [Bundle(group, prompts) for group in _groups(specs, strategy, unbundled)]
        self._of = {spec.id: bundle for bundle in self._bundles for spec in bundle.specs}

    @property
    def frames(self) -> tuple[RequestFrame, ...]:
        """All frames a plan of this packer can have."""
        sizes = range(1, self._strategy.pack + 1)
        shared = [(bundle, size) for bundle in self._bundles for size in sizes if bundle.shared(size)]
        asking = [bundle.frame(size) for bundle, size in shared]
        grading = [bundle.grader_frame(size) for bundle, size in shared] if self._strategy.grader else []
        return (*self._single.frames, *asking, *grading)

    def plans(
        self, conversations: Iterable[PreparedConversation], *, settled: Collection[MemberKey] = ()
    ) -> Iterator[RequestPlan]:
        """Every member of every conversation once; what shares a conversation's group follows each other.

        Members that are `settled` are not asked; what would have shared a conversation with them is asked alone.
        """
        strategy = self._strategy
        groups = grouped(conversations, size=strategy.pack, tokens=strategy.pack_tokens, seed=strategy.shuffle_seed)
        for group in groups:
            for bundle in self._bundles:
                if settled:
                    yield from self._unsettled(bundle, group, settled)
                else:
                    yield self._whole(bundle, group)

    def _whole(self, bundle: Bundle, group: Sequence[PreparedConversation]) -> RequestPlan:
        """One request about all of a group."""
        if bundle.shared(len(group)):
            return RequestPlan(bundle.request(group), bundle.members(group))
        return self._single.plan_one(group[0], bundle.specs[0])

    def _unsettled(
        self, bundle: Bundle, group: Sequence[PreparedConversation], settled: Collection[MemberKey]
    ) -> Iterator[RequestPlan]:
        open_in = {
            one.conversation_id: [spec for spec in bundle.specs if (one.conversation_id, spec.id) not in settled]
            for one in group
        }
        whole = tuple(one for one in group if len(open_in[one.conversation_id]) == len(bundle.specs))
        if whole:
            yield self._whole(bundle, whole)
        for one in group:
            if len(open_in[one.conversation_id]) < len(bundle.specs):
                yield from (self._single.plan_one(one, spec) for spec in open_in[one.conversation_id])

    def unpack(self, plan: RequestPlan, text: str) -> list[Labelling]:
        """The members' labellings, in their order; what was asked again counts as relabelled."""
        if not plan.shared:
            return self._single.unpack(plan, text)
        read = read_members(plan.members, text)
        if plan.round == 1:
            return read
        return [replace(one, matched_by=MatchedBy.RELABELLED) if one.readable else one for one in read]

    def alone(self, member: Member, after: RequestPlan, *, again: bool) -> RequestPlan:
        """A member of a shared request by itself; `again`: because its answer could not be used."""
        return self._follow(self._single.plan_one(member.conversation, member.spec), after, again=again)

    def apart(self, plan: RequestPlan, members: Sequence[Member], *, again: bool) -> list[RequestPlan]:
        """Smaller requests for the members of a shared request whose answers could not be used.

        A conversation of which nothing could be used keeps its classifiers together, once more; all else is asked alone.
        """
        bundle = self._of[plan.members[0].spec.id]
        plans: list[RequestPlan] = []
        of_conversation: dict[str, list[Member]] = {}
        for member in members:
            of_conversation.setdefault(member.conversation.conversation_id, []).append(member)
        for own in of_conversation.values():
            if bundle.combined and len(own) == len(bundle.specs) < len(plan.members):
                plans.append(self._follow(self._whole(bundle, (own[0].conversation,)), plan, again=again))
            else:
                plans += [self.alone(member, plan, again=again) for member in own]
        return plans

    def ask_again(self, plan: RequestPlan, text: str, problem: str) -> RequestPlan | None:
        """The plan that asks a single member once more, showing its unreadable reply; None when that was it."""
        return self._single.ask_again(plan, text, problem)

    def shortened(self, plan: RequestPlan, conversation: PreparedConversation) -> RequestPlan:
        """The same question of a single plan about less of the conversation."""
        return self._follow(self._single.plan_one(conversation, plan.members[0].spec), plan, again=False)

    def grade(self, plan: RequestPlan, read: Mapping[MemberKey, Labelling]) -> RequestPlan:
        """Ask which labels of a shared reply are wrong."""
        return grader_plan(self._of[plan.members[0].spec.id], plan, read)

    def check(self, member: Member, after: RequestPlan) -> RequestPlan:
        """The same question asked alone, only to compare."""
        single = self._single.plan_one(member.conversation, member.spec)
        return RequestPlan(single.request, single.members, after.round, Purpose.CHECK, after.depth + 1)

    @staticmethod
    def _follow(plan: RequestPlan, after: RequestPlan, *, again: bool) -> RequestPlan:
        return RequestPlan(plan.request, plan.members, after.round + again, Purpose.ASK, after.depth + 1)


def _groups(
    specs: Sequence[ClassifierSpec], strategy: StrategyConfig, unbundled: Sequence[str]
) -> list[tuple[ClassifierSpec, ...]]:
    """Classifiers that share requests. One request has one temperature and one seed, so only those that agree on both do."""
    if not strategy.combine:
        return [(spec,) for spec in specs]
    together: dict[tuple[float | None, int | None], list[ClassifierSpec]] = {}
    for spec in specs:
        if spec.id not in unbundled:
            together.setdefault((spec.temperature, spec.seed), []).append(spec)
    return [*map(tuple, together.values()), *((spec,) for spec in specs if spec.id in unbundled)]
