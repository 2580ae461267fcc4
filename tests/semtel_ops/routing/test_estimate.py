"""Estimates of work and money."""

from dataclasses import replace

import pytest

from semtel_ops.classifiers import load_classifiers
from semtel_ops.endpoints import Endpoint, Lane
from semtel_ops.endpoints.model import Price
from semtel_ops.endpoints.reasoning import Reasoning
from semtel_ops.routing import Load, cost_usd, load_of
from semtel_ops.settings import Settings, StrategyConfig
from semtel_ops.words import ReasoningEffort

PRICE = Price(1.0, 2.0)


def make_endpoint(name="east", price=PRICE, lanes=(Lane.REALTIME, Lane.BATCH)):
    return Endpoint(name, "openai", "http://127.0.0.1:1/v1", "m", lanes=lanes, price=price)


def test_every_classifier_reads_every_conversation_after_its_own_instruction():
    topic, work = load_classifiers(Settings().prompts, ["topic", "knowledge_work"])
    one, other, both = (load_of(10, 1_000, specs) for specs in ([topic], [work], [topic, work]))
    assert both == one + other
    assert (both.requests, both.output_tokens) == (20, 240)
    assert one.input_tokens > 1_000 + 10 * len(topic.instruction) // 5


def test_a_longer_text_costs_more_by_its_length_alone():
    specs = load_classifiers(Settings().prompts, ["topic"])
    assert load_of(10, 5_000, specs).input_tokens - load_of(10, 1_000, specs).input_tokens == 4_000


def test_what_shares_a_request_has_its_instructions_sent_once():
    specs = load_classifiers(Settings().prompts, ["topic", "knowledge_work"])
    plain = load_of(100, 20_000, specs)
    packed = load_of(100, 20_000, specs, StrategyConfig(pack=10))
    both = load_of(100, 20_000, specs, StrategyConfig(pack=10, combine=True))
    graded = load_of(100, 20_000, specs, StrategyConfig(pack=10, combine=True, grader=True))
    assert (plain.requests, packed.requests, both.requests, graded.requests) == (200, 20, 10, 20)
    assert packed.input_tokens - both.input_tokens == 20_000
    assert plain.input_tokens - 40_000 == 10 * (packed.input_tokens - 40_000)
    assert graded.input_tokens == 2 * both.input_tokens


def test_long_conversations_fill_a_request_before_its_number_is_reached():
    specs = load_classifiers(Settings().prompts, ["topic"])
    assert load_of(100, 400_000, specs, StrategyConfig(pack=10, pack_tokens=16_000)).requests == 25


def test_the_dearest_endpoint_of_a_lane_sets_the_price():
    load = Load(1, 1_000_000, 1_000_000)
    cheap, dear = make_endpoint(), make_endpoint("west", Price(2.0, 3.0, batch_discount=0.4))
    assert cost_usd(load, [cheap, dear], Lane.REALTIME) == pytest.approx(5.0)
    assert cost_usd(load, [cheap, dear], Lane.BATCH) == pytest.approx(2.0)
    assert cost_usd(load, [cheap, make_endpoint("gpu", None)], Lane.REALTIME) is None
    assert cost_usd(load, [make_endpoint(lanes=(Lane.REALTIME,))], Lane.BATCH) is None


def test_thoughts_are_in_the_estimate_of_each_request():
    specs = load_classifiers(Settings().prompts, ["topic", "knowledge_work"])
    thinking = [replace(make_endpoint(), reasoning=Reasoning(ReasoningEffort.LOW))]
    plain, packed = (
        load_of(100, 20_000, specs, StrategyConfig(pack=pack), thinking).output_tokens
        - load_of(100, 20_000, specs, StrategyConfig(pack=pack)).output_tokens
        for pack in (1, 10)
    )
    # 200 and 20 requests, with a quarter of 2,048 tokens each.
    assert (plain, packed) == (200 * 512, 20 * 512)
