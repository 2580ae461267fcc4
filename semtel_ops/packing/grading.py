"""The grader's question and its answer: which labels of a shared reply are wrong."""

from collections.abc import Mapping

from semtel_ops.classifiers import Labelling
from semtel_ops.packing.bundle import WRONG, Bundle, Shown, conversation_keys, grader_key
from semtel_ops.packing.plan import MemberKey, Purpose, RequestPlan
from semtel_ops.packing.unpack import find_objects


def grader_plan(bundle: Bundle, asked: RequestPlan, read: Mapping[MemberKey, Labelling]) -> RequestPlan:
    """Show the conversations of a shared request with the labels that could be read of its reply."""
    count = len(asked.members) // len(bundle.specs)
    keys = conversation_keys(count)
    shown: dict[str, Shown] = {}
    graded = tuple(member for member in asked.members if member.key in read)
    for at, member in enumerate(asked.members):
        if member.key in read:
            one = shown.setdefault(keys[at // len(bundle.specs)], Shown(member.conversation, []))
            one.labels.append((member.spec.id, member.spec.answer_kind.in_words(read[member.key])))
    return RequestPlan(bundle.grader_request(count, shown), graded, asked.round, Purpose.GRADE, asked.depth + 1)


def named_wrong(plan: RequestPlan, text: str) -> frozenset[MemberKey] | None:
    """The members a grader names; None where its reply cannot be read, or contradicts itself.

    Names of nobody are passed over.
    """
    objects, _ = find_objects(text, depth=1)
    lists = [value for pairs in objects for key, value in pairs if key.strip().casefold() == WRONG]
    if not lists or not isinstance(lists[0], list) or any(one != lists[0] for one in lists[1:]):
        return None
    names = {name.strip().replace(", ", ".").casefold() for name in lists[0] if isinstance(name, str)}
    return frozenset(member.key for member in plan.members if grader_key(member).casefold() in names)
