"""What rows say: answers, rates and prices. Worked by hand from a few rows."""

from collections import Counter

import pytest

from semtel_ops.alignment import Answer
from semtel_ops.steps.align_answers import RunAnswers, most_frequent, service_of


def row(name, label="work", **fields):
    defaults = {
        "conversation_id": name, "classifier": "topic", "label": label, "labels": None, "status": "success",
        "lane": "realtime", "model": "luna", "served_model": "luna-1", "labeller": "a" * 16, "latency_ms": 100.0,
        "cost_usd": 0.001, "sample_weight": 1.0,
    }  # fmt: skip
    return {**defaults, **fields}


def answers(*rows, has_items=False):
    found = RunAnswers()
    for each in rows:
        found.add(each, has_items=has_items)
    return found


def test_a_row_without_a_usable_label_is_invalid_or_unanswered():
    found = answers(
        row("a"),
        row("b", None, status="invalid_output"),
        row("c", None, status="refused"),
        row("d", None, status="error"),
        row("e", None, status="missing", model=None, labeller=None, cost_usd=None, lane=None, latency_ms=None),
    )
    assert found.answers.keys() == {"a"}
    assert (found.invalid, found.unanswered) == (Counter("bc"), 2)
    assert found.cost_usd == pytest.approx(0.004), "a row that nobody was asked about costs nothing"


def test_several_labels_are_one_category_and_items_of_a_rubric_are_apart():
    several = answers(row("a", "work", labels=["work", "play"]))
    assert several.answers["a"] == Answer("play + work", frozenset({"play", "work"}))
    rubric = answers(row("a", "satisfied", labels=["praise", "thanks"]), has_items=True)
    assert rubric.answers["a"] == Answer("satisfied", frozenset({"satisfied"}), frozenset({"praise", "thanks"}))


def test_a_row_without_weight_is_set_aside():
    assert answers(row("a"), row("b", sample_weight=0.0)).aside == {"b"}


def test_rates_are_over_both_repeats_and_the_price_is_that_of_asking_once():
    first = answers(row("a"), row("b"), row("c", None, status="refused", latency_ms=300.0), row("d", latency_ms=200.0))
    again = answers(row("a", "play"), row("b"), row("c"), row("d", None, status="error", latency_ms=None))
    service = service_of("topic", [first, again])
    # Two conversations have two labels, and one of them changed.
    assert (service.flips.value, service.flips.n) == (0.5, 2)
    assert (service.invalid.value, service.invalid.n, service.unanswered) == (1 / 8, 8, 1 / 8)
    assert (service.cost_usd, service.cost_per_1000_usd) == (pytest.approx(0.004), pytest.approx(1.0))
    assert (service.latency_p50_ms, service.latency_p95_ms, service.latency_n) == (100.0, 300.0, 7)


def test_an_unknown_price_or_no_realtime_reply_is_none():
    service = service_of("topic", [answers(row("a", cost_usd=None, lane="batch")), answers(row("a", lane="batch"))])
    assert (service.cost_usd, service.cost_per_1000_usd, service.latency_p50_ms, service.latency_n) == (None, None, None, 0)


def test_what_was_counted_most_comes_first():
    assert most_frequent([Counter({"b": 2, "a": 1}), Counter({"a": 2, "c": 2})]) == ("a", "b", "c")
