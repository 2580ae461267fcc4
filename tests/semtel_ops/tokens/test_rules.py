import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.conversations.model import Role, Turn
from semtel_ops.tokens.rules import RuleCompressor

_PROSE = "I would like to know how this works, and why it was made that way. " * 5
_LINES = st.sampled_from(
    [
        "",
        "  ",
        "Hello there, how are you today?",
        "```",
        "x = 1",
        "1,2,3,4",
        "> quoted line of text",
        "-" * 40,
        "é" * 30,
        "A" * 400,
        "As an AI language model, I cannot.",
        "I hope this helps!",
        "\t\tdeep",
        "{",
        "}",
        "\ufeff",
        "[… 3 lines folded …]",
    ]
)
_TURNS = st.lists(
    st.builds(Turn, st.sampled_from(Role), st.lists(_LINES, max_size=60).map("\n".join) | st.text(max_size=300)), max_size=5
)


def _compress(text: str, role: Role = Role.USER) -> str:
    return RuleCompressor().compress([Turn(role, text)]).turns[0].content


@settings(max_examples=300, deadline=None)
@given(turns=_TURNS)
def test_roles_and_order_stay_no_turn_is_emptied_and_none_grows(turns: list[Turn]) -> None:
    result = RuleCompressor().compress(turns)
    assert [turn.role for turn in result.turns] == [turn.role for turn in turns]
    for before, after in zip(turns, result.turns, strict=True):
        assert len(after.content) <= len(before.content)
        assert bool(after.content) == bool(before.content)
        assert bool(after.content.strip()) == bool(before.content.strip())
    assert 0 < result.ratio <= 1


@settings(max_examples=100, deadline=None)
@given(turns=_TURNS)
def test_equal_turns_give_equal_results(turns: list[Turn]) -> None:
    assert RuleCompressor().compress(turns) == RuleCompressor().compress(list(turns))


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200))
def test_a_short_turn_is_never_touched(text: str) -> None:
    assert _compress(text, Role.ASSISTANT) == text


def test_ordinary_prose_is_handed_on_as_it_is() -> None:
    turns = (Turn(Role.USER, _PROSE), Turn(Role.ASSISTANT, f"1. First.\n2. Second.\n\n{_PROSE}Fine?"))
    result = RuleCompressor().compress(turns)
    assert result.turns == (turns[0], turns[1])
    assert result.ratio == 1.0


def test_runs_of_white_space_shrink_and_indentation_stays() -> None:
    assert _compress(f"{_PROSE}\r\n\r\n\r\n\r\n    an    indented   line   \n\n\n\n{' ' * 40}deep\nend") == (
        f"{_PROSE.rstrip()}\n\n    an indented line\n\n{' ' * 16}deep\nend"
    )


def test_separators_shrink_to_three() -> None:
    assert _compress(f"{_PROSE}\n{'=' * 60}\n{'─' * 60}\nWhy{'!' * 12}").endswith("\n===\n───\nWhy!!!")


def test_stock_phrases_go_from_the_assistant_alone() -> None:
    text = f"As an AI language model, I cannot run it. {_PROSE}I hope this helps! Let me know if you have any other questions."
    assert _compress(text, Role.ASSISTANT) == f"I cannot run it. {_PROSE}"
    assert _compress(text, Role.USER) == text


def test_a_turn_of_stock_phrases_alone_keeps_them() -> None:
    text = "As an AI, " * 30
    assert _compress(text, Role.ASSISTANT) == text


def test_a_long_code_block_is_folded_to_its_ends() -> None:
    code = "\n".join(f"    total_{number} = compute({number})" for number in range(100))
    shorter = _compress(f"Why is it slow?\n```python\n{code}\n```\nThanks.")
    assert shorter.startswith("Why is it slow?\n```python\n    total_0 = compute(0)\n")
    assert "\n[… 80 lines folded …]\n" in shorter
    assert shorter.endswith("    total_99 = compute(99)\n```\nThanks.")


@pytest.mark.parametrize("line", ["2026-11-16 09:00:{:02d} INFO worker {} done", "{},blue,large,{}.99", "| row {} | {} | 3 |"])
def test_pasted_data_is_folded_to_its_ends(line: str) -> None:
    pasted = "\n".join(line.format(number, number) for number in range(60))
    shorter = _compress(f"What does this say?\n\n{pasted}\n\nI do not understand it at all.")
    assert "\n[… 39 lines folded …]\n" in shorter
    assert line.format(0, 0) in shorter
    assert line.format(59, 59) in shorter
    assert shorter.endswith("I do not understand it at all.")


def test_a_long_unbroken_string_is_folded() -> None:
    shorter = _compress(f"Decode this: {'QUJD' * 500} please.")
    assert shorter == f"Decode this: {'QUJD' * 15} [… 1880 characters folded …] {'QUJD' * 15} please."


def test_identical_lines_are_counted() -> None:
    shorter = _compress(f"{_PROSE}\n" + "Connection refused, trying again.\n" * 10 + "Help!")
    assert "Connection refused, trying again.\n[… 9 identical lines folded …]\nHelp!" in shorter


def test_what_was_said_in_an_earlier_turn_is_folded_to_its_beginning_quoted_or_not() -> None:
    paragraphs = [f"Paragraph {number} says something of its own. {_PROSE}".strip() for number in range(4)]
    quoted = "\n".join(f"> {paragraph}" for paragraph in paragraphs)
    turns = [
        Turn(Role.ASSISTANT, "\n".join(paragraphs)),
        Turn(Role.USER, f"You said:\n{quoted}\nBut is it true, do you think?"),
    ]
    again = RuleCompressor().compress(turns).turns[1].content
    assert again.startswith("You said:\n> Paragraph 0 says something of its own.")
    assert again.endswith(" repeated characters folded …]\nBut is it true, do you think?")
    assert len(again) < 300


def test_a_question_asked_twice_stays_a_question_asked_twice() -> None:
    turn = Turn(Role.USER, "How do I make it stop? I have asked you before and you have not told me.")
    turns = (turn, Turn(Role.ASSISTANT, "You cannot."), turn)
    assert RuleCompressor().compress(turns).turns == turns


def test_conversations_know_nothing_of_each_other() -> None:
    compressor = RuleCompressor()
    turns = [Turn(Role.USER, "\n".join(f"{_PROSE}{number}" for number in range(5)))]
    assert compressor.compress(turns) == compressor.compress(turns)


def test_a_turn_of_nothing_but_white_space_becomes_one() -> None:
    assert _compress("\n \t" * 1_000) == "\n"


@pytest.mark.parametrize(
    "pattern",
    [" ", "a", "\n", "a\n", "a  ", " x\n  ", "-", ",", "\t\tx", "``` x\n", "1 ", "As an AI, ", "Let me know if you ", "|a"],
)
def test_no_text_takes_more_than_linear_time(pattern: str) -> None:
    """A megabyte in a small part of a second; anything quadratic would take hours."""
    started = time.process_time()
    _compress(pattern * (1_000_000 // len(pattern)) + "x", Role.ASSISTANT)
    assert time.process_time() - started < 30
