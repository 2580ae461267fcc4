import asyncio
import contextlib
import heapq
import itertools

import httpx
import pytest

from semtel_ops.simulator import SimulatorConfig, make_app

SYSTEM = """Name the topic.
- technology: programming, software, code, computers, bugs
- cooking: recipes, food, ingredients, baking, kitchen
- other: anything else
"""


class GatedClock:
    """Time stands still; sleepers wake when `advance` passes their hour."""

    def __init__(self):
        self._now = 1_000.0
        self._sleepers = []
        self._order = itertools.count()

    def now(self):
        return 1_700_000_000.0 + self._now

    def monotonic(self):
        return self._now

    async def sleep(self, seconds):
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), woken))
        await woken

    async def advance(self, seconds):
        end = self._now + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            self._now, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
            await settle()
        self._now = end
        await settle()


async def settle():
    """Let every task that can go on do so."""
    for _ in range(400):
        await asyncio.sleep(0)


@pytest.fixture
def gated_clock():
    return GatedClock()


@contextlib.asynccontextmanager
async def client_of(config=None, clock=None):
    """An HTTP client of a simulator on this event loop, without sockets."""
    app = make_app(SimulatorConfig.model_validate(config or {}), clock)
    inbox, outbox = asyncio.Queue(), asyncio.Queue()
    life = asyncio.create_task(app({"type": "lifespan", "state": {}}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    assert (await outbox.get())["type"] == "lifespan.startup.complete"
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://simulator") as client:
            yield client
    finally:
        await inbox.put({"type": "lifespan.shutdown"})
        await life


@pytest.fixture
def simulator():
    return client_of


def enum_schema(*labels):
    return {"type": "object", "properties": {"label": {"type": "string", "enum": list(labels)}}, "required": ["label"]}


def build_body(text="How do I fix the bugs in my code?", *, schema=None, system=SYSTEM, model="simulated-small", **more):
    schema = schema or enum_schema("technology", "cooking", "other")
    return {
        "model": model,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": text}],
        "max_tokens": 50,
        "response_format": {"type": "json_schema", "json_schema": {"name": "topic", "strict": True, "schema": schema}},
        **more,
    }


@pytest.fixture
def chat_body():
    return build_body
