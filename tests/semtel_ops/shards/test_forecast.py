"""A forecast counts the tokens of every call that would be made, and prices them so that it is a ceiling."""

from dataclasses import replace

import pytest

from semtel_ops.classifiers import load_classifiers
from semtel_ops.endpoints.model import Lane, Price
from semtel_ops.endpoints.reasoning import Reasoning
from semtel_ops.packing import Packer, PreparedConversation
from semtel_ops.settings import Settings, StrategyConfig
from semtel_ops.shards.forecast import Forecaster
from semtel_ops.testing.builders import make_turns
from semtel_ops.testing.scripted_client import make_endpoint
from semtel_ops.words import ReasoningEffort


class Letters:
    """A tokenizer by which a letter is a token; `counted` remembers the texts."""

    def __init__(self):
        self.counted = []

    def count(self, text):
        self.counted.append(text)
        return len(text)


@pytest.fixture(scope="module")
def specs():
    return load_classifiers(Settings().prompts, ["topic", "knowledge_work"])


def plans_of(specs, count, **strategy):
    packer = Packer(specs, StrategyConfig(**strategy), Settings().prompts)
    return packer, list(packer.plans(PreparedConversation(f"c{n}", f"{n:032x}", 1.0, make_turns("Why?")) for n in range(count)))


def test_a_call_is_its_frame_its_text_and_what_a_chat_format_adds(specs):
    _, (plan,) = plans_of(specs[:1], 1)
    forecaster = Forecaster(Letters())
    forecaster.add(plan)
    frame = plan.request.frame
    # Four tokens for each message; the schema in its shortest spelling.
    least = sum(len(message.content) for message in frame.messages) + len(plan.request.text) + 4 * (len(frame.messages) + 1)
    assert least < forecaster.total.input_tokens < least + 2 * len(str(frame.schema))
    assert (forecaster.total.requests, forecaster.total.reused) == (1, 0)
    assert forecaster.total.output_tokens == specs[0].answer_kind.reply_tokens


def test_a_frame_is_counted_once_and_charged_each_time(specs):
    _, plans = plans_of(specs[:1], 3)
    counter = Letters()
    forecaster = Forecaster(counter)
    for plan in plans:
        forecaster.add(plan)
    one = Forecaster(Letters())
    one.add(plans[0])
    assert forecaster.total.input_tokens == 3 * one.total.input_tokens
    system = plans[0].request.frame.messages[0].content
    assert counter.counted.count(system) == 1


def test_a_shared_reply_pays_for_the_keys_of_its_members(specs):
    (_, alone), (_, together) = plans_of(specs, 2), plans_of(specs, 2, pack=2, combine=True)
    apart, shared = Forecaster(Letters()), Forecaster(Letters())
    for plan in alone:
        apart.add(plan)
    for plan in together:
        shared.add(plan)
    assert (apart.total.requests, shared.total.requests) == (4, 1)
    assert shared.total.output_tokens == apart.total.output_tokens + 4 * 2 * 4, "four members, two keys each, four tokens a key"
    assert shared.total.input_tokens < apart.total.input_tokens


def test_a_grader_replies_shortly(specs):
    packer, (plan,) = plans_of(specs, 2, pack=2, combine=True, grader=True)
    grade = packer.grade(plan, {member.key: packer.unpack(plan, "{}")[0] for member in plan.members})
    asked, graded = Forecaster(Letters()), Forecaster(Letters())
    asked.add(plan)
    graded.add(grade)
    assert 0 < graded.total.output_tokens < asked.total.output_tokens


def test_the_price_is_that_of_the_dearest_endpoint_in_the_lane(specs):
    _, plans = plans_of(specs, 3)
    forecaster = Forecaster(Letters())
    for plan in plans:
        forecaster.add(plan)
    cheap, dear = make_endpoint("a", price=Price(1.0, 1.0)), make_endpoint("b", price=Price(2.0, 3.0, batch_discount=0.4))
    usd = (2 * forecaster.total.input_tokens + 3 * forecaster.total.output_tokens) / 1e6
    assert forecaster.cost_usd([cheap, dear]) == pytest.approx(usd)
    assert forecaster.cost_usd([dear], Lane.BATCH) == pytest.approx(0.4 * usd)


def test_one_unknown_price_makes_the_forecast_unknown(specs):
    forecaster = Forecaster(Letters())
    assert forecaster.cost_usd([make_endpoint("a"), make_endpoint("b", price=None)]) is None
    assert forecaster.cost_usd([make_endpoint("a")]) == 0.0, "nothing to ask costs nothing"


def test_thoughts_are_expected_to_take_a_quarter_of_their_room(specs):
    _, (plan,) = plans_of(specs[:1], 1)
    endpoints = [replace(make_endpoint(), reasoning=Reasoning(effort)) for effort in (None, ReasoningEffort.LOW)]
    forecaster = Forecaster(Letters(), endpoints)
    forecaster.add(plan)
    assert forecaster.total.output_tokens == specs[0].answer_kind.reply_tokens + 2_048 // 4
    assert forecaster.total.thought_tokens == 512


@pytest.mark.parametrize(("mean", "output", "assumed"), [(None, 512, 512), (300.0, 300, 0), (5.0, 0, 0)])
def test_what_was_measured_takes_the_place_of_the_assumption(specs, mean, output, assumed):
    _, plans = plans_of(specs[:1], 2)
    asked = []

    def measured(frame, endpoint):
        asked.append((frame.schema_name, endpoint.name))
        return None if mean is None else mean + (reply if mean > 100 else 0)

    reply = specs[0].answer_kind.reply_tokens
    endpoints = [replace(make_endpoint(), reasoning=Reasoning(ReasoningEffort.LOW)), make_endpoint("plain")]
    forecaster = Forecaster(Letters(), endpoints, measured=measured)
    for plan in plans:
        forecaster.add(plan)
    assert forecaster.total.output_tokens == 2 * (reply + output)
    assert forecaster.total.thought_tokens == 2 * assumed
    assert asked == [("topic", "scripted")], "once for a frame, and not where no effort is asked for"
