"""What public reports say endpoints do to a whole run, played over real sockets: the run goes on, or ends with the reason."""

import json
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from semtel_ops.cli.main import cli
from semtel_ops.errors import EndpointError
from semtel_ops.store.parquet import read_rows
from tests.support.played_endpoint import Play, Reply, answer, played_endpoint, refusal

ROWS = 12


def is_about(body: dict[str, Any], *numbers: int) -> bool:
    """Whether a request is about one of these conversations."""
    text = json.dumps(body["messages"])
    return any(f"number {number}." in text for number in numbers)


class Run(NamedTuple):
    error: BaseException | None
    shown: str
    manifest: dict[str, Any] | None
    rows: list[dict[str, Any]]
    asked: list[list[dict[str, Any]]]
    seconds: float
    folder: Path

    @property
    def statuses(self) -> Counter[str]:
        return Counter(row["status"] for row in self.rows)

    @property
    def refusals(self) -> list[dict[str, Any]]:
        """What the shards' documents say, whether or not there is a manifest."""
        paths = (self.folder / "out" / "lake" / "runs").glob("*/*/refusals/*.json")
        return [entry for path in paths for entry in json.loads(path.read_text())["refusals"]]


def classify(folder: Path, *plays: Play, rows: int = ROWS, **realtime: Any) -> Run:
    """`semtel classify` with one classifier over `rows` conversations; an endpoint for each play."""
    source = folder / "chats.jsonl"
    lines = [{"conversation_id": f"c{n}", "messages": [{"role": "user", "content": f"number {n}."}]} for n in range(rows)]
    source.write_text("\n".join(json.dumps(line) for line in lines))
    with ExitStack() as stack:
        opened = [stack.enter_context(played_endpoint(play)) for play in plays]
        entries = [
            {"name": name, "base_url": url, "model": "m"} for (url, _), name in zip(opened, ("east", "west"), strict=False)
        ]
        (folder / "endpoints.yaml").write_text(json.dumps({"endpoints": entries}))
        (folder / "pipeline.yaml").write_text(json.dumps({"realtime": {"give_up_s": 1.5, **realtime}}))
        command = ["classify", str(source), "--classifiers", "knowledge_work", "--endpoints", str(folder / "endpoints.yaml")]
        command += ["--config", str(folder / "pipeline.yaml"), "--out", str(folder / "out")]
        started = time.monotonic()
        result = CliRunner().invoke(cli, command)
        seconds = time.monotonic() - started
    path = folder / "out" / "manifest.json"
    labels = [row for file in (folder / "out" / "labels").glob("*.parquet") for row in read_rows(str(file))]
    manifest = json.loads(path.read_text()) if path.exists() else None
    return Run(result.exception, result.stderr, manifest, labels, [asked for _, asked in opened], seconds, folder)


UNPAID = refusal(402, {"error": {"message": "Insufficient Balance", "type": "unknown_error", "code": "invalid_request_error"}})
SPENT = refusal(429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}})
RETIRED = refusal(
    400,
    {"error": {"message": "The model `m` has been decommissioned and is no longer supported.", "code": "model_decommissioned"}},
)
UNKNOWN = refusal(404, {"error": {"message": "The model `m` does not exist.", "code": "model_not_found"}})
WRONG_KEY = refusal(401, {"error": {"message": "Incorrect API key provided: sk-abcdEFGH1234567890abcdEFGH1234567890."}})
GRAMMAR = refusal(500, {"error": {"code": 500, "message": "failed to parse grammar", "type": "server_error"}})
BROKEN_STREAM = Reply(200, b'event: ping\ndata: {"choices": [{"delta": {"con', {"content-type": "text/event-stream"})
NO_JSON = Reply(200, b"<html>It works!</html>", {"content-type": "text/html"})


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        pytest.param(GRAMMAR, "failed to parse grammar", id="club-3090#45"),
        pytest.param(BROKEN_STREAM, "not a chat completion", id="a stream that nobody asked for, cut off"),
        pytest.param(NO_JSON, "not a chat completion", id="the page of another server"),
        pytest.param(WRONG_KEY, "Incorrect API key", id="a wrong key"),
        pytest.param(UNPAID, "Insufficient Balance", id="continuedev/continue#11387"),
        pytest.param(UNKNOWN, "does not exist", id="an unknown model"),
    ],
)
def test_a_run_of_nothing_but_failures_ends_with_the_reason(tmp_path: Path, reply: Reply, words: str) -> None:
    run = classify(tmp_path, lambda _number, _body: reply)
    assert isinstance(run.error, EndpointError)
    assert words in str(run.error)
    assert "abcd" not in str(run.error)
    assert run.seconds < 30
    assert len(run.asked[0]) < 60
    assert words in run.refusals[0]["words"]


