"""A word for the end of a reply means the same whoever says it, and however it is spelled."""

from typing import Any

import pytest

from semtel_ops.endpoints.finish_reasons import FINISHES, finish_reason
from semtel_ops.endpoints.model import FinishReason

STOP, LENGTH, FILTER, REFUSAL, OTHER = FinishReason


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", STOP),
        ("STOP", STOP),
        ("end_turn", STOP),
        ("endTurn", STOP),
        ("eos_token", STOP),
        ("FinishReason.STOP", STOP),
        ("max_tokens", LENGTH),
        ("MAX_TOKENS", LENGTH),
        ("FINISH_REASON_MAX_TOKENS", LENGTH),
        ("finish_reason.MAX_TOKENS", LENGTH),
        ("model_length", LENGTH),
        ("content_filter: PROHIBITED_CONTENT", FILTER),
        ("content-filter", FILTER),
        ("SAFETY", FILTER),
        ("RECITATION", FILTER),
        ("sensitive", FILTER),
        ("guardrail_intervened", FILTER),
        ("refusal", REFUSAL),
        ("error", None),
        ("ERROR", None),
        ("network_error", None),
        ("tool_calls", OTHER),
        ("", OTHER),
        ("x" * 100_000, OTHER),
    ],
)
def test_a_word_has_one_meaning(word: str, reason: FinishReason | None) -> None:
    assert finish_reason([word]) is reason


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["stop", "SAFETY"], FILTER),
        (["stop", "error"], None),
        (["content_filter", "error"], None),
        ([None, "max_tokens"], LENGTH),
        ([3, []], OTHER),
        (["tool_calls", "stop"], STOP),
        ([], OTHER),
    ],
)
def test_of_several_words_a_failure_counts_first_and_then_a_refusal(values: list[Any], reason: FinishReason | None) -> None:
    assert finish_reason(values) is reason


def test_no_word_is_in_the_table_twice_and_each_has_a_source() -> None:
    assert len({finish.word for finish in FINISHES}) == len(FINISHES)
    assert all(finish.source for finish in FINISHES)
