"""Truncation strategies: which part of a conversation is kept when it exceeds its budget. A strategy is a function.

A strategy gets a measured conversation and a number of available tokens (*room*), and returns a plan: the turns that stay, at
least one, in order, each once; for a turn that is cut, the text before and after the cut. For each gap, a plan leaves
MARKER_TOKENS of the room unused: `truncate` writes the markers, measures the result, and calls the strategy again with less
room if the result is too long. Equal conversations must get equal plans in any process, since request keys depend on the kept
text.

Here: the strategies and their building blocks (`cutting`). To add a strategy, write a function in a new module and list it in
`semtel_ops.extensions.builtin`. Not here: markers and measuring (`truncate`).
"""

from collections.abc import Callable

from semtel_ops.extensions import TRUNCATION_STRATEGIES
from semtel_ops.tokens.strategies.cutting import MARKER_TOKENS, TURN_OVERHEAD_TOKENS, KeptTurn, Measured

__all__ = ["MARKER_TOKENS", "TURN_OVERHEAD_TOKENS", "KeptTurn", "Measured", "Strategy", "strategy_named"]

Strategy = Callable[[Measured, int], list[KeptTurn]]
"""(conversation with at least one turn, tokens that the kept text and its markers may cost) -> the kept turns."""


def strategy_named(name: str) -> Strategy:
    """The strategy of a name.

    Raises:
        ConfigError: there is no strategy of this name, or its package cannot be imported.
    """
    strategy: Strategy = TRUNCATION_STRATEGIES.load(name)
    return strategy
