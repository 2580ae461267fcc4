"""Every plan lands exactly once, and only what can change is asked again."""

import random

import pytest

from semtel_ops.classifiers import load_classifiers
from semtel_ops.concurrency import Ceilings, EndpointLimiter
from semtel_ops.conversations.model import Role, Turn
from semtel_ops.endpoints.model import ChatRequest
from semtel_ops.errors import BudgetExceededError, ConfigError, EndpointError, EndpointErrorKind
from semtel_ops.packing import PreparedConversation, RequestPlan, SinglePacker
from semtel_ops.realtime import Budget, LimitedClient, RealtimeEngine, RequestResult, RetryPolicy
from semtel_ops.settings import Settings
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.testing.scripted_client import ScriptedClient, make_endpoint

RATE_LIMITED = EndpointError("429", kind=EndpointErrorKind.RATE_LIMITED, status=429)
BAD_REQUEST = EndpointError("400", kind=EndpointErrorKind.BAD_REQUEST, status=400)
AUTH = EndpointError("401", kind=EndpointErrorKind.AUTH, status=401)


@pytest.fixture(scope="module")
def packer() -> SinglePacker:
    return SinglePacker(load_classifiers(Settings().prompts, ["topic"]))


def make_plans(packer: SinglePacker, count: int) -> list[RequestPlan]:
    conversations = (PreparedConversation(f"c{n}", f"{n:032x}", 1.0, (Turn(Role.USER, f"text {n}"),)) for n in range(count))
    return [plan for conversation in conversations for plan in packer.plan(conversation)]


def make_engine(*clients: ScriptedClient, places: int = 4, attempts: int = 3) -> RealtimeEngine:
    clock = ManualClock()
    lanes = [
        LimitedClient(client, EndpointLimiter(client.endpoint.name, clock, ceilings=Ceilings(max_concurrency=places)))
        for client in clients
    ]
    return RealtimeEngine(lanes, retry=RetryPolicy(max_attempts=attempts), timeout_s=1.0, clock=clock)


async def run_all(engine: RealtimeEngine, plans: list[RequestPlan]) -> list[RequestResult]:
    answers: list[RequestResult] = []
    await engine.run(iter(plans), answers.append)
    return answers


async def test_every_plan_lands_once(packer: SinglePacker) -> None:
    plans = make_plans(packer, 50)
    answers = await run_all(make_engine(ScriptedClient(lambda _: '{"label": "science"}')), plans)
    assert sorted(id(answer.plan) for answer in answers) == sorted(id(plan) for plan in plans)
    assert {answer.attempts for answer in answers} == {1}


async def test_no_more_calls_are_under_way_than_the_limit_allows(packer: SinglePacker) -> None:
    client = ScriptedClient(lambda _: "x")
    await run_all(make_engine(client, places=3), make_plans(packer, 30))
    assert client.peak <= 3


async def test_a_refusal_is_asked_again_and_lands_when_it_is_answered(packer: SinglePacker) -> None:
    client = ScriptedClient([RATE_LIMITED, RATE_LIMITED, "fine"])
    (answer,) = await run_all(make_engine(client), make_plans(packer, 1))
    assert answer.reply is not None
    assert answer.attempts == 3


async def test_attempts_end_and_the_last_error_lands(packer: SinglePacker) -> None:
    client = ScriptedClient(lambda _: RATE_LIMITED)
    (answer,) = await run_all(make_engine(client, attempts=3), make_plans(packer, 1))
    assert answer.error is RATE_LIMITED
    assert len(client.asked) == 3


async def test_what_can_never_succeed_is_asked_once(packer: SinglePacker) -> None:
    client = ScriptedClient(lambda _: BAD_REQUEST)
    (answer,) = await run_all(make_engine(client), make_plans(packer, 1))
    assert (answer.error, len(client.asked)) == (BAD_REQUEST, 1)


async def test_a_follow_up_is_asked_and_lands_too(packer: SinglePacker) -> None:
    landed: list[RequestResult] = []

    def land(answer: RequestResult) -> list[RequestPlan]:
        landed.append(answer)
        again = packer.ask_again(answer.plan, "garbage", "not JSON")
        return [] if again is None else [again]

    client = ScriptedClient(lambda _: "x")
    await make_engine(client).run(iter(make_plans(packer, 2)), land)
    assert sorted(answer.plan.round for answer in landed) == [1, 1, 2, 2]
    assert [len(request.follow_up) for request in client.asked].count(2) == 2


