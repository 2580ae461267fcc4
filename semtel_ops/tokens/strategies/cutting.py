"""Building blocks of strategies: a measured conversation, the turns of a plan, and cuts that fit into a number of tokens."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from semtel_ops.conversations.model import Turn
from semtel_ops.tokens.count import TokenCounter

TURN_OVERHEAD_TOKENS: Final = 8
"""Tokens of a turn besides its content: a transcript has `{"role":"user","content":"` before it and `"}` after it."""

MARKER_TOKENS: Final = 12
"""Upper bound of the tokens of a marker and its line end, for up to a trillion cut tokens."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A conversation with the tokens of each turn, TURN_OVERHEAD_TOKENS included."""

    turns: tuple[Turn, ...]
    costs: tuple[int, ...]
    counter: TokenCounter

    @classmethod
    def of(cls, turns: tuple[Turn, ...], counter: TokenCounter) -> "Measured":
        """Count the tokens of all turns."""
        return cls(turns, tuple(counter.count(turn.content) + TURN_OVERHEAD_TOKENS for turn in turns), counter)


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A turn of a plan.

    Attributes:
        index: of the turn in the conversation.
        cost: tokens of the kept text, TURN_OVERHEAD_TOKENS included.
        head, tail: the kept text before and after the cut; a whole turn is all `head`.
        cut_tokens: tokens that are cut between `head` and `tail`; 0: the turn is whole.
    """

    index: int
    cost: int
    head: str
    tail: str = ""
    cut_tokens: int = 0


Cut = Callable[[Measured, int, int], KeptTurn]
"""(conversation, index of a turn, available tokens) -> as much of the turn as fits."""


def fill(whole: Measured, indices: Iterable[int], room: int, cut: Cut) -> list[KeptTurn]:
    """Whole turns in the order of `indices` while they fit into `room` tokens, then as much of the next turn as fits."""
    kept: list[KeptTurn] = []
    for index in indices:
        if whole.costs[index] <= room:
            kept.append(whole_turn(whole, index))
            room -= whole.costs[index]
            continue
        part = cut(whole, index, room)
        return [*kept, part] if part.head or part.tail else kept
    return kept


def whole_turn(whole: Measured, index: int) -> KeptTurn:
    """The whole turn."""
    return KeptTurn(index, whole.costs[index], whole.turns[index].content)


def nothing_of(whole: Measured, index: int) -> KeptTurn:
    """A turn without its text: only its role and a marker stay."""
    return _part(whole, index, "", "")


def head_of(whole: Measured, index: int, room: int) -> KeptTurn:
    """The start of a turn, in `room` tokens, which do not include the marker."""
    return _part(whole, index, whole.counter.prefix(whole.turns[index].content, room - TURN_OVERHEAD_TOKENS), "")


def tail_of(whole: Measured, index: int, room: int) -> KeptTurn:
    """The end of a turn, in `room` tokens, which do not include the marker."""
    return _part(whole, index, "", whole.counter.suffix(whole.turns[index].content, room - TURN_OVERHEAD_TOKENS))


def ends_of(whole: Measured, index: int, room: int) -> KeptTurn:
    """Both ends of a turn, in `room` tokens, which include the marker between them."""
    head = head_of(whole, index, (room - MARKER_TOKENS) // 2)
    return extended(whole, head, room - MARKER_TOKENS - head.cost)


def extended(whole: Measured, head: KeptTurn, room: int) -> KeptTurn:
    """Add the end of a turn whose start is kept; the end gets `room` tokens."""
    rest = whole.turns[head.index].content[len(head.head) :]
    return _part(whole, head.index, head.head, whole.counter.suffix(rest, room))


def _part(whole: Measured, index: int, head: str, tail: str) -> KeptTurn:
    text_cost = whole.counter.count(head) + whole.counter.count(tail)
    cost = TURN_OVERHEAD_TOKENS + text_cost
    return KeptTurn(index, cost, head, tail, whole.costs[index] - cost)
