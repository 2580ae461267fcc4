"""Ask now: plans in, answers out as they land, at most so many at once, tried again where that can help.

Here: the engine and the retry policy. Not here: the number of requests at once (`concurrency`), what an answer means
(`packing`, `classifiers`), where it is kept (`store.journal`).
"""

from semtel_ops.realtime.budget import Budget
from semtel_ops.realtime.engine import LimitedClient, RealtimeEngine, RequestResult
from semtel_ops.realtime.retry import RetryPolicy

__all__ = ["Budget", "LimitedClient", "RealtimeEngine", "RequestResult", "RetryPolicy"]
