"""Strategies that keep one end or both ends of the conversation, and cut at any character."""

from semtel_ops.tokens.strategies.cutting import MARKER_TOKENS, KeptTurn, Measured, extended, fill, head_of, nothing_of, tail_of


def keep_head(whole: Measured, room: int) -> list[KeptTurn]:
    """The beginning."""
    return fill(whole, range(len(whole.turns)), room - MARKER_TOKENS, head_of) or [nothing_of(whole, 0)]


def keep_tail(whole: Measured, room: int) -> list[KeptTurn]:
    """The end."""
    last = len(whole.turns) - 1
    kept = fill(whole, range(last, -1, -1), room - MARKER_TOKENS, tail_of)
    return kept[::-1] or [nothing_of(whole, last)]


def keep_ends(whole: Measured, room: int) -> list[KeptTurn]:
    """Both ends; the middle is cut.

    Half of the room is for the start, the rest for the end.
    """
    room -= 2 * MARKER_TOKENS
    start = fill(whole, range(len(whole.turns)), room // 2, head_of) or [nothing_of(whole, 0)]
    room -= sum(kept.cost for kept in start)
    opened = start[-1]
    end = fill(whole, range(len(whole.turns) - 1, opened.index, -1), room, tail_of)
    room -= sum(kept.cost for kept in end)
    if len(end) == len(whole.turns) - 1 - opened.index and not any(kept.cut_tokens for kept in end):
        # Only the turn in which the start ends is incomplete, so the gap is inside it.
        start[-1] = extended(whole, opened, room)
    return start + end[::-1]
