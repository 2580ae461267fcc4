"""The realtime lane: sends request plans, as many at once as the endpoints allow, and retries where that can help.

Here: the engine, its budget, the retry policy, and when an endpoint is left. Not here: the number of requests at once
(`concurrency`), what a reply means (`packing`, `classifiers`), where it is stored (`store.journal`).
"""

from semtel_ops.realtime.budget import Budget
from semtel_ops.realtime.endpoint_record import Patience
from semtel_ops.realtime.engine import LimitedClient, RealtimeEngine
from semtel_ops.realtime.retry import RetryPolicy
from semtel_ops.realtime.workload import RequestResult

__all__ = ["Budget", "LimitedClient", "Patience", "RealtimeEngine", "RequestResult", "RetryPolicy"]
