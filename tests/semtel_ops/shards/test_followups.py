"""Shared requests land the same rows as plain ones, and whatever cannot be used of a reply is asked alone."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.classifiers import load_classifiers
from semtel_ops.endpoints.model import ChatRequest, FinishReason, Lane
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.packing import Member, Packer, PreparedConversation, RequestPlan
from semtel_ops.settings import Settings, StrategyConfig
from semtel_ops.shards.followups import FollowUps, PendingMember
from semtel_ops.steps.classify import check_shard
from semtel_ops.steps.strategy_summary import strategy_summary
from semtel_ops.steps.totals import landed_totals
from semtel_ops.store.journal_outcome import RequestOutcome
from semtel_ops.testing.builders import make_turns
from semtel_ops.testing.scripted_client import Script, make_endpoint, make_reply
from tests.support.killing import Killed
from tests.support.shards import MakeShard, ShardBench

PACKED = {"pack": 5}
COMBINED = {"combine": True, "shadow_share": 0.0}
BOTH = {**PACKED, **COMBINED}


@pytest.fixture
def make_bench(make_shard: MakeShard) -> MakeShard:
    """`make_bench(strategy)`: a prepared shard of twenty conversations under a strategy."""
    return lambda strategy, **given: make_shard(config={"strategy": strategy}, **given)


def classify(bench: ShardBench, script: Script) -> tuple[list[dict[str, Any]], list[ChatRequest], dict[str, Any]]:
    """Rows, what was asked, and the manifest."""
    bench.clients.clear()
    manifest = check_shard(bench.classify(script))
    return bench.rows(), bench.asked, manifest


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
def test_every_strategy_lands_the_same_rows(make_bench: MakeShard, strategy: dict[str, Any], requests: int) -> None:
    plain, _, _ = classify(make_bench({}, lake="plain"), reply)
    rows, asked, manifest = classify(make_bench(strategy), reply)
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
def test_what_rows_cost_adds_up_to_what_was_paid(make_bench: MakeShard, strategy: dict[str, Any]) -> None:
    bench = make_bench({**strategy, "pack": strategy.get("pack", 1)})
    rows, asked, manifest = classify(bench, reply)
    assert sum(row["input_tokens"] for row in rows) == manifest["input_tokens"] == 100 * len(asked)
    assert sum(row["output_tokens"] for row in rows) == manifest["output_tokens"] == 5 * len(asked)
    assert sum(row["cost_usd"] for row in rows) == pytest.approx(manifest["cost_usd"])
    assert landed_totals(bench.plan)["requests"] == manifest["requests"] == len(asked)


@pytest.mark.parametrize("strategy", [PACKED, BOTH, {**BOTH, "grader": True, "audit_share": 0.3, "shadow_share": 0.3}])
def test_the_same_shard_again_asks_nothing_and_gives_the_same_rows(make_bench: MakeShard, strategy: dict[str, Any]) -> None:
    bench = make_bench(strategy)

    def doubts(request: ChatRequest) -> str:
        return (
            json.dumps({"wrong": list(request.frame.schema["properties"]["wrong"]["items"]["enum"][:2])})
            if grades(request)
            else reply(request)
        )  # type: ignore[index]

    first, _, _ = classify(bench, doubts)
    summary = strategy_summary(bench.plan)
    again, asked, _ = classify(bench, doubts)
    assert asked == []
    assert again == first
    assert strategy_summary(bench.plan) == summary


def test_a_kill_in_the_middle_gives_the_same_packs_again(make_bench: MakeShard) -> None:
    bench = make_bench({**BOTH, "pack": 3})
    texts: list[str] = []

    def dies(request: ChatRequest) -> str:
        texts.append(request.text)
        if len(texts) > 4:
            raise Killed
        return reply(request)

    with pytest.raises(Killed):
        classify(bench, dies)
    rows, asked, _ = classify(bench, reply)
    assert len(rows) == 40
    assert not {request.text for request in asked} & set(texts[:4])


def test_a_missing_member_is_asked_alone_and_the_rest_is_not(make_bench: MakeShard) -> None:
    def forgets(request: ChatRequest) -> str:
        said = answer(request)
        if shared(request):
            said.pop(key_of(request, 7) or "", None)
        return json.dumps(said)

    rows, asked, _ = classify(make_bench(PACKED), forgets)
    again = [row for row in rows if row["conversation_id"] == "c7"]
    assert len(asked) == 8 + 2
    assert {(row["matched_by"], row["packed_with"], row["attempts"], row["strategy"]) for row in again} == {
        ("relabelled", 1, 2, "packed")
    }
    assert {row["matched_by"] for row in rows if row not in again} == {"exact"}


def test_a_conversation_without_any_answer_keeps_its_classifiers_together(make_bench: MakeShard) -> None:
    def forgets(request: ChatRequest) -> str:
        said = answer(request)
        said.pop(key_of(request, 7) or "", None)
        return json.dumps(said)

    rows, asked, _ = classify(make_bench(BOTH), forgets)
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
def test_of_a_refused_request_only_the_offender_pays(make_bench: MakeShard, said: Any) -> None:
    def refuses(request: ChatRequest) -> Any:
        return said if "question 7." in request.text else reply(request)

    rows, _, _ = classify(make_bench(BOTH), refuses)
    failed = {row["conversation_id"] for row in rows if row["status"] != "success"}
    assert failed == {"c7"}
    # Its neighbours were not to blame: they were read at the first answer they got.
    assert {row["matched_by"] for row in rows if row["conversation_id"] != "c7"} == {"exact"}


def test_an_endpoint_that_fails_is_not_asked_for_every_member(make_bench: MakeShard) -> None:
    down = EndpointError("503", kind=EndpointErrorKind.OVERLOADED, status=503)
    rows, asked, _ = classify(make_bench(BOTH), lambda _: down)
    assert {(row["status"], row["error"]) for row in rows} == {("error", "overloaded")}
    assert len(asked) == 2 * 4
    assert {row["status"] for row in classify(make_bench(BOTH), reply)[0]} == {"success"}


def test_a_reply_that_was_cut_keeps_its_whole_answers(make_bench: MakeShard) -> None:
    def cuts(request: ChatRequest) -> Any:
        text = reply(request)
        return make_reply(text[: len(text) * 3 // 5], finish_reason=FinishReason.LENGTH) if shared(request) else text

    rows, asked, _ = classify(make_bench(PACKED), cuts)
    assert {row["status"] for row in rows} == {"success"}
    assert Counter(row["matched_by"] for row in rows) == {"normalised": 24, "relabelled": 16}
    assert len(asked) == 8 + 16


def test_what_the_grader_names_is_asked_alone_and_the_rest_stays(make_bench: MakeShard) -> None:
    def script(request: ChatRequest) -> str:
        if grades(request):
            key = key_of(request, 7)
            return json.dumps({"wrong": [f"{key}.topic", "c99.topic"] if key else []})
        if shared(request):
            return reply(request)
        return '{"label": "health"}' if request.frame.schema_name == "topic" else '{"label": "yes"}'

    bench = make_bench({**BOTH, "grader": True, "audit_share": 0.0})
    rows, asked, _ = classify(bench, script)
    changed = [row for row in rows if row["matched_by"] == "relabelled"]
    assert [(row["conversation_id"], row["classifier"], row["label"]) for row in changed] == [("c7", "topic", "health")]
    assert len(asked) == 4 + 4 + 1
    summary = strategy_summary(bench.plan)
    assert summary is not None
    assert (summary["grading"]["graded"], summary["grading"]["named"]) == (40, 1)
    assert (summary["grading"]["precision"]["share"], summary["grading"]["precision"]["n"]) == (1.0, 1)


@pytest.mark.parametrize("said", ["who knows", '{"wrong": "c01"}', '{"wrong": ["c01.topic"', ""])
def test_a_grader_that_cannot_be_read_changes_nothing_and_is_counted(make_bench: MakeShard, said: str) -> None:
    bench = make_bench({**BOTH, "grader": True})
    rows, asked, _ = classify(bench, lambda request: said if grades(request) else reply(request))
    assert {(row["status"], row["matched_by"]) for row in rows} == {("success", "exact")}
    assert len(asked) == 8
    summary = strategy_summary(bench.plan)
    assert summary is not None
    assert summary["grading"]["unread"] == 4


def test_a_doubted_label_stays_where_its_second_answer_cannot_be_read(make_bench: MakeShard) -> None:
    def script(request: ChatRequest) -> str:
        if grades(request):
            return json.dumps({"wrong": ["c01"]})
        return reply(request) if shared(request) else "no idea"

    rows, _, _ = classify(make_bench({**PACKED, "grader": True, "audit_share": 0.0}), script)
    assert {(row["status"], row["label"]) for row in rows} == {("success", "science"), ("success", "yes")}
    assert max(row["attempts"] for row in rows) == 4


def test_an_audit_measures_what_the_grader_misses(make_bench: MakeShard) -> None:
    def script(request: ChatRequest) -> str:
        if grades(request) or shared(request):
            return reply(request)
        return '{"label": "health"}' if "question 7." in request.text else reply(request)

    bench = make_bench({**PACKED, "grader": True, "audit_share": 1.0})
    rows, _, _ = classify(
        bench, lambda request: script(request) if request.frame.schema_name != "knowledge_work" else reply(request)
    )
    assert {row["label"] for row in rows if row["classifier"] == "topic"} == {"science"}
    summary = strategy_summary(bench.plan)
    assert summary is not None
    grading = summary["grading"]
    assert (grading["recall"]["share"], grading["recall"]["n"]) == (0.0, 1)
    assert (grading["shared"]["share"], grading["shared"]["n"]) == (pytest.approx(39 / 40), 40)


def test_a_classifier_that_does_not_bear_combining_is_asked_separately_by_the_next_shard(make_bench: MakeShard) -> None:
    strategy = {"combine": True, "shadow_share": 1.0, "shadow_min": 10}

    def script(request: ChatRequest) -> str:
        if request.frame.schema_name == "topic":
            return '{"label": "health"}'
        return reply(request)

    first = make_bench(strategy, shards=2)
    rows, _, _ = classify(first, script)
    assert {row["label"] for row in rows if row["classifier"] == "topic"} == {"science"}
    second = make_bench(strategy, shard=1, shards=2)
    for _ in range(2):  # and still, where it is begun again
        rows, _, _ = classify(second, script)
        assert {(row["label"], row["strategy"]) for row in rows if row["classifier"] == "topic"} == {("health", "plain")}
    summary = strategy_summary(first.plan)
    assert summary is not None
    assert (summary["unbundled"], summary["disagreeing"]) == (["topic"], ["topic"])
    assert summary["shadow"]["knowledge_work"]["share"] == 1.0


def test_a_forecast_counts_shared_requests_and_their_graders(make_bench: MakeShard) -> None:
    bench = make_bench({**BOTH, "grader": True}, run_id="dry", dry_run=True)
    forecast = bench.classify()
    assert (forecast["requests"], forecast["reused"]) == (8, 0)
    assert not list(Path(bench.plan.lake).glob("runs/*/run=dry/strategy/*"))


class Landing:
    """Plain requests about conversations with the same text, and the members that have landed."""

    def __init__(self, count: int, shorter: RequestPlan | None = None) -> None:
        packer = Packer(load_classifiers(Settings().prompts, ["topic"]), StrategyConfig(), Settings().prompts)
        alike = (PreparedConversation(f"c{at}", "0" * 32, 1.0, make_turns("Why?")) for at in range(count))
        self.plans = list(packer.plans(alike))
        self.landed: list[tuple[Member, PendingMember]] = []
        self.follow_ups = FollowUps(
            packer, StrategyConfig(), land=lambda *landed: self.landed.append(landed), shorten=lambda _: shorter
        )

    def outcome(self, answer: str, text: bool = True) -> RequestOutcome:
        identity = self.plans[0].identity("m")
        said = make_reply(answer) if text else answer
        return RequestOutcome.of(identity, make_endpoint(), said, lane=Lane.REALTIME, run_id="r1", attempts=1, now=1.0)


def test_an_answer_that_serves_several_members_is_charged_to_the_first() -> None:
    landing = Landing(3)
    outcome = landing.outcome('{"label": "science"}')
    for plan, known in zip(landing.plans, (False, True, True), strict=True):
        assert landing.follow_ups.resolve(plan, outcome, known=known) == []
    spent = [(one.asked[0].cost_usd, one.asked[0].calls, one.asked[0].input_tokens) for _, one in landing.landed]
    assert spent == [(outcome.cost_usd, 1, 100), (0.0, 0, 0), (0.0, 0, 0)]


def test_an_answer_from_the_journal_keeps_its_cost_for_the_first_member() -> None:
    landing = Landing(1)
    outcome = landing.outcome('{"label": "science"}')
    landing.follow_ups.resolve(landing.plans[0], outcome, known=True)
    ((_, one),) = landing.landed
    assert one.asked[0].cost_usd == outcome.cost_usd


def test_a_conversation_that_cannot_be_shortened_any_more_lands_as_an_error() -> None:
    landing = Landing(1)
    assert landing.follow_ups.resolve(landing.plans[0], landing.outcome("context_length", text=False), known=False) == []
    ((_, one),) = landing.landed
    assert one.decided is not None
    assert one.decided.outcome.error == "context_length"


def test_the_same_outcomes_are_followed_by_the_same_requests() -> None:
    first, again = Landing(1), Landing(1)
    asked = [one.follow_ups.resolve(one.plans[0], one.outcome("who knows"), known=False) for one in (first, again)]
    assert [[plan.request.key("m") for plan in plans] for plans in asked] == [[asked[0][0].request.key("m")]] * 2
    assert first.landed == []
