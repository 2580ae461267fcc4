"""Which conversations share a request, and in which order. Deterministic: depends on ids, seed, number and lengths."""

from collections.abc import Iterable, Iterator
from itertools import islice

from semtel_ops.packing.hashing import hash_to_unit
from semtel_ops.packing.plan import PreparedConversation

WINDOW = 20_000
"""Conversations that are shuffled together; most shards are smaller, and for larger shards this bounds memory."""

_TURN_TOKENS = 8  # {"role":"assistant","content":""} and the line end


def grouped(
    conversations: Iterable[PreparedConversation], *, size: int, tokens: int, seed: int
) -> Iterator[tuple[PreparedConversation, ...]]:
    """Groups of at most `size` conversations and about `tokens` tokens; a longer conversation is a group by itself.

    Conversations are shuffled, since neighbours in a file tend to be alike and a model that has answered «health» nine times
    tends to repeat it. With `size` 1, they keep their order and are not held in memory.
    """
    if size == 1:
        yield from ((conversation,) for conversation in conversations)
        return
    rest = iter(conversations)
    while window := list(islice(rest, WINDOW)):
        window.sort(key=lambda item: (hash_to_unit(seed, "order", item.conversation_id), item.conversation_id))
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
    """Approximate tokens of a transcript, without a tokenizer; a request that turns out too long is divided later."""
    return sum(_tokens(turn.content) + _TURN_TOKENS for turn in conversation.turns)


def _tokens(text: str) -> int:
    # English has about four characters a token; other scripts have two or three bytes a letter, and fewer letters a token.
    return len(text) // 4 if text.isascii() else len(text.encode("utf-8", "surrogatepass")) // 3
