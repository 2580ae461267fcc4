"""Conversations for the suites: short and long, plain and odd, the same in every run."""

import random
from collections.abc import Sequence
from typing import Final

from semtel_ops.conversations.model import Role, Turn

_WORDS: Final = [
    "the",
    "fox",
    "don't",
    "2026",
    "naïve",
    "中文",
    "🙂",
    "\n",
    "\r\n",
    "  ",
    ".",
    "<|endoftext|>",
    "e\u0301",
    "```",
]
_ROLES: Final = tuple(Role)


def sample_conversations() -> list[tuple[Turn, ...]]:
    """About sixty conversations of at least one turn."""
    return [*_ODD, *(_random_conversation(random.Random(seed)) for seed in range(50))]


def long_conversation(turns: int = 40, words: int = 60) -> tuple[Turn, ...]:
    """A conversation of alternating roles, the user's first, in which every word is different."""
    return tuple(
        Turn(Role.ASSISTANT if number % 2 else Role.USER, " ".join(f"w{number}x{word}" for word in range(words)))
        for number in range(turns)
    )


def _random_conversation(rng: random.Random) -> tuple[Turn, ...]:
    return tuple(
        Turn(rng.choice(_ROLES), " ".join(rng.choices(_WORDS, k=rng.randrange(120)))) for _ in range(rng.randrange(1, 12))
    )


def _turns(*texts: str, roles: Sequence[Role] = (Role.USER, Role.ASSISTANT)) -> tuple[Turn, ...]:
    return tuple(Turn(roles[number % len(roles)], text) for number, text in enumerate(texts))


_ODD: Final = (
    _turns(""),
    _turns(" \n\t "),
    _turns("?"),
    _turns(*[""] * 50),
    _turns("a" * 5_000),
    _turns("中" * 2_000, "🙂" * 500),
    _turns("the same line of some length, said again and again\n" * 60, "ok", "thanks"),
    _turns("Here is code:\n```python\n" + "x = compute(x)\n" * 80 + "```\nWhat is wrong with it?"),
    _turns("half of a pair: \ud83d, and a zero: \x00", "yes"),
    _turns(*[f"Event {number} happened at noon." for number in range(60)], roles=(Role.ASSISTANT,)),
    long_conversation(),
)
