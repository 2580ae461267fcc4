"""Conversations that suites try implementations on: short and long, plain and odd, the same in every run."""

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


def talks() -> list[tuple[Turn, ...]]:
    """Some sixty conversations of a turn or more."""
    return [*_ODD, *(_random_talk(random.Random(seed)) for seed in range(50))]


def long_talk(turns: int = 40, words: int = 60) -> tuple[Turn, ...]:
    """Turns that alternate, a user's first; every word is different."""
    return tuple(
        Turn(Role.ASSISTANT if number % 2 else Role.USER, " ".join(f"w{number}x{word}" for word in range(words)))
        for number in range(turns)
    )


def _random_talk(chance: random.Random) -> tuple[Turn, ...]:
    return tuple(
        Turn(chance.choice(_ROLES), " ".join(chance.choices(_WORDS, k=chance.randrange(120))))
        for _ in range(chance.randrange(1, 12))
    )


def _said(*texts: str, roles: Sequence[Role] = (Role.USER, Role.ASSISTANT)) -> tuple[Turn, ...]:
    return tuple(Turn(roles[number % len(roles)], text) for number, text in enumerate(texts))


_ODD: Final = (
    _said(""),
    _said(" \n\t "),
    _said("?"),
    _said(*[""] * 50),
    _said("a" * 5_000),
    _said("中" * 2_000, "🙂" * 500),
    _said("the same line of some length, said again and again\n" * 60, "ok", "thanks"),
    _said("Here is code:\n```python\n" + "x = compute(x)\n" * 80 + "```\nWhat is wrong with it?"),
    _said("half of a pair: \ud83d, and a zero: \x00", "yes"),
    _said(*[f"Event {number} happened at noon." for number in range(60)], roles=(Role.ASSISTANT,)),
    long_talk(),
)
