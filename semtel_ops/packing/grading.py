"""The grader: a second request asks which labels of a shared reply are wrong."""

from collections.abc import Mapping

from semtel_ops.classifiers import Labelling
from semtel_ops.classifiers.problems import UnreadableError
from semtel_ops.packing.bundle import WRONG, Bundle, Shown, conversation_keys, grader_key
from semtel_ops.packing.plan import MemberKey, Purpose, RequestPlan
from semtel_ops.packing.unpack import find_objects


def grader_plan(bundle: Bundle, answered: RequestPlan, read: Mapping[MemberKey, Labelling]) -> RequestPlan:
    """The plan that shows the grader the conversations of a shared request with the labels that were read from its reply."""
    count = len(answered.members) // len(bundle.specs)
    keys = conversation_keys(count)
    shown: dict[str, Shown] = {}
    graded = tuple(member for member in answered.members if member.key in read)
    for position, member in enumerate(answered.members):
        if member.key in read:
            conversation = shown.setdefault(keys[position // len(bundle.specs)], Shown(member.conversation, []))
            conversation.labels.append((member.spec.id, member.spec.answer_kind.in_words(read[member.key])))
    return RequestPlan(bundle.grader_request(count, shown), graded, answered.round, Purpose.GRADE, answered.depth + 1)


def named_wrong(plan: RequestPlan, text: str) -> frozenset[MemberKey] | None:
    """The members that the grader names as wrong; None if its reply is unreadable or contradicts itself.

    Unknown names are ignored.
    """
    try:
        objects, _ = find_objects(text, depth=1)
    except (UnreadableError, RecursionError):
        return None
    lists = [value for pairs in objects for key, value in pairs if key.strip().casefold() == WRONG]
    if not lists or not isinstance(lists[0], list) or any(other != lists[0] for other in lists[1:]):
        return None
    names = {name.strip().replace(", ", ".").casefold() for name in lists[0] if isinstance(name, str)}
    return frozenset(member.key for member in plan.members if grader_key(member).casefold() in names)
