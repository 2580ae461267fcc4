"""Flex is cheaper and sometimes has no room: then the standard tier answers, and nothing waits for ever."""

from dataclasses import replace

import pytest

from semtel_ops.endpoints.flex import TIMEOUT_S, FlexClient, at_flex, lane_client
from semtel_ops.endpoints.model import ChatRequest, Endpoint, Lane, Message, Price, RequestFrame
from semtel_ops.endpoints.refusal import error_from_response
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.testing.scripted_client import ScriptedClient, make_endpoint, make_reply

REQUEST = ChatRequest(RequestFrame((Message("system", "s"),), "answer", None, 10), "text")
FULL = EndpointError("no room", kind=EndpointErrorKind.OVERLOADED, status=429, code="resource_unavailable")
UNKNOWN = EndpointError("HTTP 400", kind=EndpointErrorKind.UNSUPPORTED, status=400, params=("service_tier",))
BROKEN = EndpointError("500", kind=EndpointErrorKind.SERVER_ERROR, status=500)


class Tiers:
    """A flex client whose flex tier says what it is told to, and whose standard tier always answers."""

    def __init__(self, *flex, standard=True):
        self.clock = ManualClock()
        self.flex = ScriptedClient(flex, at_flex(make_endpoint()))
        self.standard = ScriptedClient(lambda _: "standard", make_endpoint())
        self.client = FlexClient(self.flex, self.standard if standard else None, clock=self.clock)

    async def ask(self):
        return (await self.client.ask(REQUEST, timeout_s=60.0)).text


async def test_what_flex_answers_is_not_asked_again():
    tiers = Tiers("flex")
    assert await tiers.ask() == "flex"
    assert tiers.standard.asked == []


async def test_a_full_flex_tier_is_tried_thrice_and_then_left_alone_for_a_minute(caplog):
    tiers = Tiers(FULL, FULL, FULL, "flex")
    assert [await tiers.ask(), await tiers.ask()] == ["standard", "standard"]
    assert len(tiers.flex.asked) == 3
    assert caplog.text.count("is full at flex") == 1
    tiers.clock.advance(60)
    assert await tiers.ask() == "flex"


async def test_groq_has_a_status_of_its_own_for_a_full_flex_tier():
    full = error_from_response("east", 498, {}, b'{"error": {"message": "Flex tier capacity exceeded"}}')
    assert await Tiers(full, full, full).ask() == "standard"
    assert await Tiers(full, "flex").ask() == "flex"


async def test_a_tier_that_is_refused_by_name_is_not_asked_for_again():
    unknown = error_from_response("east", 422, {}, b'{"detail": [{"loc": ["body", "service_tier"], "msg": "Extra inputs"}]}')
    assert await Tiers(unknown).ask() == "standard"


async def test_room_that_comes_back_in_between_is_used():
    assert await Tiers(FULL, FULL, "flex").ask() == "flex"


async def test_an_endpoint_that_does_not_know_flex_is_asked_for_it_once():
    tiers = Tiers(UNKNOWN)
    assert [await tiers.ask(), await tiers.ask()] == ["standard", "standard"]
    tiers.clock.advance(1e6)
    assert await tiers.ask() == "standard"


async def test_other_failures_are_the_engine_s_to_try_again():
    with pytest.raises(EndpointError, match="500"):
        await Tiers(BROKEN).ask()


async def test_without_a_standard_tier_the_refusal_is_the_caller_s():
    with pytest.raises(EndpointError, match="no room"):
        await Tiers(FULL, standard=False).ask()


async def test_flex_is_given_a_quarter_of_an_hour():
    waits = []

    class Slow(ScriptedClient):
        async def ask(self, request, *, timeout_s):
            waits.append(timeout_s)
            return make_reply("x")

    await FlexClient(Slow([]), None, clock=ManualClock()).ask(REQUEST, timeout_s=60.0)
    assert waits == [TIMEOUT_S] == [900.0]


def test_only_the_flex_lane_asks_at_flex():
    def make(endpoint: Endpoint):
        return ScriptedClient([], endpoint)

    endpoint = replace(make_endpoint(), lanes=(Lane.REALTIME, Lane.FLEX))
    assert lane_client(make, endpoint, Lane.REALTIME, ManualClock()).endpoint.service_tier is None
    client = lane_client(make, endpoint, Lane.FLEX, ManualClock())
    assert isinstance(client, FlexClient)
    assert client.endpoint == endpoint, "rows name the endpoint, not the tier"


def test_flex_has_its_price_and_the_key_knows_nothing_of_it():
    assert Price(1.0, 2.0, flex_discount=0.4).cost_usd(1_000_000, 0, Lane.FLEX) == pytest.approx(0.4)
    assert REQUEST.key(at_flex(make_endpoint()).model) == REQUEST.key(make_endpoint().model)
