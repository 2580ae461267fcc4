"""Every plan lands exactly once, and only what can change is asked again."""

import asyncio
import itertools
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.classifiers import load_classifiers
from semtel_ops.concurrency import Ceilings, EndpointLimiter
from semtel_ops.conversations.model import Role, Turn
from semtel_ops.endpoints.model import ChatReply, ChatRequest
from semtel_ops.errors import BudgetExceededError, ConfigError, EndpointError, EndpointErrorKind
from semtel_ops.packing import PreparedConversation, RequestPlan, SinglePacker
from semtel_ops.realtime import Budget, LimitedClient, Patience, RealtimeEngine, RequestResult, RetryPolicy
from semtel_ops.settings import Settings
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.testing.scripted_client import Script, ScriptedClient, make_endpoint

RATE_LIMITED = EndpointError("429", kind=EndpointErrorKind.RATE_LIMITED, status=429)
BAD_REQUEST = EndpointError("400", kind=EndpointErrorKind.BAD_REQUEST, status=400)
AUTH = EndpointError("401", kind=EndpointErrorKind.AUTH, status=401)


@pytest.fixture(scope="module")
def packer() -> SinglePacker:
    return SinglePacker(load_classifiers(Settings().prompts, ["topic"]))


def make_plans(packer: SinglePacker, count: int) -> list[RequestPlan]:
    conversations = (PreparedConversation(f"c{n}", f"{n:032x}", 1.0, (Turn(Role.USER, f"text {n}"),)) for n in range(count))
    return [plan for conversation in conversations for plan in packer.plan(conversation)]


def make_engine(
    *clients: ScriptedClient, places: int = 4, attempts: int = 3, clock: ManualClock | None = None
) -> RealtimeEngine:
    clock = clock or ManualClock()
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
        patience=Patience(give_up_s=900.0),
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


UNSUPPORTED = EndpointError("400 json_schema", kind=EndpointErrorKind.UNSUPPORTED, status=400)
SERVER_ERROR = EndpointError("500 grammar", kind=EndpointErrorKind.SERVER_ERROR, status=500)
NOT_FOUND = EndpointError("404", kind=EndpointErrorKind.DEPLOYMENT, status=404)


@pytest.mark.parametrize("error", [AUTH, NOT_FOUND])
@pytest.mark.parametrize("at", [1, 7, 20])
async def test_one_refusal_of_an_endpoint_ends_nothing(packer: SinglePacker, error: EndpointError, at: int) -> None:
    calls = itertools.count(1)
    client = ScriptedClient(lambda _: error if next(calls) == at else "x")
    answers = await run_all(make_engine(client), make_plans(packer, 20))
    assert all(answer.reply is not None for answer in answers)
    assert len(answers) == 20


async def test_a_request_that_an_endpoint_always_refuses_is_a_row(packer: SinglePacker) -> None:
    client = ScriptedClient(lambda request: AUTH if "text 3" in request.text else "x")
    answers = await run_all(make_engine(client), make_plans(packer, 12))
    assert [answer.error for answer in answers if answer.error] == [AUTH]
    assert len(answers) == 12


async def test_what_one_endpoint_declines_another_is_asked(packer: SinglePacker) -> None:
    declines = ScriptedClient(lambda _: UNSUPPORTED, make_endpoint("declines"))
    fine = ScriptedClient(lambda _: "x", make_endpoint("fine"))
    answers = await run_all(make_engine(declines, fine), make_plans(packer, 60))
    assert {answer.endpoint.name for answer in answers} == {"fine"}
    assert len(declines.asked) < 30


async def test_a_request_that_every_endpoint_declines_lands_once(packer: SinglePacker) -> None:
    clients = [
        ScriptedClient(lambda request: UNSUPPORTED if "text 3" in request.text else "x", make_endpoint(name))
        for name in ("east", "west")
    ]
    answers = await run_all(make_engine(*clients), make_plans(packer, 12))
    assert [answer.error for answer in answers if answer.error] == [UNSUPPORTED]
    assert sum("text 3" in request.text for client in clients for request in client.asked) == 2


@pytest.mark.parametrize("error", [SERVER_ERROR, RATE_LIMITED, BAD_REQUEST, UNSUPPORTED, NOT_FOUND])
async def test_a_run_of_nothing_but_failures_ends_within_minutes_with_the_last_one(
    packer: SinglePacker, error: EndpointError
) -> None:
    clock = ManualClock()
    client = ScriptedClient(lambda _: error)
    with pytest.raises(EndpointError, match=rf"^{error}\. No endpoint is left.*run the same command again") as ended:
        await run_all(make_engine(client, clock=clock, attempts=8), make_plans(packer, 200))
    assert ended.value.kind is error.kind
    assert clock.monotonic() - 1_000_000.0 < 200.0
    assert len(client.asked) < 100


