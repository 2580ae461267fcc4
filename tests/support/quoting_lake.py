"""A lake whose models quote whatever they are shown, in replies of every kind: for tests of what is left of a conversation."""

import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from semtel_ops.endpoints.model import ChatRequest
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.runs.progress import LogProgress
from semtel_ops.runs.resources import Resources, endpoints_of
from semtel_ops.settings import Settings
from semtel_ops.steps import experiment_cell
from semtel_ops.steps.alert import alert_run
from semtel_ops.steps.close import close_run
from semtel_ops.steps.experiment import run_experiment
from semtel_ops.steps.gather import gather_run
from semtel_ops.steps.land_shards import land_shards
from semtel_ops.steps.publish import publish_run
from semtel_ops.steps.report import report_run
from semtel_ops.steps.route import route_shards
from semtel_ops.steps.validate import validate_run
from semtel_ops.steps.week import ingest_week
from semtel_ops.store.files import write_json
from semtel_ops.testing.batch_provider import BatchProvider, answered
from semtel_ops.testing.scripted_client import ScriptedClient
from tests.support.shards import make_plan, write_endpoints

CANARY = "quokkabanjo"
"""In the text and in the ids of the conversations that tests erase, and in no others."""
CANARIES = (f"{CANARY}-person-1", f"{CANARY}-person-2", f"{CANARY}-person-3")
CLASSIFIERS = ("topic", "knowledge_work")
CONVERSATIONS = 12
WEEKS = {
    "2026-W44": {"strategy": {"shadow_share": 0.5, "pack": 4, "combine": True, "grader": True, "audit_share": 0.5}},
    "2026-W45": {"lane": "batch"},
    "2026-W46": {},
}
_CHECKS = {"non_success_share": {"severity": "warn", "limit": 0.0}} | {
    name: {"severity": "off"}
    for name in ("constant_output_share", "label_share_change", "quarantined_share", "truncated_share")
}


def quote(request: ChatRequest) -> str | EndpointError:
    """An answer that fits the schema, after a thought that quotes the request; about some conversations, none or a refusal."""
    if "forbidden" in request.text:
        return EndpointError("scripted: declined", kind=EndpointErrorKind.CONTENT_FILTER, status=400)
    if "undecided" in request.text:
        return f"I cannot decide about: {request.text}"
    return f"<think>{request.text}</think>{json.dumps(_filled(request.frame.schema, request.frame.schema))}"


def _filled(schema: dict[str, Any], root: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _filled(root["$defs"][schema["$ref"].rsplit("/", 1)[-1]], root)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: _filled(inner, root) for name, inner in schema["properties"].items()}
    return [] if schema.get("type") == "array" else 1 if schema.get("type") in {"number", "integer"} else "yes"


def _quote_line(line: dict[str, Any]) -> dict[str, Any]:
    body = line["body"]
    said = body["messages"][-1]["content"]
    schema = body["response_format"]["json_schema"]["schema"]
    text = f"I cannot decide: {said}" if "undecided" in said else f"<think>{said}</think>{json.dumps(_filled(schema, schema))}"
    return answered(line, text)


def write_source(path: Path) -> None:
    """Conversations of which three are of the person, one of them undecided and one refused; and two ids that different conversations use."""
    lines = []
    for number in range(CONVERSATIONS):
        name = CANARIES[number] if number < len(CANARIES) else f"c{number}"
        word = f"{CANARY} number {number}" if number < len(CANARIES) else f"number {number}"
        text = f"please bake {word}{' undecided' if number in {1, 5} else ' forbidden' if number == 2 else ''}"
        lines.append({"conversation_id": name, "messages": [{"role": "user", "content": text}]})
    for number in range(2):
        text = f"a conflict {number}"
        lines.append({"conversation_id": f"{CANARY}-conflict", "messages": [{"role": "user", "content": text}]})
    path.write_text("\n".join(map(json.dumps, lines)))


class QuotingLake:
    """A folder with a source, a lake and a ledger, and the steps that fill them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings(
            lake=f"{folder}/lake",
            database_url=f"sqlite:///{folder}/lake/ledger.db",
            pipeline=f"{folder}/pipeline.yaml",
            endpoints=f"{folder}/endpoints.yaml",
        )
        write_endpoints(folder, lanes=("realtime", "batch"))
        self.source = folder / "chats.jsonl"
        if not self.source.exists():
            write_source(self.source)
        self.provider = BatchProvider(endpoints_of(make_plan(folder))[0], _quote_line)

    @property
    def resources(self) -> Resources:
        return Resources(
            make_chat_client=lambda endpoint: ScriptedClient(quote, endpoint), make_batch_client=lambda _: self.provider
        )

    def request(self, week: str) -> dict[str, Any]:
        config = {
            "shards": {"conversations": 6}, "strategy_gate": {"mode": "off"}, "model_gate": {"mode": "off", "bridge_rows": 0}, "quality": _CHECKS, "lane": "realtime",
            "batch": {"settle_s": 0.01, "poll_min_s": 0.01, "max_rounds": 1}, **WEEKS[week],
        }  # fmt: skip
        write_json(f"{self.folder}/pipeline.yaml", config)
        return {"week": week, "source": str(self.source), "dates": "ignore", "classifiers": CLASSIFIERS}

    def run_week(self, week: str, run_id: str = "first") -> dict[str, Any]:
        """From source to report; returns the manifest of the run."""
        shards = ingest_week(self.request(week), run_id=run_id, settings=self.settings)
        gathered = gather_run(shards[0]["run"], list(land_shards(route_shards(shards), resources=self.resources)))
        for step in (validate_run, publish_run, report_run, alert_run, close_run):
            step(shards[0]["run"])
        return gathered

    def run_experiment(self) -> None:
        request = {
            "week": "2026-W46", "source": str(self.source), "dates": "ignore", "classifiers": CLASSIFIERS,
            "config": {"sample": CONVERSATIONS, "repeats": 1, "grid": {"pack": [1, 3]}},
        }  # fmt: skip
        with pytest.MonkeyPatch.context() as patch:
            # measure_cell opens the clients of its endpoints itself.
            patch.setattr(
                experiment_cell,
                "Resources",
                partial(Resources, make_chat_client=lambda endpoint: ScriptedClient(quote, endpoint)),
            )
            out = f"{self.settings.lake}/experiments/packing"
            run_experiment(request, experiment_id="packing", out=out, settings=self.settings, progress=LogProgress())


def places_with(folder: Path, needle: str) -> list[str]:
    """Files below a folder with these bytes, Parquet files decompressed, names of files included."""
    return [name for name, content in _contents(folder) if needle.encode() in content or needle in name]


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = str(path.relative_to(folder))
            yield name, path.read_bytes()
            if path.suffix == ".parquet":
                table = pq.read_table(path)
                buffer = io.StringIO()
                for row in table.to_pylist():
                    buffer.write(repr(row))
                yield name, (buffer.getvalue() + repr(table.schema.metadata)).encode()
