"""How many requests may be under way at an endpoint, and how many a minute: algorithms, and leases that enforce them.

Here: pure algorithms from samples to numbers, remaining quota, circuit breakers, leases, and how tasks divide the capacity of
an endpoint. Not here: HTTP, retries, endpoints, the ledger. README.md explains the design.
"""

from semtel_ops.concurrency.changes import Change
from semtel_ops.concurrency.endpoint_limiter import Ceilings, EndpointLease, EndpointLimiter, Snapshot
from semtel_ops.concurrency.fair_share import Holding, ShareStore
from semtel_ops.concurrency.share_keeper import ShareKeeper

__all__ = ["Ceilings", "Change", "EndpointLease", "EndpointLimiter", "Holding", "ShareKeeper", "ShareStore", "Snapshot"]
