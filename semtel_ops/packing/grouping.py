"""Which conversations share a request, and in which order: by seed, by number and by length; the same every time."""

from collections.abc import Iterable, Iterator
from itertools import islice

from semtel_ops.packing.hashing import hash_to_unit
from semtel_ops.packing.plan import PreparedConversation

WINDOW = 20_000
"""Conversations shuffled together; most shards are smaller, and larger ones need bounded memory."""

_TURN_TOKENS = 8  # {"role":"assistant","content":""} and its line


def grouped(
    conversations: Iterable[PreparedConversation], *, size: int, tokens: int, seed: int
) -> Iterator[tuple[PreparedConversation, ...]]:
    """Groups of at most `size` conversations and about `tokens` tokens; one longer than that is a group by itself.

    Neighbours of a file tend to be alike, and a model that has just said «health» nine times says it again: so they are
    shuffled. With a size of 1 the order stays and nothing is total.
    """
    if size == 1:
        yield from ((conversation,) for conversation in conversations)
        return
    rest = iter(conversations)
    while window := list(islice(rest, WINDOW)):
        window.sort(key=lambda one: (hash_to_unit(seed, "order", one.conversation_id), one.conversation_id))
        yield from _groups(window, size, tokens)


def _groups(
    conversations: Iterable[PreparedConversation], size: int, tokens: int
) -> Iterator[tuple[PreparedConversation, ...]]:
    group: list[PreparedConversation] = []
    total = 0
    for conversation in conversations:
        cost = estimated_tokens(conversation)
        if cost > tokens:
            yield (conversation,)
            continue
        if group and (len(group) == size or total + cost > tokens):
            yield tuple(group)
            group, total = [], 0
        group.append(conversation)
        total += cost
    if group:
        yield tuple(group)


def estimated_tokens(conversation: PreparedConversation) -> int:
    """Approximate tokens of a transcript without a tokeniser; a conversation that turns out too long is asked alone."""
    return sum(_tokens(turn.content) + _TURN_TOKENS for turn in conversation.turns)


def _tokens(text: str) -> int:
    # English has some four characters a token; other scripts have two or three bytes a letter and fewer letters a token.
    return len(text) // 4 if text.isascii() else len(text.encode("utf-8", "surrogatepass")) // 3
