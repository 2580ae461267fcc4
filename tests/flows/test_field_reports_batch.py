"""Batch servers as people have met them: every request is paid for once, every row has its status, and a stop says why.

The ids name public reports, repository and thread.
"""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from semtel_ops.cli.main import cli
from semtel_ops.endpoints.openai_batch import _say_unknown
from semtel_ops.errors import SemtelError
from semtel_ops.store.parquet import read_rows
from tests.support.batch_server import BatchServer, batch_server, completion, refusal, result

COUNT = 12
CALL_USD = (100 * 1.0 + 10 * 2.0) / 1e6 / 2
AT_ONCE = 0.1  # seconds for which results are waited for that never come
PENDING = refusal("The file is not processed yet; its status is pending.", code="fileNotProcessed")


class Outcome(NamedTuple):
    exit_code: int
    output: str
    manifest: dict[str, Any] | None
    rows: list[dict[str, Any]]

    def statuses(self) -> Counter[str]:
        return Counter(row["status"] for row in self.rows)


@pytest.fixture
def server() -> Iterator[BatchServer]:
    with batch_server() as running:
        yield running


@pytest.fixture
def classify(tmp_path: Path, server: BatchServer) -> Callable[..., Outcome]:
    """`classify()`: runs `semtel classify --lane batch`; again, the same command goes on."""
    lines = [{"conversation_id": f"c{n}", "messages": [{"role": "user", "content": f"text {n}"}]} for n in range(COUNT)]
    (tmp_path / "chats.jsonl").write_text("\n".join(map(json.dumps, lines)))

    def run(*options: str, endpoints: dict[str, str] | None = None, settle_s: float = 0.8) -> Outcome:
        times = f"poll_min_s: 0.05, poll_max_s: 0.2, backoff_s: 0.1, settle_s: {settle_s}"
        (tmp_path / "pipeline.yaml").write_text(f"batch: {{{times}}}")
        price = "price: {input_per_million: 1.0, output_per_million: 2.0}"
        entries = [
            f"{{name: {name}, base_url: '{url}', model: m, lanes: [batch], {price}}}"
            for name, url in (endpoints or {"east": server.url}).items()
        ]
        (tmp_path / "endpoints.yaml").write_text(f"endpoints: [{', '.join(entries)}]")
        command = ["classify", str(tmp_path / "chats.jsonl"), "--classifiers", "topic", "--lane", "batch", "--json"]
        command += ["--endpoints", str(tmp_path / "endpoints.yaml"), "--config", str(tmp_path / "pipeline.yaml")]
        done = CliRunner().invoke(cli, [*command, "--out", str(tmp_path / "out"), *options])
        url = tmp_path / "out" / "manifest.json"
        rows = [row for path in (tmp_path / "out" / "labels").glob("*.parquet") for row in read_rows(str(path))]
        manifest = json.loads(url.read_text()) if url.exists() else None
        # `cli.main.main` prints an error of this kind as one line; any other is a traceback.
        assert done.exception is None or isinstance(done.exception, SemtelError), done.exception
        return Outcome(done.exit_code, f"{done.output}{done.exception or ''}", manifest, rows)

    return run


def all_land(server: BatchServer, outcome: Outcome) -> None:
    """Every row has its label, and every request was paid for once."""
    assert outcome.exit_code == 0, outcome.output
    assert outcome.statuses() == {"success": COUNT}
    assert max(Counter(server.asked).values()) == 1
    assert outcome.manifest is not None
    assert outcome.manifest["cost_usd"] == pytest.approx(COUNT * CALL_USD)


