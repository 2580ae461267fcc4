"""Suggestions of a model for a repair: one request each, through our own client, kept in the journal before they are used."""

import asyncio
import hashlib
import random
from collections.abc import Mapping
from typing import Final

from semtel_ops.endpoints import ChatReply, ChatRequest, Endpoint, Lane
from semtel_ops.endpoints.model import Message, RequestFrame
from semtel_ops.errors import EndpointError
from semtel_ops.realtime import Budget, RetryPolicy
from semtel_ops.repair import Suggestion
from semtel_ops.runs.resources import Resources
from semtel_ops.store.journal import Journal
from semtel_ops.store.journal_outcome import RequestIdentity, RequestOutcome, about_id

_INSTRUCTION: Final = (
    "You edit instructions for classifiers. Reply with the text that is asked for and nothing else: one line, without "
    "quotation marks, lists or comments. Speak of kinds of conversations; never repeat words of a particular conversation, "
    "names, numbers or places."
)
_FRAME: Final = RequestFrame(
    messages=(Message("system", _INSTRUCTION),), schema_name="suggestion", schema=None, max_output_tokens=400, temperature=None
)
_TIMEOUT_S: Final = 120.0


class Suggestions:
    """Asks one endpoint for wordings. A refused or failed request is an empty suggestion, which costs what it cost."""

    def __init__(
        self, endpoint: Endpoint, journal: str, run_id: str, resources: Resources, *, texts: Mapping[str, str]
    ) -> None:
        """`texts`: texts of rows that requests may contain, by conversation id; replies about them are erased with them."""
        self._endpoint, self._resources, self._run_id, self._texts = endpoint, resources, run_id, texts
        self._journal = Journal(journal, frames=[_FRAME.fingerprint], clock=resources.clock)
        self._budget = None if endpoint.price is None else Budget(0.0, (endpoint,))

    def forecast_usd(self, request: str) -> float:
        """The maximum cost of a request; 0 where the price is unknown."""
        return 0.0 if self._budget is None else self._budget.ceiling_usd(ChatRequest(_FRAME, request))

    def __call__(self, request: str) -> Suggestion:
        """The reply; an answered request is not sent again."""
        asked = ChatRequest(_FRAME, request)
        key = asked.key(self._endpoint.asked)
        known = self._journal.get(key)
        if known is None:
            reply = asyncio.run(self._ask(asked))
            about = tuple(about_id(row) for row, text in self._texts.items() if text in request)
            bucket = hashlib.blake2b(request.encode("utf-8", "surrogatepass"), digest_size=1).digest()[0]
            known = RequestOutcome.of(
                RequestIdentity(key, _FRAME.fingerprint, bucket, about), self._endpoint, reply,
                lane=Lane.REALTIME, run_id=self._run_id, attempts=1, now=self._resources.clock.now(),
            )  # fmt: skip
            if isinstance(reply, ChatReply):
                self._journal.add(known)
                self._journal.flush()
        return Suggestion(known.text or "", known.cost_usd or 0.0)

    async def _ask(self, request: ChatRequest) -> ChatReply | str:
        """The reply, or why there is none.

        Raises:
            EndpointError: the endpoint accepts no request at all.
        """
        client = self._resources.make_chat_client(self._endpoint)
        retry, rng, attempts = RetryPolicy(), random.Random(), 0
        try:
            while True:
                attempts += 1
                try:
                    return await client.ask(request, timeout_s=_TIMEOUT_S)
                except EndpointError as error:
                    if error.unusable:
                        raise
                    delay_s = retry.delay_s(error, attempts, rng)
                    if delay_s is None:
                        return error.kind.value
                    await self._resources.clock.sleep(delay_s)
        finally:
            await client.aclose()
