"""Who answers: what an endpoint is, how it is asked, and what its refusals mean.

Here: values (`model`), protocols (`client`, `batch_client`), adapters, a module for each kind of endpoint (`kinds`), what makes
their clients (`factory`), endpoints.yaml (`catalog`), when a request is worth another try (`retry`). Not here: how many
requests at once (`concurrency`), which endpoint is asked next (`realtime`).
"""

from semtel_ops.endpoints.catalog import load_endpoints, load_models
from semtel_ops.endpoints.client import ChatClient
from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint, Lane, Message, RequestFrame

__all__ = [
    "ChatClient",
    "ChatReply",
    "ChatRequest",
    "Endpoint",
    "Lane",
    "Message",
    "RequestFrame",
    "load_endpoints",
    "load_models",
]