def to_first(special: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Answers of a server: `special` to the first request that it sees, each time it comes, and a good one to all others."""
    seen: list[str] = []

    def answer(line: dict[str, Any]) -> dict[str, Any]:
        seen.append(line["custom_id"])
        return special(line) if line["custom_id"] == seen[0] else result(line)

    return answer


def stops(server: BatchServer, outcome: Outcome, *said: str) -> None:
    """The run ended with a reason; what was paid for is not asked again, and its files are where they were."""
    assert outcome.exit_code == 1, outcome.output
    for words in said:
        assert words in outcome.output
    assert max(Counter(server.asked).values()) == 1
    assert len(server.files) >= 2 or "names no result file" in said


@pytest.mark.parametrize(
    "word",
    ["queued", "pending", "created", "running", "in_queue", "PAUSED", "JOB_STATE_RUNNING", None, "", 7, {"phase": "x"}],
    ids=lambda word: f"deltawi/deltallm#153, BerriAI/litellm#41749: {word!r}",
)
def test_a_state_that_is_no_end_counts_as_under_way(server: BatchServer, classify: Callable[..., Outcome], word: Any) -> None:
    server.job = lambda job, looks: {**job, "status": word} if looks < 3 else job
    all_land(server, classify())
    assert len(server.jobs) == 1


def test_a_job_without_the_field_is_under_way_and_the_unknown_word_is_said_once(
    server: BatchServer, classify: Callable[..., Outcome], caplog: pytest.LogCaptureFixture
) -> None:
    _say_unknown.cache_clear()
    server.job = lambda job, looks: {**job, "status": "napping"} if looks < 4 else job
    all_land(server, classify())
    said = [record.getMessage() for record in caplog.records if "which is unknown here" in record.getMessage()]
    assert said == ["east: a batch job is in state 'napping', which is unknown here and counts as under way"]


@pytest.mark.parametrize("status", [404, 400, 409, 425])
def test_a_result_file_that_is_not_there_yet_is_asked_for_again(
    server: BatchServer, classify: Callable[..., Outcome], status: int
) -> None:
    """BerriAI/litellm#18734, bespokelabsai/curator#406."""
    server.download = lambda content, tries: (status, refusal("not ready")) if tries < 2 else (200, content)
    all_land(server, classify())


def test_a_result_file_that_stays_gone_stops_the_run_until_it_is_back(
    server: BatchServer, classify: Callable[..., Outcome]
) -> None:
    """BerriAI/litellm#18734."""
    server.download = lambda _, __: (404, refusal("No such File object"))
    first = classify(settle_s=AT_ONCE)
    stops(server, first, "file-1", "batch-0", "give-up")
    stops(server, classify(settle_s=AT_ONCE), "file-1")
    server.download = lambda content, _: (200, content)
    all_land(server, classify())


def test_results_that_a_person_gives_up_are_asked_again(
    server: BatchServer, classify: Callable[..., Outcome], tmp_path: Path
) -> None:
    server.download = lambda _, __: (404, refusal("No such File object"))
    classify(settle_s=AT_ONCE)
    out = ["--out", str(tmp_path / "out"), "--json"]
    (job,) = json.loads(CliRunner().invoke(cli, ["batch", "list", *out]).stdout)["jobs"]
    given_up = CliRunner().invoke(cli, ["batch", "give-up", job["job_key"], *out], catch_exceptions=False)
    assert given_up.exit_code == 0, given_up.output
    server.download = lambda content, _: (200, content)
    outcome = classify()
    assert outcome.statuses() == {"success": COUNT}
    assert set(Counter(server.asked).values()) == {2}
    assert outcome.manifest is not None
    assert outcome.manifest["cost_usd"] is None, "the answers that were given up cost something, too"


@pytest.mark.parametrize("counts", [None, {}, {"total": 0, "completed": 0, "failed": 0}, {"total": 12, "completed": 12}])
def test_result_files_that_are_named_late_are_waited_for(
    server: BatchServer, classify: Callable[..., Outcome], counts: Any
) -> None:
    """openai/openai-cookbook#1564."""
    server.job = lambda job, looks: {**job, "request_counts": counts, **({"output_file_id": None} if looks < 3 else {})}
    all_land(server, classify())


def test_a_completed_job_that_never_names_a_file_is_not_paid_for_again(
    server: BatchServer, classify: Callable[..., Outcome]
) -> None:
    """openai/openai-cookbook#1564."""
    server.job = lambda job, _: {**job, "request_counts": None, "output_file_id": ""}
    stops(server, classify(settle_s=AT_ONCE), "names no result file")
    stops(server, classify(settle_s=AT_ONCE), "names no result file")


@pytest.mark.parametrize("word", ["pending", "running", "uploaded"])
def test_an_input_file_that_is_not_processed_yet_is_waited_for(
    server: BatchServer, classify: Callable[..., Outcome], word: str
) -> None:
    """openai/openai-dotnet#312."""
    server.file = lambda file, looks: {**file, "status": word if looks < 2 else "processed"}
    server.on_create = lambda tries: (400, PENDING) if tries < 1 else None
    all_land(server, classify())
    assert len(server.files) == 0


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"error": {"code": "content_filter", "message": "The response was filtered"}}),
        {"error": {"code": "content_filter", "message": "filtered", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
        {"error": {"message": "Your request was rejected by the content management policy."}},
    ],
    ids=["text (kind: deltawi/deltallm#153)", "Azure", "words alone"],
)
@pytest.mark.parametrize("status", [400, "400"])
def test_a_filter_refuses_one_row(server: BatchServer, classify: Callable[..., Outcome], body: Any, status: Any) -> None:
    server.answer = to_first(lambda line: result(line, body, status))
    outcome = classify()
    assert outcome.exit_code == 0, outcome.output
    assert outcome.statuses() == {"success": COUNT - 1, "refused": 1}
    assert max(Counter(server.asked).values()) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"errors": None}, "gives no reason"),
        ({"errors": [{"code": "invalid_json_line", "message": "Line 3 is bad", "line": 3}]}, "invalid_json_line (line 3)"),
        ({"errors": {"object": "list", "data": [{"code": "bad_file", "message": "no"}]}}, "bad_file: no"),
        ({"errors": "the input is wrong"}, "the input is wrong"),
        ({"error": {"message": "provider said no"}}, "provider said no"),
        ({"errors": None, "error": "quota of the project"}, "quota of the project"),
    ],
    ids=lambda value: f"BerriAI/litellm#41749: {value}" if isinstance(value, dict) else None,
)
def test_a_job_that_fails_twice_for_one_reason_ends_the_run_with_it(
    server: BatchServer, classify: Callable[..., Outcome], fields: dict[str, Any], said: str
) -> None:
    server.job = lambda job, looks: {**job, "status": "failed", "output_file_id": None, "request_counts": None, **fields}
    outcome = classify()
    assert outcome.exit_code == 1, outcome.output
    assert said in outcome.output
    assert len(server.jobs) == 2
    server.job = lambda job, _: job
    fixed = classify()
    assert fixed.statuses() == {"success": COUNT}


