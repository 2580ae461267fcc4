"""Every member of a shard lands as one row with a true status, and nothing is asked twice."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.endpoints.model import ChatReply, Endpoint, FinishReason, Lane
from semtel_ops.errors import ConfigError, EndpointError, EndpointErrorKind, ReconciliationError, StoreError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import Resources
from semtel_ops.settings import PipelineConfig, Settings
from semtel_ops.shards.rows import bucket_range
from semtel_ops.steps.classify import check_shard, classify_shard, forecast_of
from semtel_ops.store.files import remove, write_json
from semtel_ops.store.journal import Journal
from semtel_ops.store.parquet import atomic_parquet, read_rows
from semtel_ops.store.tables import PREPARED
from semtel_ops.testing.manual_clock import ManualClock
from semtel_ops.testing.scripted_client import Script, ScriptedClient, make_reply

ENDPOINTS = """
endpoints:
  - {name: east, base_url: 'http://127.0.0.1:1/v1', model: m, price: {input_per_million: 1.0, output_per_million: 1.0}}
"""
LABELS = ("topic", "knowledge_work")
SHARD = {"shard": 0, "conversations": 20}
UNAVAILABLE = EndpointError("503", kind=EndpointErrorKind.OVERLOADED, status=503)


@pytest.fixture
def shard(tmp_path: Path) -> dict[str, Any]:
    """A prepared shard of twenty conversations."""
    (tmp_path / "endpoints.yaml").write_text(ENDPOINTS)
    return make_run(tmp_path, "r1")


def make_run(tmp_path: Path, run_id: str, **changes: Any) -> dict[str, Any]:
    config = PipelineConfig.model_validate({"realtime": {"max_attempts": 2, "max_concurrency": 4}})
    plan = RunPlan(
        week="2026-W47", run_id=run_id, lake=str(tmp_path / "lake"), config=config, classifiers=LABELS, ledger=False,
        endpoints=str(tmp_path / "endpoints.yaml"), include=Settings().include, **changes,
    )  # fmt: skip
    plan.save()
    write_json(plan.paths.run(plan.week, run_id).sample, {"shards": [SHARD]})
    with atomic_parquet(plan.paths.run(plan.week, run_id).prepared(0), PREPARED) as sink:
        sink.write(
            [
                {
                    "conversation_id": f"c{n}",
                    "content_hash": f"{n:032x}",
                    "sample_weight": 2.0,
                    "turns": [{"role": "user", "content": f"question {n}"}],
                    "truncated_tokens": 0,
                    "compression_ratio": 1.0,
                }
                for n in range(20)
            ]
        )
    return {"run": plan.url, **SHARD}


def rows_of(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return list(read_rows(manifest["landed"]))


def classify(shard: dict[str, Any], script: Script, clients: list[ScriptedClient] | None = None) -> dict[str, Any]:
    def make_client(endpoint: Endpoint) -> ScriptedClient:
        client = ScriptedClient(script, endpoint)
        if clients is not None:
            clients.append(client)
        return client

    return classify_shard(shard, resources=Resources(make_chat_client=make_client, clock=ManualClock()))


def labels(request: Any) -> str:
    return '{"label": "yes"}' if request.frame.schema_name == "knowledge_work" else '{"label": "science"}'


def test_every_member_lands_as_one_row(shard: dict[str, Any]) -> None:
    manifest = classify(shard, labels)
    rows = rows_of(manifest)
    assert manifest["rows"] == len(rows) == 40
    assert Counter((row["conversation_id"], row["classifier"]) for row in rows).most_common(1)[0][1] == 1
    assert {(row["classifier"], row["label"]) for row in rows} == {("topic", "science"), ("knowledge_work", "yes")}
    assert {row["status"] for row in rows} == {"success"}
    assert check_shard(manifest) is manifest


def test_costs_and_tokens_of_rows_add_up_to_the_manifest(shard: dict[str, Any]) -> None:
    manifest = classify(shard, labels)
    rows = rows_of(manifest)
    assert sum(row["cost_usd"] for row in rows) == pytest.approx(manifest["cost_usd"])
    assert manifest["cost_usd"] == pytest.approx(40 * 105 / 1e6)
    assert (manifest["input_tokens"], manifest["output_tokens"], manifest["requests"]) == (4000, 200, 40)


def flex(tmp_path: Path, script: Script) -> tuple[dict[str, Any], Counter[str | None]]:
    """The manifest of a shard in the flex lane, and how often each tier was asked."""
    (tmp_path / "endpoints.yaml").write_text(ENDPOINTS.replace("model: m,", "model: m, lanes: [realtime, flex],"))
    tiers = Counter[str | None]()

    def make_client(endpoint: Endpoint) -> ScriptedClient:
        def answer(request: Any) -> Any:
            tiers[endpoint.service_tier] += 1
            said = script(request) if endpoint.service_tier else labels(request)
            return said if isinstance(said, EndpointError) else replace(make_reply(str(said)), lane=lane)

        lane = Lane.FLEX if endpoint.service_tier else Lane.REALTIME
        return ScriptedClient(answer, endpoint)

    shard = {**make_run(tmp_path, "r1"), "lane": "flex"}
    return classify_shard(shard, resources=Resources(make_chat_client=make_client, clock=ManualClock())), tiers


def test_rows_of_the_flex_lane_say_so_and_cost_its_price(tmp_path: Path) -> None:
    manifest, tiers = flex(tmp_path, labels)
    assert tiers == {"flex": 40}
    assert {row["lane"] for row in rows_of(manifest)} == {"flex"}
    assert manifest["lane"] == "flex", "metrics and people are told the lane it was asked in"
    assert manifest["cost_usd"] == pytest.approx(40 * 105 / 1e6 / 2)


def test_what_flex_has_no_room_for_is_asked_at_the_standard_tier_and_its_price(tmp_path: Path) -> None:
    manifest, tiers = flex(tmp_path, lambda _: EndpointError("full", kind=EndpointErrorKind.OVERLOADED, status=429))
    assert tiers[None] == 40
    assert {(row["lane"], row["endpoint"], row["status"]) for row in rows_of(manifest)} == {("realtime", "east", "success")}
    assert manifest["cost_usd"] == pytest.approx(40 * 105 / 1e6)


def test_what_one_tier_answered_the_other_does_not_ask_again(tmp_path: Path, shard: dict[str, Any]) -> None:
    first, _ = flex(tmp_path, labels)
    assert (classify(shard, labels)["requests"], first["requests"]) == (0, 40)


def test_a_forecast_is_made_at_the_price_of_the_lane_that_was_chosen(tmp_path: Path) -> None:
    (tmp_path / "endpoints.yaml").write_text(ENDPOINTS.replace("model: m,", "model: m, lanes: [realtime, batch, flex],"))
    shard = make_run(tmp_path, "r1", dry_run=True)
    costs = [classify({**shard, "forecast_lane": lane}, labels)["cost_usd"] for lane in ("realtime", "batch", "flex")]
    assert costs == [costs[0], pytest.approx(costs[0] / 2), pytest.approx(costs[0] / 2)]


def test_endpoints_that_only_batch_are_forecast_at_batch_price(tmp_path: Path) -> None:
    (tmp_path / "endpoints.yaml").write_text(ENDPOINTS)
    full = classify(make_run(tmp_path, "r1", dry_run=True), labels)
    (tmp_path / "endpoints.yaml").write_text(ENDPOINTS.replace("model: m,", "model: m, lanes: [batch],"))
    half = classify(make_run(tmp_path, "r2", dry_run=True), labels)
    assert half["cost_usd"] == pytest.approx(full["cost_usd"] / 2)


def test_the_same_shard_again_asks_nothing_and_gives_the_same_rows(shard: dict[str, Any]) -> None:
    first = rows_of(classify(shard, labels))
    clients: list[ScriptedClient] = []
    again = classify(shard, labels, clients)
    assert clients[0].asked == []
    assert rows_of(again) == first
    assert (again["requests"], again["cost_usd"], again["reused"]) == (0, 0.0, 0)


def test_another_run_reuses_what_is_paid_for_and_says_so(shard: dict[str, Any], tmp_path: Path) -> None:
    classify(shard, labels)
    clients: list[ScriptedClient] = []
    other = classify(make_run(tmp_path, "r2"), labels, clients)
    assert clients[0].asked == []
    assert (other["reused"], other["cost_usd"]) == (40, 0.0)
    assert all(row["reused"] for row in rows_of(other))


def test_an_unreadable_reply_is_asked_once_more(shard: dict[str, Any]) -> None:
    def script(request: Any) -> str:
        return labels(request) if request.follow_up else "I would rather not say"

    rows = rows_of(classify(shard, script))
    assert {(row["status"], row["matched_by"], row["attempts"]) for row in rows} == {("success", "relabelled", 2)}
    assert {row["input_tokens"] for row in rows} == {200}


def test_what_stays_unreadable_lands_with_the_reply_and_the_reason(shard: dict[str, Any]) -> None:
    rows = rows_of(classify(shard, lambda _: "no idea"))
    assert {(row["status"], row["raw_reply"], row["label"]) for row in rows} == {("invalid_output", "no idea", None)}
    assert all(row["error"] for row in rows)


def test_an_unreadable_reply_is_not_asked_a_third_time_after_a_restart(shard: dict[str, Any]) -> None:
    classify(shard, lambda _: "no idea")
    clients: list[ScriptedClient] = []
    assert {row["status"] for row in rows_of(classify(shard, labels, clients))} == {"invalid_output"}
    assert clients[0].asked == []


@pytest.mark.parametrize(
    ("said", "status", "error", "asked"),
    [
        (make_reply("", finish_reason=FinishReason.CONTENT_FILTER), "refused", "content_filter", 40),
        (make_reply("", finish_reason=FinishReason.REFUSAL), "refused", "refusal", 40),
        (make_reply('{"label": "sci', finish_reason=FinishReason.LENGTH), "invalid_output", "length", 80),
        (EndpointError("400", kind=EndpointErrorKind.CONTENT_FILTER), "refused", "content_filter", 40),
        (EndpointError("400", kind=EndpointErrorKind.CONTEXT_LENGTH), "error", "context_length", 40),
        (EndpointError("400", kind=EndpointErrorKind.BAD_REQUEST), "error", "bad_request", 40),
        (UNAVAILABLE, "error", "overloaded", 80),
    ],
)
def test_statuses_tell_the_truth(
    shard: dict[str, Any], said: ChatReply | EndpointError, status: str, error: str, asked: int
) -> None:
    clients: list[ScriptedClient] = []
    rows = rows_of(classify(shard, lambda _: said, clients))
    assert {(row["status"], row["error"]) for row in rows} == {(status, error)}
    assert len(clients[0].asked) == asked


def test_an_error_is_asked_again_by_the_next_attempt(shard: dict[str, Any]) -> None:
    classify(shard, lambda _: UNAVAILABLE)
    assert {row["status"] for row in rows_of(classify(shard, labels))} == {"success"}


def test_a_kill_in_the_middle_loses_only_what_was_not_flushed(shard: dict[str, Any]) -> None:
    asked = 0

    def dies(request: Any) -> str:
        nonlocal asked
        asked += 1
        if asked > 25:
            raise KeyboardInterrupt
        return labels(request)

    with pytest.raises(KeyboardInterrupt):
        classify(shard, dies)
    clients: list[ScriptedClient] = []
    manifest = classify(shard, labels, clients)
    assert manifest["rows"] == 40
    # Everything landed before the end is flushed on the way out; at most the calls then under way are asked again.
    assert len(clients[0].asked) <= 40 - 25 + 4
    assert check_shard(manifest)


def test_a_conversation_that_is_too_long_for_the_model_is_shortened_once(shard: dict[str, Any]) -> None:
    url = RunPlan.load(shard["run"]).paths.run("2026-W47", "r1").prepared(0)
    (row, *_) = read_rows(url)
    with atomic_parquet(url, PREPARED) as sink:
        sink.write([{**row, "turns": [{"role": "user", "content": "many words " * 2_000}]}])
    asked: list[int] = []

    def script(request: Any) -> str | EndpointError:
        asked.append(len(request.text))
        too_long = EndpointError("400", kind=EndpointErrorKind.CONTEXT_LENGTH)
        return too_long if len(request.text) > 15_000 else labels(request)

    rows = rows_of(classify({**shard, "conversations": 1}, script))
    assert {(row["status"], row["attempts"]) for row in rows} == {("success", 2)}
    assert all(1_500 < row["truncated_tokens"] < 2_500 for row in rows)
    assert len(asked) == 4


def test_a_journal_that_cannot_be_written_ends_the_run_with_the_reason(
    shard: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Journal) -> None:
        raise StoreError("journal: cannot be written: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "flush", full)
        with pytest.raises(StoreError, match="No space left"):
            classify(shard, labels)
    assert classify(shard, labels)["rows"] == 40


def test_a_forecast_asks_nothing(tmp_path: Path) -> None:
    (tmp_path / "endpoints.yaml").write_text(ENDPOINTS)
    clients: list[ScriptedClient] = []
    manifest = classify(make_run(tmp_path, "dry", dry_run=True), labels, clients)
    assert clients == []
    assert manifest["requests"] == 40
    assert manifest["cost_usd"] == pytest.approx((manifest["input_tokens"] + manifest["output_tokens"]) / 1e6)


def test_a_forecast_is_scaled_from_what_was_looked_at(shard: dict[str, Any]) -> None:
    assert forecast_of(shard, 20_000).startswith("forecast: 40,000 requests, ")


def test_a_forecast_counts_what_is_paid_for_already(shard: dict[str, Any], tmp_path: Path) -> None:
    classify(shard, labels)
    manifest = classify(make_run(tmp_path, "dry", dry_run=True), labels)
    assert (manifest["requests"], manifest["reused"], manifest["cost_usd"]) == (0, 40, 0.0)


def test_a_shard_with_a_row_too_few_is_not_let_through(shard: dict[str, Any]) -> None:
    manifest = classify(shard, labels)
    with pytest.raises(ReconciliationError, match="42 rows expected"):
        check_shard({**manifest, "conversations": 21})


def test_endpoints_without_the_realtime_lane_are_a_clear_error(shard: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "endpoints.yaml").write_text("endpoints: [{name: e, base_url: 'http://x', model: m, lanes: [batch]}]")
    with pytest.raises(ConfigError, match="realtime"):
        classify(shard, labels)


def test_a_lost_journal_is_asked_again(shard: dict[str, Any]) -> None:
    classify(shard, labels)
    remove(RunPlan.load(shard["run"]).paths.journal())
    clients: list[ScriptedClient] = []
    classify(shard, labels, clients)
    assert len(clients[0].asked) == 40


@pytest.mark.parametrize("shards", [1, 2, 3, 7, 64, 255, 256])
def test_shards_share_the_buckets_without_gap_or_overlap(shards: int) -> None:
    from semtel_ops.conversations.sampling import shard_of_bucket

    ranges = [bucket_range(shard, shards) for shard in range(shards)]
    covered = [bucket for lo, hi in ranges for bucket in range(lo, hi + 1)]
    assert covered == list(range(256))
    shard_of: Callable[[int], int] = lambda bucket: shard_of_bucket(f"{bucket:02x}", shards)  # noqa: E731
    assert all(shard_of(bucket) == shard for shard, (lo, hi) in enumerate(ranges) for bucket in range(lo, hi + 1))
