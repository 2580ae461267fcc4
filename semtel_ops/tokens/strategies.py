"""Which part of a conversation to keep: one function for each strategy, from costs and room to a plan.

A plan lists the turns that stay, in order, and of a turn that is cut the text before and after the cut. It leaves room for the
markers that `truncate` writes at the gaps.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from semtel_ops.conversations.model import Role, Turn
from semtel_ops.tokens.count import TokenCounter

TURN_OVERHEAD_TOKENS: Final = 8
"""Overhead of a turn besides its content: `{"role":"user","content":"` before and `"}` after it, as transcripts write it."""

MARKER_TOKENS: Final = 12
"""Upper bound of a marker's cost for less than a trillion tokens, including its line end."""

_LEAST_ROOM_FOR_TURNS: Final = 96  # below, two cut turns would be markers and nothing else


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


def keep_head(whole: Measured, room: int) -> list[KeptTurn]:
    """The start, up to any character."""
    return _fill(whole, range(len(whole.turns)), room - MARKER_TOKENS, _head_of) or [_nothing_of(whole, 0)]


def keep_tail(whole: Measured, room: int) -> list[KeptTurn]:
    """The end, from any character."""
    last = len(whole.turns) - 1
    kept = _fill(whole, range(last, -1, -1), room - MARKER_TOKENS, _tail_of)
    return kept[::-1] or [_nothing_of(whole, last)]


def keep_ends(whole: Measured, room: int) -> list[KeptTurn]:
    """Half of the room for the start, the rest for the end."""
    room -= 2 * MARKER_TOKENS
    start = _fill(whole, range(len(whole.turns)), room // 2, _head_of) or [_nothing_of(whole, 0)]
    room -= sum(kept.cost for kept in start)
    opened = start[-1]
    end = _fill(whole, range(len(whole.turns) - 1, opened.index, -1), room, _tail_of)
    room -= sum(kept.cost for kept in end)
    if len(end) == len(whole.turns) - 1 - opened.index and not any(kept.cut_tokens for kept in end):
        # The end reaches back into the turn where the start stopped: the gap is inside it.
        start[-1] = _extended(whole, opened, room)
    return start + end[::-1]


def keep_turns(whole: Measured, room: int) -> list[KeptTurn]:
    """The first user turn (the opening one where no user speaks) and the latest turns, whole.

    The first may take half of the room, and more where the last one leaves it. It, and the last turn, are cut in their middle
    when they alone are too long.
    """
    if room < _LEAST_ROOM_FOR_TURNS:
        return keep_ends(whole, room)
    room -= 2 * MARKER_TOKENS
    last = len(whole.turns) - 1
    first = next((index for index, turn in enumerate(whole.turns) if turn.role is Role.USER), 0)
    first_room = room if first == last else max(room // 2, room - whole.costs[last])
    opening = _whole(whole, first) if whole.costs[first] <= first_room else _middle_of(whole, first, first_room)
    room -= opening.cost
    latest: list[KeptTurn] = []
    for index in range(last, -1, -1):
        if index == first:
            continue
        if whole.costs[index] > room:
            latest += [_middle_of(whole, index, room)] if index == last else []
            break
        latest.append(_whole(whole, index))
        room -= whole.costs[index]
    return sorted([opening, *latest], key=lambda kept: kept.index)


def _fill(whole: Measured, indices: Iterable[int], room: int, cut: Cut) -> list[KeptTurn]:
    """Whole turns in the order of `indices`, then as much of the next one as there is room for."""
    kept: list[KeptTurn] = []
    for index in indices:
        if whole.costs[index] <= room:
            kept.append(_whole(whole, index))
            room -= whole.costs[index]
            continue
        part = cut(whole, index, room)
        return [*kept, part] if part.head or part.tail else kept
    return kept


def _whole(whole: Measured, index: int) -> KeptTurn:
    return KeptTurn(index, whole.costs[index], whole.turns[index].content)


def _nothing_of(whole: Measured, index: int) -> KeptTurn:
    return _part(whole, index, "", "")


def _head_of(whole: Measured, index: int, room: int) -> KeptTurn:
    return _part(whole, index, whole.counter.prefix(whole.turns[index].content, room - TURN_OVERHEAD_TOKENS), "")


def _tail_of(whole: Measured, index: int, room: int) -> KeptTurn:
    return _part(whole, index, "", whole.counter.suffix(whole.turns[index].content, room - TURN_OVERHEAD_TOKENS))


def _middle_of(whole: Measured, index: int, room: int) -> KeptTurn:
    head = _head_of(whole, index, (room - MARKER_TOKENS) // 2)
    return _extended(whole, head, room - MARKER_TOKENS - head.cost)


def _extended(whole: Measured, head: KeptTurn, room: int) -> KeptTurn:
    """A turn of which the start is kept, and now also the end, as far as `room` goes."""
    rest = whole.turns[head.index].content[len(head.head) :]
    return _part(whole, head.index, head.head, whole.counter.suffix(rest, room))


def _part(whole: Measured, index: int, head: str, tail: str) -> KeptTurn:
    text_cost = whole.counter.count(head) + whole.counter.count(tail)
    cost = TURN_OVERHEAD_TOKENS + text_cost
    return KeptTurn(index, cost, head, tail, whole.costs[index] - cost)
