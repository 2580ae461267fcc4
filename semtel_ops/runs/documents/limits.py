"""limits/shard=NNNN.json: the limits of a task's endpoints."""

from typing import NotRequired, TypedDict


class LimitChange(TypedDict):
    """One change of one number that limits an endpoint: `concurrency.changes.Change` as JSON.

    Attributes:
        at: time of the change; of the latest if several were merged.
        endpoint: its name.
        what: the limit that changed: concurrency, tokens_per_minute, requests_per_minute, circuit, pause_s or share.
        old, new: before and after; of the circuit: 1 closed, 0.5 half open, 0 open.
        reason: in words.
        count: number of changes merged into this entry.
    """

    at: float
    endpoint: str
    what: str
    old: float
    new: float
    reason: str
    count: int


class EndpointState(TypedDict):
    """State of an endpoint at the end of a shard's task: `concurrency.endpoint_limiter.Snapshot` as JSON.

    Attributes:
        endpoint: its name.
        limit: maximum number of concurrent requests.
        inflight: requests in flight.
        circuit: closed, half_open or open.
        requests_per_minute, tokens_per_minute: quota reported by the endpoint; None if it reports none.
        token_scale: tokens that the endpoint counts per estimated token.
        waits_for: what a request waits for: concurrency, rate or circuit; empty if one could be sent at once.
        mean_latency_s: mean latency of recent successes; 0 before the first.
        successes, refusals, failures: requests of this task by result.
        answered_at: time of the last success; None before the first.
    """

    endpoint: str
    limit: int
    inflight: int
    circuit: str
    requests_per_minute: float | None
    tokens_per_minute: float | None
    token_scale: float
    waits_for: str
    mean_latency_s: float
    successes: int
    refusals: int
    failures: int
    answered_at: NotRequired[float | None]


class LimitsDocument(TypedDict):
    """limits/shard=NNNN.json: endpoint limits as measured by a shard's task. An attempt without requests writes none.

    Attributes:
        endpoints: state of each endpoint at the end.
        changes: changes of the limits, oldest first; at most 1,000 for each endpoint.
    """

    endpoints: list[EndpointState]
    changes: list[LimitChange]
