"""Questions that a batch left to be asked once more, asked now: few, so a day in another batch is not worth the discount."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack

from semtel_ops.clock import Clock
from semtel_ops.endpoints import ChatClient, Endpoint
from semtel_ops.packing import RequestPlan
from semtel_ops.realtime import RequestResult
from semtel_ops.settings import RealtimeConfig
from semtel_ops.shards.engine import engine_lane, make_engine
from semtel_ops.shards.label_row import is_final, outcome_of
from semtel_ops.shards.rows import ShardRows


async def ask_now(
    plans: Iterable[RequestPlan],
    rows: ShardRows,
    endpoints: Sequence[Endpoint],
    *,
    make_client: Callable[[Endpoint], ChatClient],
    config: RealtimeConfig,
    run_id: str,
    clock: Clock,
) -> Counter[str]:
    """Ask plans in the realtime lane and land their answers in `rows`; returns calls and tokens."""
    paid = Counter[str]()

    def land(answer: RequestResult) -> Sequence[RequestPlan]:
        outcome = outcome_of(answer, run_id=run_id, now=clock.now())
        paid["requests"] += answer.attempts
        paid["input_tokens"] += outcome.input_tokens
        paid["output_tokens"] += outcome.output_tokens
        paid["nano_usd"] += round((outcome.cost_usd or 0.0) * 1e9)
        return rows.land(answer.plan, outcome, keep=is_final(answer))

    async with AsyncExitStack() as stack:
        lanes = []
        for endpoint in endpoints:
            client = make_client(endpoint)
            stack.push_async_callback(client.aclose)
            lanes.append(engine_lane(client, endpoint, config, clock))
        engine = make_engine(lanes, config, clock)
        try:
            await engine.run(iter(plans), land)
        finally:
            rows.journal.flush()
    return paid