@pytest.mark.parametrize(
    "text",
    [
        lambda line: line.replace('"usage":', '"logprob": NaN, "usage":'),
        lambda line: line.replace('"usage":', '"logprob": -Infinity, "usage":'),
        lambda line: line.replace('"id": "r"', '"id": "\\ud83d"'),
        lambda line: line.replace('"id": "r"', '"id": "a\tb"'),
    ],
    ids=["madroidmaq/mlx-omni-server#56", "sgl-project/sglang#4097", "half an emoji", "a raw tab"],
)
def test_what_a_strict_parser_refuses_beside_the_answer_harms_nobody(
    server: BatchServer, classify: Callable[..., Outcome], text: Callable[[str], str]
) -> None:
    server.content = lambda lines: "".join(text(json.dumps(line)) + "\n" for line in lines).encode()
    all_land(server, classify())


@pytest.mark.parametrize(
    "pack",
    [
        gzip.compress,
        lambda content: content.decode().encode("utf-16"),
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: b"[" + b",".join(content.splitlines()) + b"]",
        lambda content: b"[\n" + b",\n".join(content.splitlines()) + b"\n]\n",
    ],
    ids=["gzip", "UTF-16", "BOM", "CRLF", "array", "array over lines"],
)
def test_other_wrappings_of_the_lines_are_read(
    server: BatchServer, classify: Callable[..., Outcome], pack: Callable[[bytes], bytes]
) -> None:
    server.download = lambda content, _: (200, pack(content))
    all_land(server, classify())


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>\n",
        b'{"error": {"message": "The file is being prepared"}}',
        b"",
        b"\x00\x01\x02" * 1000,
        b"custom_id,answer\n1,science\n",
        b'{"custom_id": "' + b"f" * 32 + b'", "response": {"status_code": 200, "body": {}}}\n',
        b"x" * 20_000_000,
    ],
    ids=["HTML under 200", "an error under 200", "nothing", "binary", "CSV", "another job's", "one huge line"],
)
def test_results_of_which_nothing_can_be_read_stop_with_the_files_kept(
    server: BatchServer, classify: Callable[..., Outcome], content: bytes
) -> None:
    server.download = lambda _, __: (200, content)
    stops(server, classify(settle_s=AT_ONCE), "batch-0", "kept at the provider")
    stops(server, classify(settle_s=AT_ONCE), "batch-0")
    server.download = lambda whole, _: (200, whole)
    all_land(server, classify())


