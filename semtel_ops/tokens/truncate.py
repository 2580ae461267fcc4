"""Truncates conversations to a budget of tokens.

For every strategy: the result never exceeds the budget, markers included; a conversation that fits is returned unchanged; a cut
leaves a visible marker with its size; roles and order stay.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from semtel_ops.conversations.model import Turn
from semtel_ops.settings import Truncation
from semtel_ops.tokens.count import TokenCounter, byte_length
from semtel_ops.tokens.strategies import TURN_OVERHEAD_TOKENS, KeptTurn, Measured, Strategy, strategy_named

LEAST_BUDGET_TOKENS: Final = 16
"""Tokens of a turn that consists of a marker, for up to a million cut tokens; beyond that, the marker is "[…]"."""


@dataclass(frozen=True, slots=True)
class Truncated:
    """A conversation within its budget. The tokens of a turn include TURN_OVERHEAD_TOKENS.

    Attributes:
        original_tokens: of the conversation before; None if an upper bound showed that it fits, without counting.
        kept_tokens: of `turns`, markers included; None as above.
        cut_tokens: the sum of the numbers in the markers; 0: unchanged.
    """

    turns: tuple[Turn, ...]
    original_tokens: int | None
    kept_tokens: int | None
    cut_tokens: int


def truncate(turns: Sequence[Turn], budget_tokens: int, strategy: Truncation, counter: TokenCounter) -> Truncated:
    """Truncate a conversation to `budget_tokens` by the strategy of a name; truncating the result again changes nothing.

    A conversation that must be cut is tokenized as a whole, since the markers give the number of cut tokens. A conversation
    with fewer bytes than the budget has tokens is not tokenized.

    Raises:
        ValueError: the budget is below LEAST_BUDGET_TOKENS.
        ConfigError: there is no strategy of this name, or its package cannot be imported.
    """
    return truncate_with(strategy_named(strategy), turns, budget_tokens, counter)


def truncate_with(keep: Strategy, turns: Sequence[Turn], budget_tokens: int, counter: TokenCounter) -> Truncated:
    """As `truncate`, with the strategy itself instead of its name."""
    if budget_tokens < LEAST_BUDGET_TOKENS:
        raise ValueError(f"budget_tokens must be at least {LEAST_BUDGET_TOKENS}, not {budget_tokens}")
    whole = tuple(turns)
    if certainly_fits(whole, budget_tokens):
        return Truncated(whole, None, None, 0)
    measured = Measured.of(whole, counter)
    original = sum(measured.costs)
    if original <= budget_tokens:
        return Truncated(whole, original, original, 0)
    return _cut(measured, budget_tokens, keep)


def cost_tokens(turns: Sequence[Turn], counter: TokenCounter) -> int:
    """Tokens of a conversation: contents and TURN_OVERHEAD_TOKENS."""
    return sum(counter.count(turn.content) + TURN_OVERHEAD_TOKENS for turn in turns)


def certainly_fits(turns: Sequence[Turn], budget_tokens: int) -> bool:
    """Whether the number of bytes proves that the conversation fits; if False, it may still fit."""
    budget_bytes = budget_tokens - len(turns) * TURN_OVERHEAD_TOKENS
    if sum(len(turn.content) for turn in turns) > budget_bytes:
        return False
    return sum(byte_length(turn.content) for turn in turns) <= budget_bytes


def _cut(whole: Measured, budget: int, keep: Strategy) -> Truncated:
    """Plan, write and measure. Tokens can change where texts meet; if the result is too long, plan again with less room."""
    room = budget
    while room > 0:
        kept = keep(whole, room)
        turns = tuple(_turns_of(whole, kept))
        cost = sum(_cost(whole, part, turn) for part, turn in zip(kept, turns, strict=True))
        if cost <= budget:
            cut = sum(whole.costs) - sum(part.cost for part in kept)
            return Truncated(turns, sum(whole.costs), cost, cut)
        room -= cost - budget
    marker = Turn(whole.turns[-1].role, "[…]")
    kept_tokens = cost_tokens([marker], whole.counter)
    return Truncated((marker,), sum(whole.costs), kept_tokens, sum(whole.costs) - TURN_OVERHEAD_TOKENS)


def _cost(whole: Measured, part: KeptTurn, turn: Turn) -> int:
    if turn is whole.turns[part.index]:
        return part.cost
    return TURN_OVERHEAD_TOKENS + whole.counter.count(turn.content)


def _turns_of(whole: Measured, kept: list[KeptTurn]) -> Iterator[Turn]:
    """The turns of a plan, with markers for what is cut before and inside each turn, and after the last turn.

    A gap has a single marker: dropped turns next to an open cut are added to the marker of the cut.
    """
    before, inside, after = _gaps(whole, kept)
    for position, part in enumerate(kept):
        turn = whole.turns[part.index]
        tokens_after = after if position == len(kept) - 1 else 0
        if not (before[position] or inside[position] or tokens_after):
            yield turn
            continue
        pieces = (_marker(before[position]), part.head, _marker(inside[position]), part.tail, _marker(tokens_after))
        yield Turn(turn.role, "\n".join(piece for piece in pieces if piece))


def _gaps(whole: Measured, kept: list[KeptTurn]) -> tuple[list[int], list[int], int]:
    """Tokens that are cut before and inside each kept turn, and after the last kept turn."""
    before = [0] * len(kept)
    inside = [part.cut_tokens for part in kept]
    for position, part in enumerate(kept):
        previous = kept[position - 1] if position else None
        dropped = sum(whole.costs[previous.index + 1 if previous else 0 : part.index])
        if previous and previous.cut_tokens and not previous.tail:
            inside[position - 1] += dropped
        elif part.cut_tokens and not part.head:
            inside[position] += dropped
        else:
            before[position] = dropped
    last = kept[-1]
    after = sum(whole.costs[last.index + 1 :])
    if last.cut_tokens and not last.tail:
        inside[-1] += after
        after = 0
    return before, inside, after


def _marker(cut_tokens: int) -> str:
    return f"[… {cut_tokens} tokens cut …]" if cut_tokens else ""
