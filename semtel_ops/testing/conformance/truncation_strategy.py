"""Conformance tests of truncation strategies."""

import re
from itertools import pairwise
from typing import Final

from semtel_ops.conversations.model import Turn
from semtel_ops.testing.conformance.conversations import long_conversation, sample_conversations
from semtel_ops.tokens import TiktokenCounter
from semtel_ops.tokens.strategies import TURN_OVERHEAD_TOKENS, Measured, Strategy
from semtel_ops.tokens.truncate import LEAST_BUDGET_TOKENS, cost_tokens, truncate_with

_COUNTER: Final = TiktokenCounter()
_BUDGETS: Final = (LEAST_BUDGET_TOKENS, 40, 100, 250, 1_000)
_MARKER: Final = re.compile(r"\n?\[… (\d+) tokens cut …\]\n?")


class TruncationStrategySuite:
    """Fixtures: `strategy`, the function of the strategy."""

    def test_a_plan_has_a_turn_and_each_turn_once_in_order(self, strategy: Strategy) -> None:
        for whole, budget in _cases():
            kept = [part.index for part in strategy(whole, budget)]
            assert kept
            assert all(before < after for before, after in pairwise(kept))
            assert 0 <= kept[0] <= kept[-1] < len(whole.turns)

    def test_what_is_kept_of_a_turn_is_its_start_and_its_end_at_their_cost(self, strategy: Strategy) -> None:
        for whole, budget in _cases():
            for part in strategy(whole, budget):
                text = whole.turns[part.index].content
                assert text.startswith(part.head)
                assert text.endswith(part.tail)
                assert len(part.head) + len(part.tail) <= len(text)
                assert part.cost == TURN_OVERHEAD_TOKENS + _COUNTER.count(part.head) + _COUNTER.count(part.tail)
                assert part.cost + part.cut_tokens == whole.costs[part.index]

    def test_a_plan_costs_no_more_than_its_budget(self, strategy: Strategy) -> None:
        for whole, budget in _cases():
            assert sum(part.cost for part in strategy(whole, budget)) <= budget

    def test_a_conversation_is_planned_the_same_every_time(self, strategy: Strategy) -> None:
        """The kept text is part of the request's key, by which paid answers are reused."""
        for whole, budget in _cases():
            again = Measured.of(tuple(Turn(turn.role, turn.content) for turn in whole.turns), TiktokenCounter())
            assert strategy(again, budget) == strategy(whole, budget)

    def test_the_result_is_within_the_budget_and_says_what_is_gone(self, strategy: Strategy) -> None:
        for turns in sample_conversations():
            for budget in _BUDGETS:
                cut = truncate_with(strategy, turns, budget, _COUNTER)
                assert cost_tokens(cut.turns, _COUNTER) <= budget
                if cut.cut_tokens and cut.turns[0].content != "[…]":
                    marked = [int(count) for turn in cut.turns for count in _MARKER.findall(turn.content)]
                    assert sum(marked) == cut.cut_tokens

    def test_cutting_again_changes_nothing(self, strategy: Strategy) -> None:
        for turns in sample_conversations():
            once = truncate_with(strategy, turns, 100, _COUNTER).turns
            assert truncate_with(strategy, once, 100, _COUNTER).turns == once

    def test_a_budget_is_used(self, strategy: Strategy) -> None:
        """Of a long conversation, at least a third of the budget is kept."""
        cut = truncate_with(strategy, long_conversation(), 1_000, _COUNTER)
        assert cost_tokens(cut.turns, _COUNTER) >= 333


def _cases() -> list[tuple[Measured, int]]:
    """Measured conversations, each with the budgets that it exceeds."""
    measured = [Measured.of(turns, _COUNTER) for turns in sample_conversations()]
    return [(whole, budget) for whole in measured for budget in _BUDGETS if sum(whole.costs) > budget]