def test_a_result_file_that_is_cut_is_read_again(server: BatchServer, classify: Callable[..., Outcome]) -> None:
    server.download = lambda content, tries: (200, content[: len(content) * (tries + 1) // 3])
    all_land(server, classify())


def test_a_few_lines_that_cannot_be_read_go_into_the_next_job(server: BatchServer, classify: Callable[..., Outcome]) -> None:
    server.content = lambda lines: b"".join(
        b"{broken\n" if at < 2 and len(lines) == COUNT else json.dumps(line).encode() + b"\n" for at, line in enumerate(lines)
    )
    outcome = classify()
    assert outcome.statuses() == {"success": COUNT}
    assert len(server.asked) == COUNT + 2
    assert outcome.manifest is not None
    assert outcome.manifest["cost_usd"] == pytest.approx((COUNT + 2) * CALL_USD), "those that were lost are counted, too"


def test_a_row_that_can_never_be_read_is_a_row(server: BatchServer, classify: Callable[..., Outcome]) -> None:
    server.answer = to_first(lambda line: {"custom_id": line["custom_id"], "response": 5})
    outcome = classify()
    assert outcome.exit_code == 0, outcome.output
    assert outcome.statuses() == {"success": COUNT - 1, "error": 1}
    assert max(Counter(server.asked).values()) == 3


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, refusal("Incorrect API key provided", code="invalid_api_key")),
        (404, refusal("The model `m` does not exist", code="model_not_found")),
        (429, refusal("You exceeded your current quota", code="insufficient_quota")),
    ],
)
def test_an_account_that_no_request_gets_past_ends_the_run_without_asking_again(
    server: BatchServer, classify: Callable[..., Outcome], status: int, body: Any
) -> None:
    server.answer = lambda line: result(line, body, status)
    outcome = classify()
    assert outcome.exit_code == 1, outcome.output
    assert body["error"]["message"][:20] in outcome.output
    assert len(server.jobs) == 1
    server.answer = result
    fixed = classify()
    assert fixed.statuses() == {"success": COUNT}
    assert fixed.manifest is not None
    assert fixed.manifest["cost_usd"] == pytest.approx(COUNT * CALL_USD)


def test_an_endpoint_that_refuses_our_account_is_left_for_one_that_answers(
    server: BatchServer, classify: Callable[..., Outcome]
) -> None:
    with batch_server() as other:
        other.answer = server.answer = lambda line: result(line, refusal("no such key", code="invalid_api_key"), 401)
        first = classify(endpoints={"east": server.url, "west": other.url})
        assert first.exit_code == 1, first.output
        assert len(server.jobs) == len(other.jobs) == 1
        other.answer = result
        assert classify(endpoints={"east": server.url, "west": other.url}).statuses() == {"success": COUNT}


def test_usage_beyond_belief_costs_no_answer(server: BatchServer, classify: Callable[..., Outcome]) -> None:
    """64bit/async-openai#404."""
    huge = {"prompt_tokens": 2**64 - 5, "completion_tokens": 10}
    server.answer = to_first(lambda line: result(line, completion(usage=huge)))
    outcome = classify()
    assert outcome.exit_code == 0, outcome.output
    assert outcome.statuses() == {"success": COUNT}
    assert max(Counter(server.asked).values()) == 1
