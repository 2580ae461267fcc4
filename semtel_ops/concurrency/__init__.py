"""How many requests at once, and how many a minute: the algorithms, their enforcement by leases, and nothing of who is asked.

Here: pure algorithms from samples to numbers, what quotas leave, when an endpoint is left alone, leases that hold tasks to all
of it, and how tasks share an endpoint. Not here: HTTP, retries, endpoints, the ledger.
"""

from semtel_ops.concurrency.changes import Change
from semtel_ops.concurrency.endpoint_limiter import Ceilings, EndpointLease, EndpointLimiter, Snapshot
from semtel_ops.concurrency.fair_share import Holding, ShareStore
from semtel_ops.concurrency.share_keeper import ShareKeeper

__all__ = ["Ceilings", "Change", "EndpointLease", "EndpointLimiter", "Holding", "ShareKeeper", "ShareStore", "Snapshot"]