def test_an_endpoint_without_credit_leaves_its_work_to_the_other(tmp_path: Path) -> None:
    run = classify(tmp_path, lambda _number, _body: UNPAID, lambda _number, _body: answer())
    assert (run.error, run.statuses) == (None, {"success": ROWS})
    assert {row["endpoint"] for row in run.rows} == {"west"}


def test_a_retired_model_leaves_its_work_to_the_other(tmp_path: Path) -> None:
    run = classify(tmp_path, lambda _number, _body: RETIRED, lambda _number, _body: answer())
    assert (run.error, run.statuses) == (None, {"success": ROWS})
    assert {row["endpoint"] for row in run.rows} == {"west"}


@pytest.mark.parametrize("at", [1, 5, ROWS], ids=lambda at: f"call {at}")
@pytest.mark.parametrize("reply", [UNKNOWN, WRONG_KEY, refusal(403, {"error": "Forbidden"})], ids=["404", "401", "403"])
def test_a_gateway_that_errs_once_ends_nothing(tmp_path: Path, reply: Reply, at: int) -> None:
    """langroid/langroid#535"""
    run = classify(tmp_path, lambda number, _body: reply if number == at else answer())
    assert (run.error, run.statuses) == (None, {"success": ROWS})


def test_one_input_that_is_always_refused_is_one_row(tmp_path: Path) -> None:
    """openrouter.ai API errors, BerriAI/litellm#9305: whatever the refusal is taken for, the run goes on."""
    run = classify(tmp_path, lambda _n, body: refusal(403, {"error": "no"}) if is_about(body, 3) else answer())
    assert run.error is None
    assert run.statuses["success"] == ROWS - 1
    assert len(run.rows) == ROWS


@pytest.mark.slow
def test_credit_that_ends_in_the_middle_ends_the_run_and_keeps_what_was_paid(tmp_path: Path) -> None:
    """continuedev/continue#11387, Aider-AI/aider#4851; `recorded_refusals` has the other ways in which providers say it."""
    run = classify(tmp_path, lambda number, _body: answer() if number <= 20 else SPENT, rows=60)
    assert isinstance(run.error, EndpointError)
    assert "exceeded your current quota" in str(run.error)
    again = classify(tmp_path, lambda _number, _body: answer(), rows=60)
    assert (again.error, again.statuses) == (None, {"success": 60})
    assert len(again.asked[0]) == 40


def test_why_rows_failed_is_said_once_and_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bad = refusal(400, {"error": {"message": "max_tokens of jane.doe@example.com is odd", "code": "odd", "type": "bad"}})
    run = classify(tmp_path, lambda _n, body: bad if is_about(body, 2, 3, 4) else answer())
    assert (run.error, run.statuses) == (None, {"success": ROWS - 3, "error": 3})
    assert run.manifest is not None
    (entry,) = run.manifest["refusals"]
    assert (entry["endpoint"], entry["status"], entry["code"], entry["count"]) == ("east", 400, "odd", 3)
    assert entry["example_id"] in {"c2", "c3", "c4"}
    assert "[EMAIL] is odd" in entry["words"]
    assert "3 calls failed at east (bad request): HTTP 400 odd: max_tokens of [EMAIL] is odd" in run.shown
    assert "jane.doe" not in run.shown + caplog.text
    assert [record.levelname for record in caplog.records if "HTTP 400 odd" in record.getMessage()] == ["WARNING"]


def test_a_reset_in_unix_seconds_does_not_stop_a_run(tmp_path: Path) -> None:
    """CortexLM/cortex-code#407, promptfoo/promptfoo#10322"""

    def play(number: int, _body: dict[str, Any]) -> Reply:
        headers = {
            "x-ratelimit-limit-requests": "500",
            "x-ratelimit-remaining-requests": str(max(0, 500 - number)),
            "x-ratelimit-reset-requests": str(int(time.time()) + 60),
        }
        return answer()._replace(headers=headers)

    run = classify(tmp_path, play, rows=300)
    assert (run.error, run.statuses) == (None, {"success": 300})
    assert run.seconds < 60
