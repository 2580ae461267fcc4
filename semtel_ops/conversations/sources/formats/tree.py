"""Trees of messages: people edit and regenerate, so a message may have several replies. One branch is the conversation.

Exports keep parents, lists of children, or both, and leave nodes out. A parent that is missing ends the branch.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from semtel_ops.conversations.sources.formats.dates import read_date
from semtel_ops.conversations.sources.records import BadRecordError, Reason

Node = dict[str, Any]
Nodes = dict[str, Node]


class Links(NamedTuple):
    """Where a node names its neighbours.

    Attributes:
        parent: field with the name of the parent.
        children: field with the list of the names of the children.
        message: the message of a node, or None where it has none.
        date: field of the message with its date.
    """

    parent: str
    children: str
    message: Callable[[Node], Any]
    date: str


def current_branch(nodes: dict[str, Any], current: Any, links: Links) -> list[Node]:
    """The nodes from the root to `current`; where there is no such node, to the latest leaf.

    Values that are no objects are left out.

    Raises:
        BadRecordError: the parents form a cycle.
    """
    known: Nodes = {name: node for name, node in nodes.items() if isinstance(node, dict)}
    parents = _parents(known, links)
    name = current if isinstance(current, str) and current in known else _latest_leaf(known, parents, links)
    branch: list[Node] = []
    seen: set[str] = set()
    while name is not None:
        if name in seen:
            raise BadRecordError(Reason.BROKEN_TREE, f"its parents form a cycle {len(branch)} messages above the last message")
        seen.add(name)
        branch.append(known[name])
        name = parents.get(name)
    return branch[::-1]


def _parents(nodes: Nodes, links: Links) -> dict[str, str]:
    """The parent of each node that has one: as the node states, else as the parent's list of children does."""
    stated = {name: node.get(links.parent) for name, node in nodes.items()}
    parents = {
        name: parent for name, parent in stated.items() if isinstance(parent, str) and parent in nodes and parent != name
    }
    for name, node in nodes.items():
        for child in _children(node, links):
            if child in nodes and stated[child] is None and child != name:
                parents.setdefault(child, name)
    return parents


def _children(node: Node, links: Links) -> list[str]:
    children = node.get(links.children)
    return [child for child in children if isinstance(child, str)] if isinstance(children, list) else []


def _latest_leaf(nodes: Nodes, parents: dict[str, str], links: Links) -> str | None:
    """The leaf with the latest message; of leaves without dates the last, as the lists of children order them.

    Raises:
        BadRecordError: every node has a parent.
    """
    replies: dict[str, list[str]] = {name: [child for child in _children(node, links) if parents.get(child) == name]
                                     for name, node in nodes.items()}  # fmt: skip
    listed = {child for children in replies.values() for child in children}
    for name, parent in parents.items():
        if name not in listed:
            replies[parent].append(name)
    leaves: list[str] = []
    pending = [name for name in nodes if name not in parents][::-1]
    if nodes and not pending:
        raise BadRecordError(Reason.BROKEN_TREE, "its parents form a cycle: no message is the first")
    while pending:
        name = pending.pop()
        if replies[name]:
            pending.extend(reversed(replies[name]))
        else:
            leaves.append(name)
    dated = ((links.message(nodes[name]), order, name) for order, name in enumerate(leaves))
    ranked = ((isinstance(message, dict), _seconds(message, links.date), order, name) for message, order, name in dated)
    return max(ranked, default=(False, 0.0, 0, None))[-1]


def _seconds(message: Any, field: str) -> float:
    try:
        moment = read_date(message.get(field)) if isinstance(message, dict) else None
    except ValueError:
        moment = None
    return float("-inf") if moment is None else moment.timestamp()


def branch_of_list(messages: list[Any], name: str, current: Any, links: Links) -> list[Any]:
    """The current branch of a list of messages, whose field `name` is what others name as their parent.

    Without parents, or with a message that cannot be placed, the list is the branch.

    Raises:
        BadRecordError: the parents form a cycle.
    """
    objects = [message for message in messages if isinstance(message, dict)]
    nodes = {message[name]: message for message in objects if isinstance(message.get(name), str)}
    linked = any(message.get(links.parent) in nodes for message in objects if isinstance(message.get(links.parent), str))
    return list(current_branch(nodes, current, links)) if linked and len(nodes) == len(messages) else messages
