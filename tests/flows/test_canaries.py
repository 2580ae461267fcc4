"""A word that only the source has, in each of its fields, is found nowhere but where text may be."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from semtel_ops.endpoints import Endpoint
from semtel_ops.endpoints.factory import chat_client
from semtel_ops.page import PageContext
from semtel_ops.page.batches import batches_view
from semtel_ops.page.classifiers import classifiers_view
from semtel_ops.page.quality import quality_view
from semtel_ops.page.quarantine import quarantine_view, unlabelled_view
from semtel_ops.page.runs import kept_report, run_view, runs_view
from semtel_ops.page.weeks import week_view
from semtel_ops.runs.metrics import NoMetrics
from semtel_ops.runs.resources import Resources
from semtel_ops.settings import Settings
from semtel_ops.steps.alert import alert_run
from semtel_ops.steps.classify import check_shard
from semtel_ops.steps.close import close_run
from semtel_ops.steps.extract import extract_part
from semtel_ops.steps.gather import gather_run
from semtel_ops.steps.land_shards import land_shards
from semtel_ops.steps.plan import list_parts, plan_run
from semtel_ops.steps.publish import publish_run
from semtel_ops.steps.report import report_run
from semtel_ops.steps.route import route_shards
from semtel_ops.steps.sample import sample_week
from semtel_ops.steps.validate import validate_run
from semtel_ops.store.layout import Lake
from semtel_ops.testing.batch_provider import BatchProvider, answered, refused
from semtel_ops.testing.webhook import listening_webhook
from tests.support.installation import Installation
from tests.support.played_endpoint import Reply, answer, played_endpoint, refusal
from tests.support.shards import WEEK, answer_line, label_of, write_endpoints

WORD = "Xyzzycanary"
MAIL = f"{WORD}@example.com"
TEXT_FOLDERS = {"conversations", "staged", "prepared", "journal", "batches"}
"""Folders that may have text of conversations, as docs/explanation/privacy.md says."""
TEXT_COLUMNS = {"raw_reply"}

DATED = {"started_at": "2026-11-18T12:00:00Z", "language": "en"}
SAID = [{"role": "user", "content": f"my diary says {WORD}"}, {"role": "assistant", "content": f"so {WORD}"}]
RECORDS = [
    {"conversation_id": "c1", "messages": SAID, **DATED},
    {"conversation_id": MAIL, "messages": SAID, **DATED},
    {"conversation_id": f"{WORD} Smith", "messages": [*SAID, *SAID], **DATED},
    # The same id with another content: quarantined.
    {"conversation_id": f"Dup {WORD}", "messages": SAID, **DATED},
    {"conversation_id": f"Dup {WORD}", "messages": SAID[:1], **DATED},
    {"conversation_id": "c2", "messages": SAID, **DATED, "language": f"{WORD}"},
    {"conversation_id": "c3", "messages": SAID, **DATED, "labels": {WORD: WORD, "user": WORD, "topic": {"why": WORD}}},
    {"conversation_id": "c4", "messages": SAID, **DATED, "metadata": {"user": WORD}, WORD: WORD, "model": WORD, "title": WORD},
    {"conversation_id": "c5", "messages": [{"role": WORD, "content": "x"}], **DATED},
    {"conversation_id": "c6", "messages": [{"role": "user", "content": {"type": WORD}, "name": WORD}], **DATED},
    {"conversation_id": "c7", "messages": SAID, "started_at": WORD},
    {"conversation_id": {"x": WORD}, "messages": SAID, **DATED},
    {"conversation_id": "x" * 600 + WORD, "messages": SAID, **DATED},
    {"conversation_id": "c8", "messages": WORD, **DATED},
    {WORD: WORD},
    [WORD],
    WORD,
]


def test_a_word_of_the_source_stays_where_text_may_be(tmp_path: Path) -> None:
    """Replies, and the words of refusals, quote the request."""
    source = tmp_path / f"{MAIL}-chats.jsonl"
    _write(source)
    out = tmp_path / "out"
    with played_endpoint(_hostile) as (base_url, bodies):
        endpoints = {"endpoints": [{"name": "east", "base_url": base_url, "model": "m"}]}
        (tmp_path / "endpoints.yaml").write_text(json.dumps(endpoints), encoding="utf-8")
        command = ["-v", "classify", str(source), "--classifiers", "topic", "--endpoints", "endpoints.yaml", "--out", str(out)]
        run = "from semtel_ops.cli.main import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", run, *command], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
    assert bodies, done.stderr
    # The first line of the log may name the file as the caller did.
    assert WORD not in (done.stdout + done.stderr).replace(str(source), "")
    assert _leaks(out, source) == []


@pytest.mark.parametrize("lane", ["realtime", "batch"])
def test_a_word_of_a_week_stays_where_text_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, lane: str
) -> None:
    """A published week with an alert, told to a webhook: what steps hand on, files, ledger, page, alerts, metrics and logs."""
    caplog.set_level(logging.DEBUG)
    url = f"sqlite:///{tmp_path}/ledger.db"
    monkeypatch.setenv("DATABASE_URL", url)
    installation = Installation(tmp_path, url)
    installation.write_chats(30)
    source = Path(installation.source) / f"{MAIL}-chats.jsonl"
    _write(source)
    metrics = Seen()
    with listening_webhook() as hook, played_endpoint(_hostile) as (base_url, bodies):
        monkeypatch.setenv("HOOK", hook.url)
        write_endpoints(tmp_path, lanes=[lane], base_url=base_url)
        channel = {"kind": "webhook", "url_env": "HOOK", "min_severity": "info"}
        installation.configure(lane=lane, alerts={"channels": [channel]}, shards={"conversations": 60})
        resources = installation.resources(metrics=metrics, make_chat_client=chat_client, make_batch_client=_batch_provider())
        manifests = _week(installation.settings, resources)
    assert bodies or lane == "batch"
    assert hook.received
    assert metrics.values
    assert set(manifests[-1]["by_status"]) > {"success"}
    with installation.ledger() as ledger:
        context = PageContext(ledger, Lake(installation.settings.lake), installation.settings.prompts)
        pages = [
            week_view(context, WEEK), runs_view(context), run_view(context, WEEK, "r1"), quality_view(context, None),
            quarantine_view(context, WEEK, "r1"), unlabelled_view(context, WEEK, "r1"), classifiers_view(context),
            batches_view(context, now=datetime.now(UTC)), kept_report(context, WEEK, "r1").decode(),
        ]  # fmt: skip
    told = {"manifests": manifests, "alerts": hook.received, "metrics": metrics.values, "pages": pages}
    told |= {"log": [record.getMessage() for record in caplog.records], "tracebacks": caplog.text}
    assert [name for name, value in told.items() if WORD in _plain(value, source)] == []
    assert _leaks(tmp_path / "lake", source) == []
    assert WORD not in _plain((tmp_path / "ledger.db").read_bytes().decode("latin-1"), source)


class Seen(NoMetrics):
    """Metrics, remembered."""

    def __init__(self) -> None:
        self.values: list[tuple[str, float, dict[str, str]]] = []

    def count(self, name: str, value: float, tags: Mapping[str, str]) -> None:
        self.values.append((name, value, dict(tags)))

    gauge = count


def _week(settings: Settings, resources: Resources) -> list[Any]:
    """The steps of the weekly DAG; returns what each hands to the next."""
    run = plan_run({"week": WEEK}, run_id="r1", settings=settings)
    parts = list_parts(run)
    extracted = [extract_part(part) for part in parts]
    sampled = sample_week(extracted)
    routed = list(route_shards(sampled))
    landed = list(land_shards(routed, resources=resources))
    checked = [check_shard(shard, metrics=resources.metrics) for shard in landed]
    gathered = gather_run(run, landed)
    judged = [validate_run(run), publish_run(run), report_run(run), alert_run(run), close_run(run)]
    return [run, parts, extracted, sampled, routed, landed, checked, gathered, *judged]


def _hostile(number: int, body: dict[str, Any]) -> Reply:
    """Answers, broken answers and refusals in turn, each with what it was asked."""
    asked = body["messages"][-1]["content"]
    name = body["response_format"]["json_schema"]["name"]
    served = WORD if WORD in asked else "m-2026-10-01"
    headers = {"x_request_id": WORD, "x_error": f"refused {WORD}", "content_type": "application/json"}
    return (
        answer(label_of(name), id=WORD, system_fingerprint=served),
        answer(asked),
        answer(label_of(name)),
        answer(f'{{"label": "{WORD}"}}', model=served),
        refusal(400, {"error": {"code": "invalid_value", "message": f"bad: {asked}", "param": WORD, "type": WORD}}, **headers),
        refusal(400, {"error": {"code": "content_filter", "message": asked, "innererror": {WORD: asked}}}, **headers),
        refusal(422, f"<html>{asked}</html>", **headers),
    )[number % 7]


def _batch_provider() -> Callable[[Endpoint], BatchProvider]:
    """Opens clients of one provider, which answers as `_hostile` does."""
    turns = count()
    opened: list[BatchProvider] = []

    def result(line: dict[str, Any]) -> dict[str, Any] | None:
        asked = line["body"]["messages"][-1]["content"]
        return (
            answer_line(line), answer_line(line), answered(line, asked), refused(line, 400, f"bad: {asked}", "invalid_value"),
            {**line, "response": None, "error": {"code": "server_error", "message": asked}},
        )[next(turns) % 5]  # fmt: skip

    def client(endpoint: Endpoint) -> BatchProvider:
        if not opened:
            opened.append(BatchProvider(endpoint, result))
        return opened[0]

    return client


def _write(source: Path) -> None:
    lines = [json.dumps(record) for record in RECORDS] + [f'{{"messages": "{WORD}', f"{WORD}"]
    source.write_text("\n".join(lines), encoding="utf-8")


def _plain(value: Any, source: Path) -> str:
    """As a text, without the name of the file that is to be read."""
    return (value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)).replace(str(source), "")


def _leaks(root: Path, source: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in sorted(root.rglob("*")) if path.is_file() and _leaks_in(path, root, source)]


def _leaks_in(path: Path, root: Path, source: Path) -> bool:
    if TEXT_FOLDERS & set(path.relative_to(root).parts):
        return False
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        columns = [name for name in table.column_names if name not in TEXT_COLUMNS]
        return WORD in json.dumps(table.select(columns).to_pylist(), default=str)
    # Plans name the files that are to be read.
    return WORD in _plain(path.read_bytes().decode("utf-8", "replace"), source)
