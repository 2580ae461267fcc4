"""Conformance tests of compressors."""

from collections.abc import Callable

from semtel_ops.conversations.model import Turn
from semtel_ops.testing.conformance.conversations import sample_conversations
from semtel_ops.tokens import Compressor


class CompressorSuite:
    """Fixtures: `make`, a function without arguments that returns a new compressor."""

    def test_turns_keep_their_number_their_roles_and_their_order(self, make: Callable[[], Compressor]) -> None:
        compressor = make()
        for turns in sample_conversations():
            after = compressor.compress(turns).turns
            assert [turn.role for turn in after] == [turn.role for turn in turns]

    def test_a_turn_that_has_content_keeps_some(self, make: Callable[[], Compressor]) -> None:
        compressor = make()
        for turns in sample_conversations():
            after = compressor.compress(turns).turns
            assert [bool(turn.content) for turn in after] == [bool(turn.content) for turn in turns]

    def test_nothing_becomes_longer_and_the_ratio_says_how_much_shorter(self, make: Callable[[], Compressor]) -> None:
        compressor = make()
        for turns in sample_conversations():
            compressed = compressor.compress(turns)
            before, after = _chars(turns), _chars(compressed.turns)
            assert after <= before
            assert compressed.ratio == (after / before if before else 1.0)

    def test_equal_conversations_come_out_equal_whoever_compresses_them_and_when(self, make: Callable[[], Compressor]) -> None:
        """The result is part of the request's key, by which paid answers are reused."""
        first, second = make(), make()
        results = [first.compress(turns) for turns in sample_conversations()]
        copies = [tuple(Turn(turn.role, turn.content) for turn in turns) for turns in sample_conversations()]
        assert [second.compress(turns) for turns in reversed(copies)] == results[::-1]

    def test_no_turns_are_no_turns(self, make: Callable[[], Compressor]) -> None:
        compressed = make().compress(())
        assert (compressed.turns, compressed.ratio) == ((), 1.0)


def _chars(turns: tuple[Turn, ...]) -> int:
    return sum(len(turn.content) for turn in turns)
