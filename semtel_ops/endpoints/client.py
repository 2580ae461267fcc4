"""What the realtime engine needs of an endpoint; each wire format has an adapter."""

from collections.abc import Callable
from typing import Protocol

from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint


class ChatClient(Protocol):
    """Sends requests to one endpoint, each once: it never retries, since exactly one layer above does."""

    @property
    def endpoint(self) -> Endpoint: ...

    async def ask(self, request: ChatRequest, *, timeout_s: float) -> ChatReply:
        """Send the request and wait for the whole reply.

        Raises:
            EndpointError: no usable reply; its kind says whether a retry can help.
        """
        ...

    async def aclose(self) -> None:
        """Close connections; a second call does nothing."""
        ...


MakeChatClient = Callable[[Endpoint], ChatClient]
"""Creates the chat client of an endpoint; default `factory.chat_client`, replaced in tests."""
