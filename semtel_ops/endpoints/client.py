"""What an engine needs of an endpoint; one adapter file per wire format implements it."""

from collections.abc import Callable
from typing import Protocol

from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint


class ChatClient(Protocol):
    """Asks one endpoint, once per call: it never retries, so that one layer above does."""

    @property
    def endpoint(self) -> Endpoint: ...

    async def ask(self, request: ChatRequest, *, timeout_s: float) -> ChatReply:
        """Send the request and wait for the whole reply.

        Raises:
            EndpointError: no usable reply; its kind says whether another try can help.
        """
        ...

    async def aclose(self) -> None:
        """Close connections. Closing twice is closing once."""
        ...


MakeChatClient = Callable[[Endpoint], ChatClient]
"""Creates the chat client of an endpoint; default `factory.chat_client`, replaced in tests."""
