"""Which part of a conversation is kept when it is over its budget: one function for each strategy.

A strategy is given a measured conversation and a room of tokens, and returns a plan: the turns that stay, at least one of
them, in order, each once; of a turn that is cut, the text before and after the cut. A plan leaves MARKER_TOKENS of the room
free for each gap: `truncate` writes the markers, measures the result, and asks again with less room where it costs too much.
Equal conversations get equal plans in any process, since request keys are made of what is kept.

Here: the strategies and what they are made of (`cutting`). To add one, write a function in a module of its own and name it in
`semtel_ops.extensions.builtin`. Not here: markers and measuring (`truncate`).
"""

from collections.abc import Callable

from semtel_ops.extensions import TRUNCATION_STRATEGIES
from semtel_ops.tokens.strategies.cutting import MARKER_TOKENS, TURN_OVERHEAD_TOKENS, KeptTurn, Measured

__all__ = ["MARKER_TOKENS", "TURN_OVERHEAD_TOKENS", "KeptTurn", "Measured", "Strategy", "strategy_named"]

Strategy = Callable[[Measured, int], list[KeptTurn]]
"""(a conversation with a turn or more, tokens that what is kept and its markers may cost) -> what is kept."""


def strategy_named(name: str) -> Strategy:
    """The strategy of a name that settings have accepted.

    Raises:
        ConfigError: there is none of this name, or the package it is in cannot be imported.
    """
    strategy: Strategy = TRUNCATION_STRATEGIES.load(name)
    return strategy
