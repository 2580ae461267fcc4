"""OpenAI and servers with the same API. Adapters are imported when a client is created, since the SDK is slow to import."""

from typing import Annotated, Literal

from pydantic import Field

from semtel_ops.endpoints.batch_client import BatchClient
from semtel_ops.endpoints.client import ChatClient
from semtel_ops.endpoints.kind import BatchSupport, EndpointKind
from semtel_ops.endpoints.model import Endpoint, KindOptions, Lane
from semtel_ops.endpoints.openai_lines import OpenAILines


class OpenAIOptions(KindOptions):
    """How to authenticate. There is a single way; the setting exists so that entries of all kinds may have it."""

    auth: Annotated[Literal["key"], Field(repr=False)] = "key"
    """`key`: the API key, if the endpoint needs one."""


def make_chat_client(endpoint: Endpoint) -> ChatClient:
    from semtel_ops.endpoints.openai_chat import OpenAIChatClient

    return OpenAIChatClient(endpoint)


def make_batch_client(endpoint: Endpoint) -> BatchClient:
    from semtel_ops.endpoints.openai_batch import OpenAIBatchClient

    return OpenAIBatchClient(endpoint)


OPENAI = EndpointKind(
    name="openai",
    summary="OpenAI and servers with its API: vLLM, Ollama, a gateway",
    lanes=frozenset(Lane),
    chat=make_chat_client,
    # Platform documentation, «Batch», limits of a file: 50,000 requests and 200 MB.
    batch=BatchSupport(make_batch_client, OpenAILines(), max_requests=50_000, max_bytes=199_000_000),
    options=OpenAIOptions,
)
