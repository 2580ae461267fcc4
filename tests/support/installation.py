"""An installation: chats, settings, a lake, a ledger, and endpoints that a script answers for; what a whole week starts from."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from semtel_ops.endpoints.model import ChatReply, ChatRequest, Endpoint
from semtel_ops.errors import EndpointError
from semtel_ops.runs.progress import LogProgress
from semtel_ops.runs.resources import Resources
from semtel_ops.settings import Settings
from semtel_ops.steps.gather import gather_run
from semtel_ops.steps.land_shards import land_shards
from semtel_ops.steps.route import route_shards
from semtel_ops.steps.week import ingest_week
from semtel_ops.store.files import write_json
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.testing.scripted_client import Script, ScriptedClient
from tests.support.shards import CLASSIFIERS, QUICK, WEEK, answer_request, write_endpoints

DAY = "2026-11-18"  # in WEEK


class Installation:
    """Everything in one folder. The environment variable DATABASE_URL is to name `database_url`.

    Attributes:
        answer: what chat endpoints say from now on.
        clients: of chat endpoints, in the order they were opened.
    """

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.settings = Settings(
            lake=f"{folder}/lake",
            pipeline=f"{folder}/pipeline.yaml",
            endpoints=f"{folder}/endpoints.yaml",
            database_url=database_url,
        )
        self.answer: Script = answer_request
        self.clients: list[ScriptedClient] = []
        write_endpoints(folder)
        self.configure()
        self.write_chats(12)

    @property
    def asked(self) -> list[ChatRequest]:
        """Every request that a chat endpoint got."""
        return [request for client in self.clients for request in client.asked]

    @property
    def source(self) -> str:
        return f"{self.folder}/chats"

    def configure(self, **config: Any) -> None:
        """Write pipeline.yaml: this configuration over one that suits tests."""
        usual = {
            **QUICK,
            "source": {"paths": [self.source]},
            "classifiers": list(CLASSIFIERS),
            "lane": "realtime",
            "scrub": {"engine": "off"},
            "shards": {"conversations": 6},
        }
        write_json(self.settings.pipeline, {**usual, **config})

    def write_chats(self, count: int, *, name: str = "c", days: Sequence[str] = (DAY,), **fields: Any) -> None:
        """A file of so many conversations, which begin on these days in turn; `fields` of each record."""
        records = [
            {
                "conversation_id": f"{name}{at}",
                "started_at": f"{days[at % len(days)]}T10:00:00Z",
                "messages": [{"role": "user", "content": f"question {at} of {name}."}],
                **fields,
            }
            for at in range(count)
        ]
        path = Path(self.source) / f"{name}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")

    def resources(self, **given: Any) -> Resources:
        """Resources as a shell has them, with scripted endpoints and a clock that does not wait."""
        return replace(Resources(clock=ManualClock(), make_chat_client=self._chat_client, progress=LogProgress()), **given)

    def label(self, run_id: str = "first", **request: Any) -> dict[str, Any]:
        """A week up to its totals, without judgement and publication: what `gather_run` returns."""
        shards = ingest_week({"week": WEEK, **request}, run_id=run_id, settings=self.settings)
        landed = list(land_shards(route_shards(shards), resources=self.resources()))
        return gather_run(shards[0]["run"], landed)

    def ledger(self) -> Ledger:
        return open_ledger(self.settings.database_url.get_secret_value())

    def _chat_client(self, endpoint: Endpoint) -> ScriptedClient:
        self.clients.append(ScriptedClient(self._said, endpoint))
        return self.clients[-1]

    def _said(self, request: ChatRequest) -> str | ChatReply | EndpointError:
        return self.answer(request)
