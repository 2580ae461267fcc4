"""Members of a shard between their first answer and their row: how the answers to shared requests are followed up.

A shared reply may be followed by a grader's, by answers of single members that could not be used or were named wrong, and by
answers that are only compared. What has to be asked next is decided here, from outcomes alone and by seed: the same outcomes
give the same questions, so a journal answers them after any kill.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from semtel_ops.classifiers import Labelling
from semtel_ops.endpoints.model import FinishReason
from semtel_ops.errors import EndpointErrorKind
from semtel_ops.packing import Member, MemberKey, Packer, Purpose, RequestPlan, named_wrong
from semtel_ops.packing.hashing import hash_to_unit
from semtel_ops.settings import StrategyConfig
from semtel_ops.shards.comparison_counts import AGREE, DIFFER, ComparisonCounts
from semtel_ops.shards.label_row import Charge, Decided, charges, is_refusal
from semtel_ops.store.journal_outcome import RequestOutcome

# What one member can do to all that share its request: each is asked by itself, and only the offender pays. A failure of the
# endpoint is not among them: it would meet every member again, many times the load at the worst moment.
_TAKEN_APART = frozenset(
    {
        EndpointErrorKind.CONTENT_FILTER,
        EndpointErrorKind.WITHHELD,
        EndpointErrorKind.CONTEXT_LENGTH,
        EndpointErrorKind.BAD_REQUEST,
        EndpointErrorKind.UNSUPPORTED,
    }
)

UNUSABLE_OUTCOME = "unusable_outcome"
"""`error` of a row whose reply our own code failed on."""


@dataclass(slots=True)
class PendingMember:
    """A member that has been asked and has no row yet.

    Attributes:
        strategy: how it was asked first.
        asked: its parts of all outcomes so far.
        decided: content of its row, unless a later answer is better.
        named, audited, shadowed: whether a grader named it, and whether it is in the seeded samples.
    """

    strategy: str
    asked: list[Charge] = field(default_factory=list)
    decided: Decided | None = None
    named: bool = False
    audited: bool = False
    shadowed: bool = False


Land = Callable[[Member, PendingMember], None]
Shorten = Callable[[RequestPlan], RequestPlan | None]


class FollowUps:
    """Processes outcomes of request plans, writes rows of decided members, and returns follow-up plans."""

    def __init__(self, packer: Packer, strategy: StrategyConfig, *, land: Land, shorten: Shorten) -> None:
        self._packer = packer
        self._strategy = strategy
        self._land = land
        self._shorten = shorten
        self._open: dict[MemberKey, PendingMember] = {}
        self._charged: set[str] = set()
        self.comparisons = ComparisonCounts()

    def resolve(self, plan: RequestPlan, outcome: RequestOutcome, *, known: bool) -> list[RequestPlan]:
        """The plans that have to be asked because of an outcome; members that need none have landed.

        `known`: the outcome came from the journal, not from a new call.
        """
        paid = _free(outcome) if known and outcome.key in self._charged else outcome
        self._charged.add(outcome.key)
        strategy = plan.strategy
        for member, charge in zip(plan.members, charges(paid, len(plan.members)), strict=True):
            key = member.key
            pending = self._open.get(key)
            if pending is None:
                pending = self._open[key] = PendingMember(strategy)
            pending.asked.append(charge)
        self.comparisons.counts[f"requests_{strategy if plan.purpose is Purpose.ASK else plan.purpose}"] += 1
        if plan.purpose is Purpose.GRADE:
            return self._graded(plan, outcome)
        if plan.purpose is Purpose.CHECK:
            return self._checked(plan, outcome)
        return self._shared(plan, outcome) if plan.shared else self._single(plan, outcome)

    def abandon(self, members: Sequence[Member], plan: RequestPlan, outcome: RequestOutcome) -> None:
        """Land members whose outcome could not be used, as errors that cost what was asked for them."""
        failed = replace(outcome, text=None, error=UNUSABLE_OUTCOME, finish_reason=FinishReason.OTHER.value)
        for member in members:
            pending = self._open.pop(member.key, None) or PendingMember(plan.strategy)
            pending.decided = Decided(failed, None, len(plan.members))
            self._land(member, pending)

    def _single(self, plan: RequestPlan, outcome: RequestOutcome) -> list[RequestPlan]:
        (member,) = plan.members
        pending = self._open[member.key]
        labelling = self._read(plan, outcome)[0] if outcome.text is not None else None
        again: RequestPlan | None = None
        if outcome.error == EndpointErrorKind.CONTEXT_LENGTH:
            again = self._shorten(plan)
        elif labelling is not None and labelling.problem and not is_refusal(outcome):
            again = self._packer.ask_again(plan, outcome.text or "", labelling.problem, cut=_is_cut(outcome))
        if again is not None:
            return [again]
        alone = Decided(outcome, labelling, 1)
        if pending.decided is None:
            pending.decided = alone
        else:
            self._compare(member, labelling)
            # The doubted label is still valid, so only an answer with a valid label may replace it.
            if alone.readable:
                pending.decided = alone
        self._finish(member)
        return []

    def _shared(self, plan: RequestPlan, outcome: RequestOutcome) -> list[RequestPlan]:
        if outcome.text is None and outcome.error not in _TAKEN_APART:
            for member in plan.members:
                self._open[member.key].decided = Decided(outcome, None, len(plan.members))
                self._finish(member)
            return []
        read: dict[MemberKey, Labelling] = {}
        if outcome.text is not None:
            labellings = zip(plan.members, self._read(plan, outcome), strict=True)
            read = {member.key: labelling for member, labelling in labellings if self._usable(labelling)}
        answered = [member for member in plan.members if member.key in read]
        for member in answered:
            self._open[member.key].decided = Decided(outcome, read[member.key], len(plan.members))
        rest = [member for member in plan.members if member.key not in read]
        again = outcome.text is not None and not is_refusal(outcome)
        self.comparisons.counts["members_asked_again" if again else "members_taken_apart"] += len(rest)
        ask = self._packer.apart(plan, rest, again=again)
        if answered and self._strategy.grader:
            return [*ask, self._packer.grade(plan, read)]
        return [*ask, *(check for member in answered for check in self._accept(plan, member, graded=False))]

    def _read(self, plan: RequestPlan, outcome: RequestOutcome) -> list[Labelling]:
        return self._packer.unpack(plan, outcome.text or "", cut=_is_cut(outcome))

    def _usable(self, labelling: Labelling) -> bool:
        if labelling.problem:
            self.comparisons.counts[f"problem_{labelling.problem}"] += 1
        return labelling.readable

    def _graded(self, plan: RequestPlan, outcome: RequestOutcome) -> list[RequestPlan]:
        named = None if outcome.text is None else named_wrong(plan, outcome.text)
        if named is None:
            # A failed grading leaves labels unchanged: a grader can only add answers.
            self.comparisons.counts["grader_unread"] += 1
            return [ask for member in plan.members for ask in self._accept(plan, member, graded=False)]
        self.comparisons.counts["members_graded"] += len(plan.members)
        self.comparisons.counts["members_named"] += len(named)
        ask: list[RequestPlan] = []
        for member in plan.members:
            if member.key in named:
                pending = self._open[member.key]
                pending.named, pending.audited, pending.shadowed = True, self._audits(member), self._shadows(plan, member)
                ask.append(self._packer.alone(member, plan, again=True))
            else:
                ask += self._accept(plan, member, graded=True)
        return ask

    def _accept(self, plan: RequestPlan, member: Member, *, graded: bool) -> list[RequestPlan]:
        """Use a shared answer for the row, or first ask the member alone if it is in the comparison sample."""
        pending = self._open[member.key]
        pending.audited, pending.shadowed = graded and self._audits(member), self._shadows(plan, member)
        if pending.audited or pending.shadowed:
            return [self._packer.check(member, plan)]
        self._finish(member)
        return []

    def _audits(self, member: Member) -> bool:
        return hash_to_unit(self._strategy.shuffle_seed, "audit", *member.key) < self._strategy.audit_share

    def _shadows(self, plan: RequestPlan, member: Member) -> bool:
        """A conversation is in the shadow sample with all its classifiers. Repairs are not: their first answer is gone."""
        combined = plan.round == 1 and "combined" in self._open[member.key].strategy
        return combined and hash_to_unit(self._strategy.shuffle_seed, "shadow", member.key[0]) < self._strategy.shadow_share

    def _checked(self, plan: RequestPlan, outcome: RequestOutcome) -> list[RequestPlan]:
        (member,) = plan.members
        self._compare(member, self._read(plan, outcome)[0] if outcome.text is not None else None)
        self._finish(member)
        return []

    def _compare(self, member: Member, alone: Labelling | None) -> None:
        """Count whether a shared answer agrees with a separate one."""
        pending = self._open[member.key]
        if pending.decided is None or pending.decided.labelling is None:
            return
        if alone is None or not alone.readable:
            self.comparisons.counts["comparisons_unread"] += 1
            return
        verdict = AGREE if _same(member, pending.decided.labelling, alone) else DIFFER
        if pending.named:
            self.comparisons.named[member.spec.id, verdict] += 1
        if pending.audited:
            self.comparisons.audit[member.spec.id, "named" if pending.named else "passed", verdict] += 1
        if pending.shadowed:
            self.comparisons.shadow[member.spec.id, verdict] += 1

    def _finish(self, member: Member) -> None:
        self._land(member, self._open.pop(member.key))


def _is_cut(outcome: RequestOutcome) -> bool:
    return outcome.finish_reason == FinishReason.LENGTH.value


def _free(outcome: RequestOutcome) -> RequestOutcome:
    """What an answer costs those after the first whom it answers: conversations can come out alike once they are cut."""
    return replace(outcome, input_tokens=0, output_tokens=0, cost_usd=0.0, attempts=0)


def _same(member: Member, shared: Labelling, alone: Labelling) -> bool:
    """Whether two answers give the same row; for a rubric only the verdict counts, since its items are summed."""
    kind = member.spec.answer_kind
    return kind.category(shared.label, shared.labels) == kind.category(alone.label, alone.labels)
