"""The realtime engine as a run sets it up: an endpoint's ceilings, and how often and how long a request is tried."""

from collections.abc import Sequence

from semtel_ops.clock import Clock
from semtel_ops.concurrency import Ceilings, EndpointLimiter
from semtel_ops.endpoints import ChatClient, Endpoint
from semtel_ops.realtime import Budget, LimitedClient, RealtimeEngine, RetryPolicy
from semtel_ops.settings import RealtimeConfig


def engine_lane(client: ChatClient, endpoint: Endpoint, config: RealtimeConfig, clock: Clock) -> LimitedClient:
    """A client with a limiter of its own, under the ceilings of endpoints.yaml and, where that is silent, of pipeline.yaml."""
    ceilings = Ceilings(
        max_concurrency=endpoint.limits.max_concurrency or config.max_concurrency,
        requests_per_minute=endpoint.limits.rpm,
        tokens_per_minute=endpoint.limits.tpm,
    )
    return LimitedClient(client, EndpointLimiter(endpoint.name, clock, ceilings=ceilings))


def make_engine(
    lanes: Sequence[LimitedClient], config: RealtimeConfig, clock: Clock, budget: Budget | None = None
) -> RealtimeEngine:
    """An engine that asks through `lanes` as pipeline.yaml says."""
    retry = RetryPolicy(max_attempts=config.max_attempts, deadline_s=config.deadline_s)
    return RealtimeEngine(lanes, retry=retry, timeout_s=config.timeout_s, budget=budget, clock=clock)
