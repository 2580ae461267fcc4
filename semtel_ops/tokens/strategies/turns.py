"""The strategy that keeps whole turns: what was asked first, and what was said last."""

from typing import Final

from semtel_ops.conversations.model import Role
from semtel_ops.tokens.strategies.cutting import MARKER_TOKENS, KeptTurn, Measured, ends_of, whole_turn
from semtel_ops.tokens.strategies.ends import keep_ends

_LEAST_ROOM_TOKENS: Final = 96  # below, two cut turns would be markers and nothing else


def keep_turns(whole: Measured, room: int) -> list[KeptTurn]:
    """The first user turn and the latest turns, whole where they fit.

    Where no user speaks, the opening turn stands for the first one. It may take half of the room, and more where the last one
    leaves it. It, and the last turn, are cut in their middle when they alone are too long.
    """
    if room < _LEAST_ROOM_TOKENS:
        return keep_ends(whole, room)
    room -= 2 * MARKER_TOKENS
    last = len(whole.turns) - 1
    first = next((index for index, turn in enumerate(whole.turns) if turn.role is Role.USER), 0)
    first_room = room if first == last else max(room // 2, room - whole.costs[last])
    opening = whole_turn(whole, first) if whole.costs[first] <= first_room else ends_of(whole, first, first_room)
    room -= opening.cost
    latest: list[KeptTurn] = []
    for index in range(last, -1, -1):
        if index == first:
            continue
        if whole.costs[index] > room:
            latest += [ends_of(whole, index, room)] if index == last else []
            break
        latest.append(whole_turn(whole, index))
        room -= whole.costs[index]
    return sorted([opening, *latest], key=lambda kept: kept.index)
