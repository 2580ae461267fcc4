"""What strategies are made of: a measured conversation, the turns a plan lists, and cuts that keep to a room of tokens."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from semtel_ops.conversations.model import Turn
from semtel_ops.tokens.count import TokenCounter

TURN_OVERHEAD_TOKENS: Final = 8
"""What a turn costs besides its content: `{"role":"user","content":"` before and `"}` after it, as transcripts write it."""

MARKER_TOKENS: Final = 12
"""No marker of less than a trillion tokens costs more, the line end beside it included."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A conversation and what each of its turns costs: content and overhead."""

    turns: tuple[Turn, ...]
    costs: tuple[int, ...]
    counter: TokenCounter

    @classmethod
    def of(cls, turns: tuple[Turn, ...], counter: TokenCounter) -> "Measured":
        return cls(turns, tuple(counter.count(turn.content) + TURN_OVERHEAD_TOKENS for turn in turns), counter)


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A turn that stays. `cut_tokens` are gone between `head` and `tail`; 0 = whole, all of it in `head`."""

    index: int
    cost: int
    head: str
    tail: str = ""
    cut_tokens: int = 0


Cut = Callable[[Measured, int, int], KeptTurn]
"""(conversation, turn, room) -> as much of the turn as costs `room` at most."""


def fill(whole: Measured, indices: Iterable[int], room: int, cut: Cut) -> list[KeptTurn]:
    """Whole turns in the order of `indices`, then as much of the next one as there is room for."""
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
    return KeptTurn(index, whole.costs[index], whole.turns[index].content)


def nothing_of(whole: Measured, index: int) -> KeptTurn:
    """A turn that stays for its role and the marker in it."""
    return _part(whole, index, "", "")


def head_of(whole: Measured, index: int, room: int) -> KeptTurn:
    """The start of a turn; the marker is the caller's to leave room for."""
    return _part(whole, index, whole.counter.prefix(whole.turns[index].content, room - TURN_OVERHEAD_TOKENS), "")


def tail_of(whole: Measured, index: int, room: int) -> KeptTurn:
    """The end of a turn; the marker is the caller's to leave room for."""
    return _part(whole, index, "", whole.counter.suffix(whole.turns[index].content, room - TURN_OVERHEAD_TOKENS))


def ends_of(whole: Measured, index: int, room: int) -> KeptTurn:
    """Both ends of a turn, with the marker between them counted."""
    head = head_of(whole, index, (room - MARKER_TOKENS) // 2)
    return extended(whole, head, room - MARKER_TOKENS - head.cost)


def extended(whole: Measured, head: KeptTurn, room: int) -> KeptTurn:
    """A turn of which the start is kept, and now also the end, as far as `room` goes."""
    rest = whole.turns[head.index].content[len(head.head) :]
    return _part(whole, head.index, head.head, whole.counter.suffix(rest, room))


def _part(whole: Measured, index: int, head: str, tail: str) -> KeptTurn:
    text_cost = whole.counter.count(head) + whole.counter.count(tail)
    cost = TURN_OVERHEAD_TOKENS + text_cost
    return KeptTurn(index, cost, head, tail, whole.costs[index] - cost)
