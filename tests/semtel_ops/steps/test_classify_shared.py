"""Shared requests land the same rows as plain ones, and whatever cannot be used of a reply is asked alone."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.endpoints.model import ChatRequest, Endpoint, FinishReason
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import Resources
from semtel_ops.settings import PipelineConfig, Settings
from semtel_ops.steps.classify import check_shard, classify_shard
from semtel_ops.steps.strategy_summary import strategy_summary
from semtel_ops.steps.totals import landed_totals
from semtel_ops.store.files import write_json
from semtel_ops.store.parquet import atomic_parquet, read_rows
from semtel_ops.store.tables import PREPARED
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.testing.scripted_client import Script, ScriptedClient, make_reply

ENDPOINTS = """
endpoints:
  - {name: east, base_url: 'http://127.0.0.1:1/v1', model: m, price: {input_per_million: 1.0, output_per_million: 1.0}}
"""
CONVERSATIONS = 20
CLASSIFIERS = ("topic", "knowledge_work")
PACKED = {"pack": 5}
COMBINED = {"combine": True, "shadow_share": 0.0}
BOTH = {**PACKED, **COMBINED}
FEW_PLACES = {"realtime": {"max_attempts": 2, "max_concurrency": 4}}

MakeRun = Callable[..., dict[str, Any]]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """A prepared shard of twenty conversations under a strategy."""
    (tmp_path / "endpoints.yaml").write_text(ENDPOINTS)

    def make(
        strategy: dict[str, Any], *, run_id: str = "r1", shard: int = 0, shards: int = 1, lake: str = "lake"
    ) -> dict[str, Any]:
        config = PipelineConfig.model_validate({**FEW_PLACES, "strategy": strategy})
        plan = RunPlan(
            week="2026-W47", run_id=run_id, lake=str(tmp_path / lake), config=config, classifiers=CLASSIFIERS, ledger=False,
            endpoints=str(tmp_path / "endpoints.yaml"), include=Settings().include,
        )  # fmt: skip
        plan.save()
        refs = [{"shard": number, "conversations": CONVERSATIONS} for number in range(shards)]
        write_json(plan.paths.run(plan.week, run_id).sample, {"shards": refs})
        rows = [
            {
                "conversation_id": f"c{n}",
                "content_hash": f"{n:032x}",
                "sample_weight": 2.0,
                "turns": [{"role": "user", "content": f"question {n}."}],
                "truncated_tokens": 0,
                "compression_ratio": 1.0,
            }
            for n in range(shard * 1_000, shard * 1_000 + CONVERSATIONS)
        ]
        with atomic_parquet(plan.paths.run(plan.week, run_id).prepared(shard), PREPARED) as sink:
            sink.write(rows)
        return {"run": plan.url, **refs[shard]}

    return make


def classify(shard: dict[str, Any], script: Script) -> tuple[list[dict[str, Any]], list[ChatRequest], dict[str, Any]]:
    """Rows, what was asked, and the manifest."""
    clients: list[ScriptedClient] = []

    def make_client(endpoint: Endpoint) -> ScriptedClient:
        clients.append(ScriptedClient(script, endpoint))
        return clients[-1]

    manifest = check_shard(classify_shard(shard, resources=Resources(make_chat_client=make_client, clock=ManualClock())))
    return list(read_rows(manifest["landed"])), clients[0].asked, manifest


def answer(request: ChatRequest) -> dict[str, Any]:
    """A reply that fits the schema: topic science, knowledge work yes, nothing wrong."""
    schema = dict(request.frame.schema or {})

    def fill(held: dict[str, Any]) -> Any:
        if "$ref" in held:
            return fill(schema["$defs"]["answer"])
        if held["type"] == "array":
            return []
        if held["type"] == "object":
            return {key: fill(inner) for key, inner in held["properties"].items()}
        return "science" if "science" in held["enum"] else "yes"

    found: dict[str, Any] = fill(schema)
    return found


def reply(request: ChatRequest) -> str:
    return json.dumps(answer(request))


def grades(request: ChatRequest) -> bool:
    return request.frame.schema_name.startswith("grade")


def shared(request: ChatRequest) -> bool:
    return "label" not in answer(request) and not grades(request)


def key_of(request: ChatRequest, number: int) -> str | None:
    """The key under which a conversation is in a packed request."""
    found = re.search(rf'<conversation id="(c\d\d)">\n[^\n]*question {number}\.', request.text)
    return found[1] if found else None


@pytest.mark.parametrize(("strategy", "requests"), [({}, 40), (PACKED, 8), (COMBINED, 20), (BOTH, 4)])
def test_every_strategy_lands_the_same_rows(make_run: MakeRun, strategy: dict[str, Any], requests: int) -> None:
    plain, _, _ = classify(make_run({}, lake="plain"), reply)
    rows, asked, manifest = classify(make_run(strategy), reply)
    same = (
        "conversation_id",
        "classifier",
        "label",
        "labels",
        "score",
        "status",
        "matched_by",
        "sample_weight",
        "endpoint",
        "lane",
    )
    assert [[row[name] for name in same] for row in rows] == [[row[name] for name in same] for row in plain]
    assert len(asked) == manifest["requests"] == requests
    assert {row["packed_with"] for row in rows} == {40 // requests}


@pytest.mark.parametrize("strategy", [PACKED, COMBINED, BOTH, {**BOTH, "grader": True, "audit_share": 0.5}])
def test_what_rows_cost_adds_up_to_what_was_paid(make_run: MakeRun, strategy: dict[str, Any]) -> None:
    shard = make_run({**strategy, "pack": strategy.get("pack", 1)})
    rows, asked, manifest = classify(shard, reply)
    assert sum(row["input_tokens"] for row in rows) == manifest["input_tokens"] == 100 * len(asked)
    assert sum(row["output_tokens"] for row in rows) == manifest["output_tokens"] == 5 * len(asked)
    assert sum(row["cost_usd"] for row in rows) == pytest.approx(manifest["cost_usd"])
    assert landed_totals(RunPlan.load(shard["run"]))["requests"] == manifest["requests"] == len(asked)


@pytest.mark.parametrize("strategy", [PACKED, BOTH, {**BOTH, "grader": True, "audit_share": 0.3, "shadow_share": 0.3}])
def test_the_same_shard_again_asks_nothing_and_gives_the_same_rows(make_run: MakeRun, strategy: dict[str, Any]) -> None:
    shard = make_run(strategy)

    def doubts(request: ChatRequest) -> str:
        return (
            json.dumps({"wrong": list(request.frame.schema["properties"]["wrong"]["items"]["enum"][:2])})
            if grades(request)
            else reply(request)
        )  # type: ignore[index]

    first, _, _ = classify(shard, doubts)
    summary = strategy_summary(RunPlan.load(shard["run"]))
    again, asked, _ = classify(shard, doubts)
    assert asked == []
    assert again == first
    assert strategy_summary(RunPlan.load(shard["run"])) == summary


def test_a_kill_in_the_middle_gives_the_same_packs_again(make_run: MakeRun) -> None:
    shard = make_run({**BOTH, "pack": 3})
    texts: list[str] = []

    def dies(request: ChatRequest) -> str:
        texts.append(request.text)
        if len(texts) > 4:
            raise KeyboardInterrupt
        return reply(request)

    with pytest.raises(KeyboardInterrupt):
        classify(shard, dies)
    rows, asked, _ = classify(shard, reply)
    assert len(rows) == 40
    assert not {request.text for request in asked} & set(texts[:4])


def test_a_missing_member_is_asked_alone_and_the_rest_is_not(make_run: MakeRun) -> None:
    def forgets(request: ChatRequest) -> str:
        said = answer(request)
        if shared(request):
            said.pop(key_of(request, 7) or "", None)
        return json.dumps(said)

    rows, asked, _ = classify(make_run(PACKED), forgets)
    again = [row for row in rows if row["conversation_id"] == "c7"]
    assert len(asked) == 8 + 2
    assert {(row["matched_by"], row["packed_with"], row["attempts"], row["strategy"]) for row in again} == {
        ("relabelled", 1, 2, "packed")
    }
    assert {row["matched_by"] for row in rows if row not in again} == {"exact"}


def test_a_conversation_without_any_answer_keeps_its_classifiers_together(make_run: MakeRun) -> None:
    def forgets(request: ChatRequest) -> str:
        said = answer(request)
        said.pop(key_of(request, 7) or "", None)
        return json.dumps(said)

    rows, asked, _ = classify(make_run(BOTH), forgets)
    assert len(asked) == 4 + 1
    assert {(row["matched_by"], row["packed_with"]) for row in rows if row["conversation_id"] == "c7"} == {("relabelled", 2)}


@pytest.mark.parametrize(
    "said",
    [
        EndpointError("400", kind=EndpointErrorKind.CONTENT_FILTER),
        EndpointError("400", kind=EndpointErrorKind.CONTEXT_LENGTH),
        make_reply("", finish_reason=FinishReason.CONTENT_FILTER),
        make_reply("", finish_reason=FinishReason.REFUSAL),
    ],
)
def test_of_a_refused_request_only_the_offender_pays(make_run: MakeRun, said: Any) -> None:
    def refuses(request: ChatRequest) -> Any:
        return said if "question 7." in request.text else reply(request)

    rows, _, _ = classify(make_run(BOTH), refuses)
    failed = {row["conversation_id"] for row in rows if row["status"] != "success"}
    assert failed == {"c7"}
    # Its neighbours were not to blame: they were read at the first answer they got.
    assert {row["matched_by"] for row in rows if row["conversation_id"] != "c7"} == {"exact"}


def test_an_endpoint_that_fails_is_not_asked_for_every_member(make_run: MakeRun) -> None:
    down = EndpointError("503", kind=EndpointErrorKind.OVERLOADED, status=503)
    rows, asked, _ = classify(make_run(BOTH), lambda _: down)
    assert {(row["status"], row["error"]) for row in rows} == {("error", "overloaded")}
    assert len(asked) == 2 * 4
    assert {row["status"] for row in classify(make_run(BOTH), reply)[0]} == {"success"}


def test_a_reply_that_was_cut_keeps_its_whole_answers(make_run: MakeRun) -> None:
    def cuts(request: ChatRequest) -> Any:
        text = reply(request)
        return make_reply(text[: len(text) * 3 // 5], finish_reason=FinishReason.LENGTH) if shared(request) else text

    rows, asked, _ = classify(make_run(PACKED), cuts)
    assert {row["status"] for row in rows} == {"success"}
    assert Counter(row["matched_by"] for row in rows) == {"normalised": 24, "relabelled": 16}
    assert len(asked) == 8 + 16


def test_what_the_grader_names_is_asked_alone_and_the_rest_stays(make_run: MakeRun) -> None:
    def script(request: ChatRequest) -> str:
        if grades(request):
            key = key_of(request, 7)
            return json.dumps({"wrong": [f"{key}.topic", "c99.topic"] if key else []})
        if shared(request):
            return reply(request)
        return '{"label": "health"}' if request.frame.schema_name == "topic" else '{"label": "yes"}'

    shard = make_run({**BOTH, "grader": True, "audit_share": 0.0})
    rows, asked, _ = classify(shard, script)
    changed = [row for row in rows if row["matched_by"] == "relabelled"]
    assert [(row["conversation_id"], row["classifier"], row["label"]) for row in changed] == [("c7", "topic", "health")]
    assert len(asked) == 4 + 4 + 1
    summary = strategy_summary(RunPlan.load(shard["run"]))
    assert summary is not None
    assert (summary["grading"]["graded"], summary["grading"]["named"]) == (40, 1)
    assert (summary["grading"]["precision"]["share"], summary["grading"]["precision"]["n"]) == (1.0, 1)


@pytest.mark.parametrize("said", ["who knows", '{"wrong": "c01"}', '{"wrong": ["c01.topic"', ""])
def test_a_grader_that_cannot_be_read_changes_nothing_and_is_counted(make_run: MakeRun, said: str) -> None:
    shard = make_run({**BOTH, "grader": True})
    rows, asked, _ = classify(shard, lambda request: said if grades(request) else reply(request))
    assert {(row["status"], row["matched_by"]) for row in rows} == {("success", "exact")}
    assert len(asked) == 8
    summary = strategy_summary(RunPlan.load(shard["run"]))
    assert summary is not None
    assert summary["grading"]["unread"] == 4


def test_a_doubted_label_stays_where_its_second_answer_cannot_be_read(make_run: MakeRun) -> None:
    def script(request: ChatRequest) -> str:
        if grades(request):
            return json.dumps({"wrong": ["c01"]})
        return reply(request) if shared(request) else "no idea"

    rows, _, _ = classify(make_run({**PACKED, "grader": True, "audit_share": 0.0}), script)
    assert {(row["status"], row["label"]) for row in rows} == {("success", "science"), ("success", "yes")}
    assert max(row["attempts"] for row in rows) == 4


def test_an_audit_measures_what_the_grader_misses(make_run: MakeRun) -> None:
    def script(request: ChatRequest) -> str:
        if grades(request) or shared(request):
            return reply(request)
        return '{"label": "health"}' if "question 7." in request.text else reply(request)

    shard = make_run({**PACKED, "grader": True, "audit_share": 1.0})
    rows, _, _ = classify(
        shard, lambda request: script(request) if request.frame.schema_name != "knowledge_work" else reply(request)
    )
    assert {row["label"] for row in rows if row["classifier"] == "topic"} == {"science"}
    summary = strategy_summary(RunPlan.load(shard["run"]))
    assert summary is not None
    grading = summary["grading"]
    assert (grading["recall"]["share"], grading["recall"]["n"]) == (0.0, 1)
    assert (grading["shared"]["share"], grading["shared"]["n"]) == (pytest.approx(39 / 40), 40)


def test_a_classifier_that_does_not_bear_combining_is_asked_separately_by_the_next_shard(make_run: MakeRun) -> None:
    strategy = {"combine": True, "shadow_share": 1.0, "shadow_min": 10}

    def script(request: ChatRequest) -> str:
        if request.frame.schema_name == "topic":
            return '{"label": "health"}'
        return reply(request)

    first = make_run(strategy, shards=2)
    rows, _, _ = classify(first, script)
    assert {row["label"] for row in rows if row["classifier"] == "topic"} == {"science"}
    second = make_run(strategy, shard=1, shards=2)
    for _ in range(2):  # and still, where it is begun again
        rows, _, _ = classify(second, script)
        assert {(row["label"], row["strategy"]) for row in rows if row["classifier"] == "topic"} == {("health", "plain")}
    summary = strategy_summary(RunPlan.load(first["run"]))
    assert summary is not None
    assert (summary["unbundled"], summary["disagreeing"]) == (["topic"], ["topic"])
    assert summary["shadow"]["knowledge_work"]["share"] == 1.0


def test_a_forecast_counts_shared_requests_and_their_graders(make_run: MakeRun) -> None:
    shard = make_run({**BOTH, "grader": True})
    plan = RunPlan.load(shard["run"]).model_copy(update={"dry_run": True, "run_id": "dry"})
    (Path(plan.lake) / "prepared" / "week=2026-W47" / "run=r1").rename(
        Path(plan.lake) / "prepared" / "week=2026-W47" / "run=dry"
    )
    write_json(plan.paths.run(plan.week, "dry").sample, {"shards": [{"shard": 0, "conversations": CONVERSATIONS}]})
    forecast = classify_shard({**shard, "run": plan.save()}, resources=Resources(clock=ManualClock()))
    assert (forecast["requests"], forecast["reused"]) == (8, 0)
    assert not list(Path(plan.lake).glob("runs/*/run=dry/strategy/*"))
