"""The realtime lane: sends request plans, as many at once as the endpoints allow, and retries where that can help.

Here: the engine, its budget and the retry policy. Not here: the number of requests at once (`concurrency`), what a reply means
(`packing`, `classifiers`), where it is stored (`store.journal`).
"""

from semtel_ops.realtime.budget import Budget
from semtel_ops.realtime.engine import LimitedClient, RealtimeEngine, RequestResult
from semtel_ops.realtime.retry import RetryPolicy

__all__ = ["Budget", "LimitedClient", "RealtimeEngine", "RequestResult", "RetryPolicy"]
