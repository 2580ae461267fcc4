"""From conversations to requests and back, with the same interface for every strategy."""

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
    """Makes the request plans of a strategy, and reads their replies. The same conversations always give the same plans."""

    def __init__(
        self, specs: Sequence[ClassifierSpec], strategy: StrategyConfig, prompts: Path, *, unbundled: Sequence[str] = ()
    ) -> None:
        """Make a packer.

        Args:
            prompts: folder of the shared prompts.
            unbundled: ids of classifiers that have their own requests although the strategy combines classifiers.
        """
        self._strategy = strategy
        self._single = SinglePacker(specs)
        self._bundles = [Bundle(group, prompts) for group in _groups(specs, strategy, unbundled)]
        self._of = {spec.id: bundle for bundle in self._bundles for spec in bundle.specs}

    @property
    def frames(self) -> tuple[RequestFrame, ...]:
        """All frames that a request of this packer can have."""
        sizes = range(1, self._strategy.pack + 1)
        shared = [(bundle, size) for bundle in self._bundles for size in sizes if bundle.shared(size)]
        asking = [bundle.frame(size) for bundle, size in shared]
        grading = [bundle.grader_frame(size) for bundle, size in shared] if self._strategy.grader else []
        return (*self._single.frames, *asking, *grading)

    def plans(
        self, conversations: Iterable[PreparedConversation], *, settled: Collection[MemberKey] = ()
    ) -> Iterator[RequestPlan]:
        """Plans with every member of every conversation once; the plans of a group of conversations follow each other.

        Members in `settled` are left out; the other members of their conversations are then sent alone.
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
        """One request about all conversations of a group."""
        if bundle.shared(len(group)):
            return RequestPlan(bundle.request(group), bundle.members(group))
        return self._single.plan_one(group[0], bundle.specs[0])

    def _unsettled(
        self, bundle: Bundle, group: Sequence[PreparedConversation], settled: Collection[MemberKey]
    ) -> Iterator[RequestPlan]:
        open_in = {
            conversation.conversation_id: [
                spec for spec in bundle.specs if (conversation.conversation_id, spec.id) not in settled
            ]
            for conversation in group
        }
        whole = tuple(item for item in group if len(open_in[item.conversation_id]) == len(bundle.specs))
        if whole:
            yield self._whole(bundle, whole)
        for conversation in group:
            specs = open_in[conversation.conversation_id]
            if len(specs) < len(bundle.specs):
                yield from (self._single.plan_one(conversation, spec) for spec in specs)

    def unpack(self, plan: RequestPlan, text: str, *, cut: bool = False) -> list[Labelling]:
        """The labellings of the plan's members, in order; readable answers of a repeated question count as relabelled.

        `cut`: the reply reached its limit of tokens.
        """
        if not plan.shared:
            return self._single.unpack(plan, text, cut=cut)
        labellings = read_members(plan.members, text, cut=cut)
        if plan.round == 1:
            return labellings
        return [replace(item, matched_by=MatchedBy.RELABELLED) if item.readable else item for item in labellings]

    def alone(self, member: Member, after: RequestPlan, *, again: bool) -> RequestPlan:
        """The plan that sends a member of a shared request alone. `again`: whether because its answer was unusable."""
        return self._follow(self._single.plan_one(member.conversation, member.spec), after, again=again)

    def apart(self, plan: RequestPlan, members: Sequence[Member], *, again: bool) -> list[RequestPlan]:
        """Smaller requests for members of a shared request without a usable answer.

        A conversation without any usable answer keeps its classifiers together once more; all other members are sent alone.
        """
        bundle = self._of[plan.members[0].spec.id]
        plans: list[RequestPlan] = []
        by_conversation: dict[str, list[Member]] = {}
        for member in members:
            by_conversation.setdefault(member.conversation.conversation_id, []).append(member)
        for group in by_conversation.values():
            if bundle.combined and len(group) == len(bundle.specs) < len(plan.members):
                plans.append(self._follow(self._whole(bundle, (group[0].conversation,)), plan, again=again))
            else:
                plans += [self.alone(member, plan, again=again) for member in group]
        return plans

    def ask_again(self, plan: RequestPlan, text: str, problem: str, *, cut: bool = False) -> RequestPlan | None:
        """The plan that asks a single member again, see `SinglePacker.ask_again`; None if `plan` is already such a plan."""
        return self._single.ask_again(plan, text, problem, cut=cut)

    def shortened(self, plan: RequestPlan, conversation: PreparedConversation) -> RequestPlan:
        """The plan of a single member with a shortened conversation."""
        return self._follow(self._single.plan_one(conversation, plan.members[0].spec), plan, again=False)

    def grade(self, plan: RequestPlan, read: Mapping[MemberKey, Labelling]) -> RequestPlan:
        """The plan that asks the grader which labels of a shared reply are wrong; `read`: the readable labels."""
        return grader_plan(self._of[plan.members[0].spec.id], plan, read)

    def check(self, member: Member, after: RequestPlan) -> RequestPlan:
        """The plan that sends a member alone, only for comparison."""
        single = self._single.plan_one(member.conversation, member.spec)
        return RequestPlan(single.request, single.members, after.round, Purpose.CHECK, after.depth + 1)

    @staticmethod
    def _follow(plan: RequestPlan, after: RequestPlan, *, again: bool) -> RequestPlan:
        return RequestPlan(plan.request, plan.members, after.round + again, Purpose.ASK, after.depth + 1)


def _groups(
    specs: Sequence[ClassifierSpec], strategy: StrategyConfig, unbundled: Sequence[str]
) -> list[tuple[ClassifierSpec, ...]]:
    """Classifiers that share requests. A request has one temperature, seed and effort, so only classifiers with the same do."""
    if not strategy.combine:
        return [(spec,) for spec in specs]
    together: dict[tuple[float | int | str | None, ...], list[ClassifierSpec]] = {}
    for spec in specs:
        if spec.id not in unbundled:
            together.setdefault((spec.temperature, spec.seed, spec.reasoning_effort), []).append(spec)
    return [*map(tuple, together.values()), *((spec,) for spec in specs if spec.id in unbundled)]