async def test_what_landing_raises_comes_out_as_it_is(packer: SinglePacker) -> None:
    def land(answer: RequestResult) -> None:
        raise KeyError(answer.plan.round)

    with pytest.raises(KeyError):
        await make_engine(ScriptedClient(lambda _: "x")).run(iter(make_plans(packer, 3)), land)


async def test_an_endpoint_with_a_wrong_key_is_left_for_another(packer: SinglePacker) -> None:
    broken = ScriptedClient(lambda _: AUTH, make_endpoint("broken"))
    fine = ScriptedClient(lambda _: "x", make_endpoint("fine"))
    answers = await run_all(make_engine(broken, fine), make_plans(packer, 20))
    assert {answer.endpoint.name for answer in answers} == {"fine"}
    assert len(broken.asked) <= 4


async def test_no_endpoint_left_ends_the_run_with_the_reason(packer: SinglePacker) -> None:
    with pytest.raises(EndpointError, match="401"):
        await run_all(make_engine(ScriptedClient(lambda _: AUTH)), make_plans(packer, 5))


async def test_work_goes_where_there_is_room(packer: SinglePacker) -> None:
    clients = [ScriptedClient(lambda _: "x", make_endpoint(name)) for name in ("east", "west")]
    await run_all(make_engine(*clients, places=2), make_plans(packer, 40))
    assert min(len(client.asked) for client in clients) > 5


def delay(error: EndpointError, attempts: int = 1) -> float | None:
    return RetryPolicy().delay_s(error, attempts, random.Random(1))


def test_a_named_wait_is_obeyed_if_it_can_be_believed() -> None:
    def refused(wait: float) -> EndpointError:
        return EndpointError("429", kind=EndpointErrorKind.RATE_LIMITED, retry_after_s=wait)

    short, absurd = delay(refused(7.0)), delay(refused(86_400.0))
    assert short is not None
    assert 7.0 <= short <= 8.0
    assert absurd == delay(RATE_LIMITED)


def test_waits_grow_with_attempts_but_not_past_the_cap() -> None:
    rng = random.Random(7)
    policy = RetryPolicy(max_attempts=40)
    waits = [max(policy.delay_s(RATE_LIMITED, n, rng) or 0.0 for _ in range(200)) for n in (1, 3, 5, 30)]
    assert waits == sorted(waits)
    assert waits[-1] <= policy.cap_s


def test_requests_with_equal_content_have_equal_keys_and_others_do_not(packer: SinglePacker) -> None:
    first, second = make_plans(packer, 2)
    same = ChatRequest(first.request.frame, first.request.text)
    assert first.request.key("m") == same.key("m")
    again = packer.ask_again(first, "x", "not JSON")
    assert again is not None
    keys = {first.request.key("m"), first.request.key("n"), second.request.key("m"), again.request.key("m")}
    assert len(keys) == 4


async def run_within(usd: float, client: ScriptedClient, plans: list[RequestPlan], answers: list[RequestResult]) -> None:
    clock = ManualClock()
    limiter = EndpointLimiter("scripted", clock, ceilings=Ceilings(max_concurrency=4))
    engine = RealtimeEngine(
        [LimitedClient(client, limiter)],
        retry=RetryPolicy(max_attempts=50),
        timeout_s=1.0,
        budget=Budget(usd, (make_endpoint(),)),
        clock=clock,
    )
    await engine.run(iter(plans), answers.append)


async def test_a_budget_is_never_exceeded_and_what_was_answered_has_landed(packer: SinglePacker) -> None:
    client, answers = ScriptedClient(lambda _: "x"), list[RequestResult]()
    with pytest.raises(BudgetExceededError, match="raise the budget"):
        await run_within(0.05, client, make_plans(packer, 2_000), answers)
    price = make_endpoint().price
    assert price is not None
    paid = sum(price.cost_usd(answer.reply.input_tokens, answer.reply.output_tokens) for answer in answers if answer.reply)
    assert len(answers) == len(client.asked) > 50
    assert 0.04 < paid <= 0.05


async def test_refusals_give_their_reservation_back(packer: SinglePacker) -> None:
    said, answers = iter([RATE_LIMITED] * 30), list[RequestResult]()
    await run_within(0.05, ScriptedClient(lambda _: next(said, "x")), make_plans(packer, 40), answers)
    assert len(answers) == 40
    assert all(answer.reply is not None for answer in answers)


def test_a_budget_without_prices_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(ConfigError, match="price"):
        Budget(1.0, (make_endpoint(price=None),))
