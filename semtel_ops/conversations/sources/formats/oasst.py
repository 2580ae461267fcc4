"""OpenAssistant: prompts and ranked replies form a tree; the path along the best-ranked replies is the conversation.

Two variants: a row for each message, with the id of its parent, and an object for each tree. The conversation has the id of the
tree.
"""

from collections.abc import Iterable
from typing import Any

from semtel_ops.conversations.model import Conversation
from semtel_ops.conversations.sources.formats.fields import make_conversation
from semtel_ops.conversations.sources.formats.format import Format, Grouping
from semtel_ops.conversations.sources.formats.turns import make_turn
from semtel_ops.conversations.sources.records import BadRecordError, Reason

_RankKey = tuple[bool, float]


def read_tree_rows(rows: list[dict[str, Any]]) -> Conversation:
    """Make a conversation of the rows of one tree, in any order.

    Raises:
        BadRecordError: the rows do not contain exactly one first message.
    """
    children: dict[str, list[dict[str, Any]]] = {}
    roots: list[dict[str, Any]] = []
    for row in rows:
        parent = row.get("parent_id")
        if parent is None or parent == "":
            roots.append(row)
        else:
            children.setdefault(str(parent), []).append(row)
    if len(roots) != 1:
        detail = f"{len(rows)} rows with {len(roots)} first messages; the rows of a tree must be adjacent"
        raise BadRecordError(Reason.BROKEN_TREE, detail)
    path: list[dict[str, Any]] = []
    step: dict[str, Any] | None = roots[0]
    while step is not None:
        path.append(step)
        # Removed from the table, so that a cycle of rows ends.
        step = _best(children.pop(str(step.get("message_id")), []))
    return _conversation(path)


def _read_tree(record: dict[str, Any]) -> Conversation:
    path: list[dict[str, Any]] = []
    step = record["prompt"]
    if not isinstance(step, dict):
        raise BadRecordError(Reason.WRONG_TYPE, f"prompt: expected an object, found {type(step).__name__}")
    while step is not None:
        path.append({**step, "message_tree_id": record["message_tree_id"]})
        replies = step.get("replies")
        step = _best(reply for reply in replies if isinstance(reply, dict)) if isinstance(replies, list) else None
    return _conversation(path)


def _best(replies: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The reply of the lowest rank, else the first unranked reply. Deleted replies do not count."""
    kept = (reply for reply in replies if _flag(reply.get("deleted")) is not True)
    return min(kept, key=_rank, default=None)


def _rank(reply: dict[str, Any]) -> _RankKey:
    rank = reply.get("rank")
    try:
        return (False, float(rank)) if rank not in {None, ""} else (True, 0.0)
    except (TypeError, ValueError):
        return (True, 0.0)


def _flag(value: Any) -> bool:
    """Whether a value is true; in CSV it is the word."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _conversation(path: list[dict[str, Any]]) -> Conversation:
    made = (make_turn(step.get("role"), step.get("text"), number) for number, step in enumerate(path, start=1))
    turns = tuple(turn for turn in made if turn is not None)
    ids = ("message_tree_id", "message_id")
    return make_conversation(path[0], turns, ids=ids, dates=("created_date",), language="lang")


OASST_ROW = Format(
    name="oasst-rows",
    required=frozenset({"message_id", "parent_id", "message_tree_id", "text", "role"}),
    optional=frozenset({"created_date", "lang", "rank", "deleted"}),
    read=lambda record: read_tree_rows([record]),
    grouping=Grouping("message_tree_id", "text", read_tree_rows),
)
OASST_TREE = Format(
    name="oasst-tree",
    required=frozenset({"message_tree_id", "prompt"}),
    optional=frozenset(),
    read=_read_tree,
    nested=frozenset({"prompt"}),
)
