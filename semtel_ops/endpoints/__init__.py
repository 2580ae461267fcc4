"""Endpoints: what they are, how to call them, and what their errors mean.

Here: values (`model`), protocols (`client`, `batch_client`), adapters, a module for each kind of endpoint (`kinds`), clients by
kind (`factory`), endpoints.yaml (`catalog`), backoff (`retry`). Not here: how many requests at once (`concurrency`), which
endpoint gets the next request (`realtime`).
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
