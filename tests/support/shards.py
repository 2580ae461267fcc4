"""A shard of a run, and what a test plays around it: a chat endpoint, a provider of batches, and the time."""

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from semtel_ops.endpoints.model import ChatRequest, Endpoint
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import Resources, endpoints_of
from semtel_ops.settings import PipelineConfig, Settings
from semtel_ops.steps.classify import check_shard, classify_shard
from semtel_ops.steps.classify_batch import BatchSteps, classify_shards, submit_shard
from semtel_ops.store.files import write_json
from semtel_ops.store.parquet import atomic_parquet, read_rows
from semtel_ops.store.tables import CONVERSATIONS, PREPARED
from semtel_ops.testing.batch_provider import BatchProvider, answered
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.testing.scripted_client import Script, ScriptedClient

WEEK, RUN_ID = "2026-W47", "r1"
CLASSIFIERS = ("topic", "knowledge_work")
QUICK = {"realtime": {"max_attempts": 2, "max_concurrency": 4}, "batch": {"settle_s": 1, "backoff_s": 5}}
"""Settings under which little has to be tried and waited for."""


def make_plan(folder: Path, *, config: Mapping[str, Any] | None = None, **fields: Any) -> RunPlan:
    """A run whose lake and endpoints are in `folder`, not saved; `config` is what pipeline.yaml would hold."""
    defaults: dict[str, Any] = {
        "week": WEEK,
        "run_id": RUN_ID,
        "lake": f"{folder}/lake",
        "config": PipelineConfig.model_validate(config or {}),
        "classifiers": CLASSIFIERS,
        "endpoints": f"{folder}/endpoints.yaml",
        "include": Settings().include,
    }
    return RunPlan(**{**defaults, **fields})


def write_endpoints(
    folder: Path,
    *names: str,
    lanes: Iterable[str] = ("realtime",),
    price: tuple[float, float] = (1.0, 2.0),
    **fields: Any,
) -> None:
    """endpoints.yaml with endpoints that nothing listens at, `east` unless others are named.

    Args:
        price: USD per million input and output tokens.
        fields: of each entry, in place of what it has.
    """
    entry = {
        "base_url": "http://127.0.0.1:1/v1",
        "model": "m",
        "lanes": list(lanes),
        "price": {"input_per_million": price[0], "output_per_million": price[1]},
    }
    entries = [{"name": name, **entry, **fields} for name in names or ("east",)]
    write_json(f"{folder}/endpoints.yaml", {"endpoints": entries})


def conversation_row(number: int, **fields: Any) -> dict[str, Any]:
    """A sampled conversation, as `sample` writes it."""
    turns = [{"role": "user", "content": f"question {number}."}]
    return {
        "week": WEEK, "shard": 0, "conversation_id": f"c{number}", "content_hash": f"{number:032x}", "turns": turns,
        "chars": len(turns[0]["content"]), "sample_weight": 2.0, **fields,
    }  # fmt: skip


def prepared_row(number: int, **fields: Any) -> dict[str, Any]:
    """The same conversation, as `prepare` writes it."""
    row = conversation_row(number)
    return {name: row[name] for name in ("conversation_id", "content_hash", "sample_weight", "turns")} | {
        "truncated_tokens": 0,
        "compression_ratio": 1.0,
        **fields,
    }


def write_conversations(plan: RunPlan, rows: Iterable[Mapping[str, Any]], *, shard: int = 0) -> None:
    with atomic_parquet(plan.folder.conversations(shard), CONVERSATIONS) as sink:
        sink.write([dict(row) for row in rows])


def write_prepared(plan: RunPlan, rows: Iterable[Mapping[str, Any]], *, shard: int = 0) -> None:
    with atomic_parquet(plan.folder.prepared(shard), PREPARED) as sink:
        sink.write([dict(row) for row in rows])


def label_of(classifier: str) -> str:
    """The reply of a model that finds science in everything, and work."""
    return '{"label": "yes"}' if classifier == "knowledge_work" else '{"label": "science"}'


