"""The strategy that keeps whole turns: the first question and the latest turns."""

from typing import Final

from semtel_ops.conversations.model import Role
from semtel_ops.tokens.strategies.cutting import MARKER_TOKENS, KeptTurn, Measured, ends_of, whole_turn
from semtel_ops.tokens.strategies.ends import keep_ends

_LEAST_ROOM_TOKENS: Final = 96  # with less, two cut turns would consist of little but markers


def keep_turns(whole: Measured, room: int) -> list[KeptTurn]:
    """The first user turn and the latest turns, whole if they fit.

    Without a user turn, the first turn takes its place. The first user turn may take half of the room, or what the last turn
    leaves if that is more. It and the last turn are cut in the middle if they are too long; no other turn is cut.
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