async def test_an_engine_that_has_no_endpoint_left_sends_nothing_more(packer: SinglePacker) -> None:
    client = ScriptedClient(lambda _: AUTH)
    engine = make_engine(client)
    for _ in range(2):
        with pytest.raises(EndpointError, match="401"):
            await run_all(engine, make_plans(packer, 5))
    assert len(client.asked) < 8


async def test_replies_under_way_when_the_last_endpoint_is_left_still_land(packer: SinglePacker) -> None:
    """They may be paid for."""
    clock = ManualClock()

    class Slow(ScriptedClient):
        async def ask(self, request: ChatRequest, *, timeout_s: float) -> ChatReply:
            if "text 0" in request.text:
                while clock.monotonic() < 1_000_060.0:  # noqa: ASYNC110 - nothing announces the manual clock
                    await asyncio.sleep(0)
            return await super().ask(request, timeout_s=timeout_s)

    answers: list[RequestResult] = []
    engine = make_engine(Slow(lambda request: "paid" if "text 0" in request.text else AUTH), clock=clock)
    with pytest.raises(EndpointError):
        await engine.run(iter(make_plans(packer, 20)), answers.append)
    assert [answer.reply.text for answer in answers if answer.reply] == ["paid"]


async def test_a_reply_that_our_own_code_fails_on_is_one_row_and_is_not_asked_again(
    packer: SinglePacker, caplog: pytest.LogCaptureFixture
) -> None:
    def script(request: ChatRequest) -> str:
        if "text 3" in request.text:
            raise OverflowError(f"secret of {request.text}")
        return "x"

    client = ScriptedClient(script)
    answers = await run_all(make_engine(client), make_plans(packer, 12))
    (failed,) = [answer for answer in answers if answer.error]
    assert "OverflowError" in str(failed.error)
    assert (len(answers), len(client.asked)) == (12, 12)
    assert "OverflowError" in caplog.text
    assert "secret" not in caplog.text + str(failed.error)


async def test_every_failed_call_is_told(packer: SinglePacker) -> None:
    told: list[tuple[str, str, EndpointError]] = []
    client = ScriptedClient([RATE_LIMITED, AUTH, "fine"])
    engine = RealtimeEngine(
        [LimitedClient(client, EndpointLimiter("scripted", clock := ManualClock()))],
        retry=RetryPolicy(),
        timeout_s=1.0,
        clock=clock,
        refused=lambda plan, endpoint, error: told.append((plan.members[0].conversation.conversation_id, endpoint.name, error)),
    )
    await run_all(engine, make_plans(packer, 1))
    assert told == [("c0", "scripted", RATE_LIMITED), ("c0", "scripted", AUTH)]


SCRIPTED = st.sampled_from([None, *EndpointErrorKind])


class WatchedClient(ScriptedClient):
    """Fails when it is called after the engine has left its endpoint."""

    engine: RealtimeEngine | None = None

    async def ask(self, request: ChatRequest, *, timeout_s: float) -> ChatReply:
        assert self.engine is not None
        assert self in [lane.client for lane in self.engine._lanes]
        return await super().ask(request, timeout_s=timeout_s)


PACKER = SinglePacker(load_classifiers(Settings().prompts, ["topic"]))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(SCRIPTED, min_size=1, max_size=12), min_size=1, max_size=3),
    st.integers(0, 40),
    st.integers(1, 6),
)
async def test_whatever_endpoints_do_a_run_ends_and_each_plan_lands_at_most_once(
    scripts: list[list[EndpointErrorKind | None]], count: int, places: int
) -> None:
    """Each endpoint repeats its script for ever: None answers, other entries fail."""
    clock, plans = ManualClock(), make_plans(PACKER, count)
    answered: list[str] = []

    def script(kinds: Iterator[EndpointErrorKind | None]) -> Script:
        def play(request: ChatRequest) -> str | EndpointError:
            kind = next(kinds)
            if kind is None:
                answered.append(request.text)
                return "x"
            return EndpointError(kind.value, kind=kind)

        return play

    clients = [
        WatchedClient(script(itertools.cycle(kinds)), make_endpoint(f"e{number}")) for number, kinds in enumerate(scripts)
    ]
    engine = make_engine(*clients, clock=clock, places=places)
    for client in clients:
        client.engine = engine
    landed: list[RequestResult] = []
    try:
        await engine.run(iter(plans), landed.append)
    except EndpointError as error:
        assert "No endpoint is left" in str(error)  # noqa: PT017 - either end is right
        sent = sum(len(client.asked) for client in clients)
        assert sent < 20 * (count + 20) * len(clients)
    else:
        assert len(landed) == count
    assert clock.monotonic() - 1_000_000.0 < 4 * 3_600
    assert len({id(result.plan) for result in landed}) == len(landed)
    assert all((result.reply is None) != (result.error is None) for result in landed)
    assert sorted(answered) == sorted(result.plan.request.text for result in landed if result.reply), "a reply was lost"
