"""Conformance tests of chat clients."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from semtel_ops.endpoints.client import ChatClient
from semtel_ops.endpoints.model import ChatReply, ChatRequest, Lane, Message, RequestFrame
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.words import ReasoningEffort

_LONG_S: Final = 60.0
_SHORT_S: Final = 0.3
"""Timeouts in seconds, for requests that are answered and for requests that are not."""

_SECRET: Final = "a sentence of a conversation that must not be in any log"  # noqa: S105 - text of a conversation, not a password
_ODD_TEXTS: Final = (
    "",
    " \n\t ",
    'quo"tes \\ and {braces}',
    "中文 🙂",
    "\x00 <|endoftext|>",
    "half of a pair: \ud83d",
    "x" * 100_000,
)


class ChatStage(Protocol):
    """A client and its endpoint, which fails as a test demands."""

    @property
    def client(self) -> ChatClient: ...

    @property
    def calls(self) -> int:
        """Requests that have reached the endpoint."""
        ...

    @property
    def plays(self) -> Collection[EndpointErrorKind]:
        """Failures that `play` supports: all that the provider has; for `timeout` the endpoint does not answer."""
        ...

    def answer_to(self, text: str) -> str:
        """The endpoint's answer to a request about `text`, without a failure."""
        ...

    def play(self, failure: EndpointErrorKind | None) -> None:
        """Make all further requests fail in this way; None: all are answered."""
        ...


OpenStage = Callable[[], AbstractAsyncContextManager[ChatStage]]


class ChatClientSuite:
    """Fixtures: `open_stage`, a function without arguments that opens a `ChatStage`; leaving it closes the client."""

    def test_a_request_is_answered_once_with_the_whole_text(self, open_stage: OpenStage) -> None:
        async def check(stage: ChatStage) -> None:
            reply = await ask(stage, "hello")
            assert reply.text == stage.answer_to("hello")
            assert stage.calls == 1

        on(open_stage, check)

    def test_a_reply_says_who_answered_and_what_is_billed(self, open_stage: OpenStage) -> None:
        async def check(stage: ChatStage) -> None:
            reply = await ask(stage, "hello")
            assert reply.model
            assert reply.input_tokens >= 0
            assert reply.output_tokens >= 0
            assert reply.latency_s >= 0
            assert reply.lane in {Lane.REALTIME, Lane.FLEX}

        on(open_stage, check)

    def test_many_requests_at_once_get_their_own_replies(self, open_stage: OpenStage) -> None:
        async def check(stage: ChatStage) -> None:
            texts = [f"hello {number}" for number in range(50)]
            replies = await asyncio.gather(*(ask(stage, text) for text in texts))
            assert [reply.text for reply in replies] == [stage.answer_to(text) for text in texts]
            assert stage.calls == len(texts)

        on(open_stage, check)

    def test_every_failure_is_an_error_of_its_kind_and_the_next_request_is_answered(self, open_stage: OpenStage) -> None:
        async def check(stage: ChatStage) -> None:
            for failure in stage.plays:
                stage.play(failure)
                error = await refused(stage)
                assert error.kind is failure, error
                stage.play(None)
                assert (await ask(stage, "again")).text == stage.answer_to("again")

        on(open_stage, check)

    def test_no_failure_is_retried(self, open_stage: OpenStage) -> None:
        """Only the engine retries."""

        async def check(stage: ChatStage) -> None:
            for failure in stage.plays:
                stage.play(failure)
                before = stage.calls
                await refused(stage)
                assert stage.calls == before + 1, failure

        on(open_stage, check)

    def test_no_error_quotes_the_request_or_shows_the_key(self, open_stage: OpenStage) -> None:
        async def check(stage: ChatStage) -> None:
            key = stage.client.endpoint.api_key
            for failure in stage.plays:
                stage.play(failure)
                error = await refused(stage, _SECRET)
                for shown in (str(error), repr(error), repr(error.__cause__), repr(stage.client.endpoint)):
                    assert _SECRET not in shown
                    assert key is None or key not in shown

        on(open_stage, check)

    def test_any_effort_can_be_asked_for(self, open_stage: OpenStage) -> None:
        """A word that the endpoint does not know is no error: the request is sent without it."""

        async def check(stage: ChatStage) -> None:
            for effort in ReasoningEffort:
                request = make_request("hello", effort)
                reply = await stage.client.ask(request, timeout_s=_LONG_S)
                assert reply.text == stage.answer_to("hello")
                assert reply.reasoning_tokens is None or 0 <= reply.reasoning_tokens <= reply.output_tokens

        on(open_stage, check)

    def test_any_text_can_be_asked_about(self, open_stage: OpenStage) -> None:
        """Also a lone surrogate, which occurs in real conversations and which JSON cannot encode."""

        async def check(stage: ChatStage) -> None:
            for text in _ODD_TEXTS:
                reply = await ask(stage, text)
                if text.isprintable():
                    assert reply.text == stage.answer_to(text)

        on(open_stage, check)

    def test_a_request_that_is_cancelled_harms_no_other(self, open_stage: OpenStage) -> None:
        async def check(stage: ChatStage) -> None:
            asking = asyncio.create_task(ask(stage, "never mind"))
            await asyncio.sleep(0)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            assert (await ask(stage, "hello")).text == stage.answer_to("hello")

        on(open_stage, check)

    def test_the_endpoint_stays_the_same_and_closing_twice_is_closing_once(self, open_stage: OpenStage) -> None:
        async def check(stage: ChatStage) -> None:
            endpoint = stage.client.endpoint
            await ask(stage, "hello")
            assert stage.client.endpoint == endpoint
            await stage.client.aclose()
            await stage.client.aclose()

        on(open_stage, check)


def make_request(text: str, effort: ReasoningEffort | None = None) -> ChatRequest:
    """A request for a plain text reply about `text`."""
    frame = RequestFrame((Message("system", "Say it again."),), "answer", None, 20, reasoning_effort=effort)
    return ChatRequest(frame, text)


async def ask(stage: ChatStage, text: str) -> ChatReply:
    return await stage.client.ask(make_request(text), timeout_s=_LONG_S)


async def refused(stage: ChatStage, text: str = "hello") -> EndpointError:
    """The error of a request that the endpoint does not answer."""
    try:
        reply = await stage.client.ask(make_request(text), timeout_s=_SHORT_S)
    except EndpointError as error:
        return error
    raise AssertionError(f"an error was expected, not {reply}")


def on(open_stage: OpenStage, check: Callable[[ChatStage], Awaitable[None]]) -> None:
    """Run a check with a new stage in a new event loop."""

    async def run() -> None:
        async with open_stage() as stage:
            await check(stage)

    asyncio.run(run())
