import re
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from semtel_ops.conversations.model import Role, Turn
from semtel_ops.extensions import TRUNCATION_STRATEGIES
from semtel_ops.settings import Truncation
from semtel_ops.tokens import TiktokenCounter, truncate
from semtel_ops.tokens.strategies import TURN_OVERHEAD_TOKENS
from semtel_ops.tokens.truncate import LEAST_BUDGET_TOKENS, certainly_fits, cost_tokens

_COUNTER = TiktokenCounter()
_MARKER = re.compile(r"\n?\[… (\d+) tokens cut …\]\n?")
_WORDS = ["the", "fox", "don't", "2026", "naïve", "中文", "🙂", "\n", "\r\n", "  ", ".", "<|endoftext|>", "e\u0301", "```"]
_TURNS = st.lists(
    st.builds(Turn, st.sampled_from(Role), st.lists(st.sampled_from(_WORDS), max_size=60).map(" ".join) | st.text(max_size=60)),
    max_size=12,
)
_BUDGETS = st.integers(LEAST_BUDGET_TOKENS, 400)
_STRATEGIES = st.sampled_from(TRUNCATION_STRATEGIES.names())
EACH_STRATEGY = pytest.mark.parametrize("strategy", TRUNCATION_STRATEGIES.names())


def _words(prefix: str, n: int) -> str:
    return " ".join(f"{prefix}{number}" for number in range(n))


def _markers(turns: tuple[Turn, ...]) -> list[int]:
    return [int(found) for turn in turns for found in _MARKER.findall(turn.content)]


def _is_subsequence(part: tuple[Role, ...], whole: tuple[Role, ...]) -> bool:
    rest = iter(whole)
    return all(role in rest for role in part)


@settings(max_examples=300, deadline=None)
@given(turns=_TURNS, budget=_BUDGETS, strategy=_STRATEGIES)
def test_the_result_never_costs_more_than_the_budget(turns: list[Turn], budget: int, strategy: Truncation) -> None:
    cut = truncate(turns, budget, strategy, _COUNTER)
    cost = cost_tokens(cut.turns, _COUNTER)
    assert cost <= budget
    assert cut.kept_tokens in (None, cost)


@settings(max_examples=200, deadline=None)
@given(turns=_TURNS, strategy=_STRATEGIES, spare=st.integers(0, 50))
def test_what_fits_is_untouched(turns: list[Turn], strategy: Truncation, spare: int) -> None:
    cost = cost_tokens(turns, _COUNTER)
    cut = truncate(turns, max(LEAST_BUDGET_TOKENS, cost + spare), strategy, _COUNTER)
    assert cut.turns == tuple(turns)
    assert cut.cut_tokens == 0
    assert cut.original_tokens in (None, cost)


@settings(max_examples=300, deadline=None)
@given(turns=_TURNS, budget=_BUDGETS, strategy=_STRATEGIES)
def test_what_is_cut_and_what_is_kept_make_the_whole(turns: list[Turn], budget: int, strategy: Truncation) -> None:
    """Kept texts, without markers, cost what is left when what the markers say is taken from the whole."""
    budget = min(budget, max(LEAST_BUDGET_TOKENS, cost_tokens(turns, _COUNTER) - 1))
    assume(cost_tokens(turns, _COUNTER) > budget)
    cut = truncate(turns, budget, strategy, _COUNTER)
    texts = [text for turn in cut.turns for text in _MARKER.split(turn.content)[::2]]
    kept = sum(map(_COUNTER.count, texts)) + len(cut.turns) * TURN_OVERHEAD_TOKENS
    assert cut.original_tokens == cost_tokens(turns, _COUNTER) == kept + cut.cut_tokens
    assert sum(_markers(cut.turns)) == cut.cut_tokens > 0


@settings(max_examples=200, deadline=None)
@given(turns=_TURNS, budget=_BUDGETS, strategy=_STRATEGIES)
def test_cutting_again_changes_nothing(turns: list[Turn], budget: int, strategy: Truncation) -> None:
    once = truncate(turns, budget, strategy, _COUNTER).turns
    assert truncate(once, budget, strategy, _COUNTER).turns == once


@settings(max_examples=200, deadline=None)
@given(turns=_TURNS, budget=_BUDGETS, strategy=_STRATEGIES)
def test_roles_stay_in_order_and_no_text_is_invented(turns: list[Turn], budget: int, strategy: Truncation) -> None:
    cut = truncate(turns, budget, strategy, _COUNTER)
    assert _is_subsequence(tuple(turn.role for turn in cut.turns), tuple(turn.role for turn in turns))
    said = "\x00".join(turn.content for turn in turns)
    for turn in cut.turns:
        assert all(text in said for text in _MARKER.split(turn.content)[::2])


def test_head_keeps_the_start() -> None:
    turns = (Turn(Role.USER, _words("a", 50)), Turn(Role.ASSISTANT, _words("b", 50)), Turn(Role.USER, _words("c", 50)))
    cut = truncate(turns, 200, "head", _COUNTER)
    assert cut.turns[0] == turns[0]
    assert cut.turns[1].content.startswith("b0 b1 ")
    assert cut.turns[1].content.endswith(f"\n[… {cut.cut_tokens} tokens cut …]")
    assert len(cut.turns) == 2
    assert 190 <= (cut.kept_tokens or 0) <= 200