def answer_request(request: ChatRequest) -> str:
    return label_of(request.frame.schema_name)


def answer_line(line: dict[str, Any]) -> dict[str, Any]:
    """The same for a line of a batch job."""
    return answered(line, label_of(line["body"]["response_format"]["json_schema"]["name"]))


class ShardBench:
    """A prepared shard of a saved run, and the steps that land it.

    Attributes:
        ref: the shard as `prepare` hands it on.
        clock: moves when a test or a wait moves it.
        answer: what the chat endpoint says to a request.
        clients: of the chat endpoint, in the order they were opened.
        provider: takes the batch jobs.

    Args:
        lake: folder of the lake in `folder`.
        shard, shards: which one of how many the run has; each has conversations of its own.
        config: what pipeline.yaml would hold, over `QUICK`.
        fields: of the plan.
    """

    def __init__(
        self,
        folder: Path,
        *,
        lanes: Iterable[str] = ("realtime",),
        price: tuple[float, float] = (1.0, 2.0),
        conversations: int = 20,
        lake: str = "lake",
        shard: int = 0,
        shards: int = 1,
        config: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> None:
        write_endpoints(folder, lanes=lanes, price=price)
        self.folder = folder
        self.plan = make_plan(
            folder, **{"config": {**QUICK, **(config or {})}, "lake": f"{folder}/{lake}", "ledger": False, **fields}
        )
        refs = [{"shard": number, "conversations": conversations} for number in range(shards)]
        self.ref: dict[str, Any] = {"run": self.plan.save(), **refs[shard]}
        write_json(self.plan.folder.sample, {"shards": refs, "sampled": conversations * shards})
        first = shard * 1_000
        write_prepared(self.plan, map(prepared_row, range(first, first + conversations)), shard=shard)
        self.clock = ManualClock()
        self.answer: Script = answer_request
        self.clients: list[ScriptedClient] = []
        self.provider = BatchProvider(endpoints_of(self.plan)[0], answer_line)

    @property
    def asked(self) -> list[ChatRequest]:
        """Every request that the chat endpoint got."""
        return [request for client in self.clients for request in client.asked]

    @property
    def resources(self) -> Resources:
        return Resources(make_chat_client=self._chat_client, make_batch_client=lambda _: self.provider, clock=self.clock)

    def classify(self, answer: Script | None = None, **ref: Any) -> dict[str, Any]:
        """Ask the shard in realtime; `answer` is what is said from now on, `ref` changes the reference."""
        self.answer = answer or self.answer
        return classify_shard({**self.ref, **ref}, resources=self.resources)

    def submit(self, **arguments: Any) -> dict[str, Any]:
        """Begin the shard in the batch lane; the state to watch, or the manifest."""
        return submit_shard(self.ref, resources=self.resources, **arguments)

    def poll(self, state: dict[str, Any]) -> dict[str, Any]:
        """The state after every poll that is due, as a trigger makes them."""
        with BatchSteps(self.resources) as steps:
            return asyncio.run(steps.poll(state))

    def run_batches(self, **arguments: Any) -> dict[str, Any]:
        """Take the shard through the batch lane to its rows, and check them."""
        (manifest,) = classify_shards([self.ref], resources=self.resources, **arguments)
        return check_shard(manifest)

    def answer_only(self, count: int) -> None:
        """From now on the provider answers so many lines of its jobs, and loses the others."""
        seen = iter(range(1_000_000))
        self.provider.answer = lambda line: answer_line(line) if next(seen) < count else None

    def rows(self) -> list[dict[str, Any]]:
        """What has landed."""
        return list(read_rows(self.plan.folder.landed(self.ref["shard"])))

    def _chat_client(self, endpoint: Endpoint) -> ScriptedClient:
        self.clients.append(ScriptedClient(self.answer, endpoint))
        return self.clients[-1]


class MakeShard(Protocol):
    """What the fixture `make_shard` is: a bench in the test's folder, of the given arguments."""

    def __call__(self, **given: Any) -> ShardBench: ...