def test_tail_keeps_the_end() -> None:
    turns = (Turn(Role.USER, _words("a", 50)), Turn(Role.ASSISTANT, _words("b", 50)), Turn(Role.USER, _words("c", 50)))
    cut = truncate(turns, 200, "tail", _COUNTER)
    assert cut.turns[-1] == turns[-1]
    assert cut.turns[0].role is Role.ASSISTANT
    assert cut.turns[0].content.startswith(f"[… {cut.cut_tokens} tokens cut …]\n")
    assert cut.turns[0].content.endswith(" b48 b49")


def test_middle_keeps_both_ends_of_one_turn() -> None:
    cut = truncate([Turn(Role.USER, _words("a", 500))], 200, "middle", _COUNTER)
    head, count, tail = _MARKER.split(cut.turns[0].content)
    assert head.startswith("a0 a1 ")
    assert tail.endswith(" a498 a499")
    assert int(count) == cut.cut_tokens
    assert abs(_COUNTER.count(head) - _COUNTER.count(tail)) <= TURN_OVERHEAD_TOKENS


def test_middle_keeps_both_ends_of_a_conversation_and_marks_each_cut() -> None:
    turns = [Turn(Role.USER if n % 2 == 0 else Role.ASSISTANT, _words(f"t{n}w", 40)) for n in range(9)]
    cut = truncate(turns, 400, "middle", _COUNTER)
    assert cut.turns[0] == turns[0]
    assert cut.turns[-1] == turns[-1]
    assert sum(_markers(cut.turns)) == cut.cut_tokens


def test_turns_keeps_the_first_user_turn_and_the_latest_whole_ones() -> None:
    turns = [Turn(Role.SYSTEM, _words("s", 30)), Turn(Role.USER, "How do I sort a list in Python?")]
    turns += [Turn(Role.ASSISTANT if n % 2 == 0 else Role.USER, _words(f"t{n}w", 20)) for n in range(20)]
    cut = truncate(turns, 400, "turns", _COUNTER)
    kept = len(cut.turns) - 1
    assert cut.turns[0].content.endswith("tokens cut …]\nHow do I sort a list in Python?")
    assert cut.turns[2:] == tuple(turns[-(kept - 1) :])
    assert cut.turns[1].content == f"[… {_markers(cut.turns)[1]} tokens cut …]\n{turns[-kept].content}"
    assert kept >= 3


def test_turns_cuts_the_middle_of_a_first_and_of_a_last_turn_that_are_too_long() -> None:
    turns = [Turn(Role.USER, _words("a", 900)), Turn(Role.ASSISTANT, "ok"), Turn(Role.USER, _words("c", 900))]
    cut = truncate(turns, 300, "turns", _COUNTER)
    first, last = (_MARKER.split(turn.content)[::2] for turn in (cut.turns[0], cut.turns[-1]))
    assert first[0].startswith("a0 ")
    assert first[1].endswith(" a899")
    assert last[-1].endswith(" c899")
    assert any(text.startswith("c0 ") for text in last)


def test_turns_without_a_user_keeps_the_opening_turn() -> None:
    turns = [Turn(Role.ASSISTANT, f"Event {n} happened at noon.") for n in range(60)]
    cut = truncate(turns, 200, "turns", _COUNTER)
    assert cut.turns[0] == turns[0]
    assert cut.turns[-1] == turns[-1]


@EACH_STRATEGY
def test_the_least_budget_holds_a_marker_and_the_size_of_what_is_gone(strategy: Truncation) -> None:
    cut = truncate([Turn(Role.USER, _words("a", 900))] * 3, LEAST_BUDGET_TOKENS, strategy, _COUNTER)
    assert (cut.kept_tokens or 0) <= LEAST_BUDGET_TOKENS
    assert _markers(cut.turns) == [cut.cut_tokens]


@EACH_STRATEGY
def test_a_number_too_long_for_the_least_budget_gives_way(strategy: Truncation) -> None:
    cut = truncate([Turn(Role.USER, "word " * 1_500_000)], LEAST_BUDGET_TOKENS, strategy, _COUNTER)
    assert [turn.content for turn in cut.turns] == ["[…]"]
    assert cost_tokens(cut.turns, _COUNTER) <= LEAST_BUDGET_TOKENS


def test_turns_of_nothing_cost_too() -> None:
    cut = truncate([Turn(Role.USER, "")] * 1_000, 100, "tail", _COUNTER)
    assert cut.cut_tokens == (1_000 - len(cut.turns)) * TURN_OVERHEAD_TOKENS > 0


def test_no_turns_are_no_turns() -> None:
    assert truncate([], 16, "turns", _COUNTER).turns == ()


def test_a_budget_under_the_least_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16, not 15"):
        truncate([Turn(Role.USER, "hello")], 15, "head", _COUNTER)


def test_bytes_alone_tell_that_a_short_conversation_fits() -> None:
    turns = [Turn(Role.USER, "été")]
    assert certainly_fits(turns, TURN_OVERHEAD_TOKENS + 5)
    assert not certainly_fits(turns, TURN_OVERHEAD_TOKENS + 4)
    assert truncate(turns, 20, "head", _COUNTER).original_tokens is None


@EACH_STRATEGY
def test_a_turn_of_ten_megabytes_and_a_hundred_thousand_turns_take_seconds(strategy: Truncation) -> None:
    started = time.process_time()
    truncate([Turn(Role.USER, "The quick brown fox jumps over it. " * 300_000)], 3_000, strategy, _COUNTER)
    truncate([Turn(Role.USER if n % 2 == 0 else Role.ASSISTANT, "ok then") for n in range(100_000)], 3_000, strategy, _COUNTER)
    assert time.process_time() - started < 60
