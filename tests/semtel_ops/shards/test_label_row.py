"""A row says what became of a member, who decided it and what it cost; its status is decided here alone."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from semtel_ops.classifiers import Labelling, MatchedBy, load_classifiers
from semtel_ops.endpoints.model import FinishReason, Lane
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.labellers import Labellers
from semtel_ops.packing import Member, PreparedConversation, SinglePacker
from semtel_ops.realtime import RequestResult
from semtel_ops.settings import Settings, StrategyConfig, TokensConfig
from semtel_ops.shards.label_row import Decided, charges, is_final, is_refusal, label_row, missing_row, outcome_of, status_of
from semtel_ops.store.journal_outcome import RequestIdentity, RequestOutcome
from semtel_ops.store.tables import LABELS
from semtel_ops.testing.builders import make_turns
from semtel_ops.testing.scripted_client import make_endpoint, make_reply

ANSWERED_AT = 1_795_000_000.0
READ = Labelling("science", confidence=0.9, matched_by=MatchedBy.NEAR)
UNREAD = Labelling(None, problem="no_label")
PLACE = {"week": "2026-W47", "run_id": "r1", "shard": 3}
LABELLERS = Labellers(
    load_classifiers(Settings().prompts, ["topic"]), StrategyConfig(), TokensConfig(), Path(Settings().prompts)
)


@pytest.fixture(scope="module")
def topic():
    (spec,) = load_classifiers(Settings().prompts, ["topic"])
    return spec


@pytest.fixture
def member(topic):
    conversation = PreparedConversation("c1", "a" * 32, 2.0, make_turns("Why?"), truncated_tokens=7, compression_ratio=0.5)
    return Member(conversation, topic)


def outcome(answer=None, run_id="r1", attempts=1, **changes):
    identity = RequestIdentity("0" * 32, b"f" * 16, 10)
    said = make_reply("science", output_tokens=6) if answer is None else answer
    made = RequestOutcome.of(
        identity, make_endpoint("east"), said, lane=Lane.REALTIME, run_id=run_id, attempts=attempts, now=ANSWERED_AT
    )
    return replace(made, **changes)


def row_of(member, decided, *outcomes, strategy="plain"):
    asked = [charge for one in outcomes for charge in charges(one, 1)]
    return label_row(member, asked, decided, **PLACE, strategy=strategy, labellers=LABELLERS)


def test_a_row_names_the_model_that_answered_and_the_labeller_and_an_error_names_neither(member):
    answered = outcome(make_reply("science", model="m-2026-10-01", system_fingerprint="fp_1"))
    row = row_of(member, Decided(answered, READ, 1), answered)
    assert (row["model"], row["served_model"], row["system_fingerprint"]) == ("scripted-model", "m-2026-10-01", "fp_1")
    assert row["labeller"] == LABELLERS.of("topic", "scripted-model", served_model="m-2026-10-01").id
    moved = replace(answered, served_model="m-2026-11-01")
    assert row_of(member, Decided(moved, READ, 1), moved)["labeller"] != row["labeller"]
    failed = outcome("overloaded")
    row = row_of(member, Decided(failed, None, 1), failed)
    assert (row["model"], row["served_model"], row["labeller"]) == ("scripted-model", None, None)


def test_a_reply_of_an_earlier_release_has_no_labeller(member):
    older = outcome(served_model=None)
    row = row_of(member, Decided(older, READ, 1), older)
    assert (row["status"], row["labeller"]) == ("success", None)


@pytest.mark.parametrize(
    ("last", "labelling", "status"),
    [
        (outcome(), READ, "success"),
        (outcome(make_reply("science", finish_reason=FinishReason.LENGTH)), READ, "success"),
        (outcome(make_reply("science", finish_reason=FinishReason.CONTENT_FILTER)), READ, "success"),
        (outcome(), UNREAD, "invalid_output"),
        (outcome(make_reply("", finish_reason=FinishReason.REFUSAL)), UNREAD, "refused"),
        (outcome(make_reply("", finish_reason=FinishReason.CONTENT_FILTER)), UNREAD, "refused"),
        (outcome("content_filter"), None, "refused"),
        (outcome("overloaded"), None, "error"),
        (outcome("missing_result"), None, "error"),
        (outcome("batch_expired"), None, "expired"),
        (outcome("batch_cancelled"), None, "expired"),
    ],
)
def test_a_readable_label_is_a_success_and_all_else_has_its_own_status(last, labelling, status):
    assert status_of(last, labelling) == status


@pytest.mark.parametrize(
    ("last", "refusal"),
    [
        (outcome("content_filter"), True),
        (outcome(make_reply("", finish_reason=FinishReason.REFUSAL)), True),
        (outcome(make_reply("", finish_reason=FinishReason.LENGTH)), False),
        (outcome("overloaded"), False),
        (outcome(), False),
    ],
)
def test_only_a_provider_or_model_that_declined_is_a_refusal(last, refusal):
    assert is_refusal(last) is refusal


def test_the_row_of_a_label_says_who_gave_it_how_it_was_read_and_of_what(member, topic):
    row = row_of(member, Decided(outcome(), READ, 1), outcome())
    assert (row["week"], row["run_id"], row["shard"], row["conversation_id"], row["classifier"]) == (
        "2026-W47", "r1", 3, "c1", "topic",
    )  # fmt: skip
    assert (row["label"], row["labels"], row["confidence"], row["matched_by"]) == ("science", None, 0.9, "near")
    assert (row["status"], row["error"], row["raw_reply"]) == ("success", None, None)
    assert (row["endpoint"], row["model"], row["lane"], row["request_key"]) == ("east", "scripted-model", "realtime", "0" * 32)
    assert (row["classifier_version"], row["sample_weight"]) == (topic.version, 2.0)
    assert (row["truncated_tokens"], row["compression_ratio"]) == (7, 0.5)
    assert row["classified_at"] == datetime.fromtimestamp(ANSWERED_AT, UTC)


def test_every_row_fits_the_schema(member):
    rows = [
        row_of(member, Decided(outcome(), READ, 1), outcome()),
        row_of(member, Decided(outcome("overloaded"), None, 1), outcome("overloaded")),
        missing_row({"conversation_id": "c2", "sample_weight": 1.0}, "topic", "1.0.0", **PLACE),
    ]
    batch = pa.RecordBatch.from_pylist(rows, schema=LABELS)
    for field in LABELS:
        assert field.nullable or not batch.column(field.name).null_count, field.name


def test_an_unreadable_reply_is_kept_up_to_a_length_with_what_was_wrong(member):
    last = outcome(make_reply("x" * 5_000))
    row = row_of(member, Decided(last, UNREAD, 1), last)
    assert (row["status"], row["error"], len(row["raw_reply"])) == ("invalid_output", "no_label", 4_000)
    assert (row["label"], row["matched_by"], row["confidence"]) == (None, None, None)


def test_a_reply_that_was_cut_names_the_length_as_the_error(member):
    last = outcome(make_reply('{"lab', finish_reason=FinishReason.LENGTH))
    assert row_of(member, Decided(last, UNREAD, 1), last)["error"] == "length"


def test_the_text_of_a_refusal_is_not_kept(member):
    last = outcome(make_reply("I would rather not repeat that", finish_reason=FinishReason.REFUSAL))
    row = row_of(member, Decided(last, UNREAD, 1), last)
    assert (row["status"], row["error"], row["raw_reply"]) == ("refused", "refusal", None)


def test_a_rows_cost_is_the_sum_of_all_that_was_asked_for_it(member):
    first, second = outcome(make_reply("?")), outcome(attempts=3)
    row = row_of(member, Decided(second, READ, 1), first, second)
    # 100 tokens in at $1 a million and 5 or 6 out at $2.
    assert row["cost_usd"] == pytest.approx((100 + 10 + 100 + 12) / 1e6)
    assert (row["input_tokens"], row["output_tokens"], row["attempts"], row["calls"]) == (200, 11, 4, 4.0)
    assert row["latency_ms"] == pytest.approx(20.0)


def test_one_unknown_price_makes_the_cost_unknown(member):
    row = row_of(member, Decided(outcome(), READ, 1), outcome(cost_usd=None), outcome())
    assert row["cost_usd"] is None


@pytest.mark.parametrize(("runs", "reused"), [(("r0", "r0"), True), (("r0", "r1"), False), (("r1",), False)])
def test_a_row_is_reused_where_this_run_paid_for_none_of_its_answers(member, runs, reused):
    asked = [outcome(run_id=run_id) for run_id in runs]
    assert row_of(member, Decided(asked[-1], READ, 1), *asked)["reused"] is reused


@pytest.mark.parametrize("members", [1, 2, 3, 7])
def test_the_parts_of_a_shared_outcome_add_up_to_it(members):
    whole = outcome(attempts=2, input_tokens=100, output_tokens=5)
    parts = charges(whole, members)
    assert len(parts) == members
    assert (sum(part.input_tokens for part in parts), sum(part.output_tokens for part in parts)) == (100, 5)
    assert sum(part.cost_usd for part in parts) == pytest.approx(whole.cost_usd)
    assert sum(part.calls for part in parts) == pytest.approx(2)
    tokens = [part.output_tokens for part in parts]
    assert tokens == sorted(tokens, reverse=True), "what is left over goes to the first"
    assert max(tokens) - min(tokens) <= 1


def test_the_parts_of_an_unknown_cost_are_unknown():
    assert [part.cost_usd for part in charges(outcome(cost_usd=None), 2)] == [None, None]


def result_of(topic, reply=None, error=None):
    (plan,) = SinglePacker([topic]).plan(PreparedConversation("c1", "a" * 32, 1.0, make_turns("Why?")))
    return RequestResult(plan=plan, endpoint=make_endpoint("east"), reply=reply, error=error, attempts=2)


def test_an_answer_is_stored_under_the_key_of_its_request(topic):
    result = result_of(topic, reply=make_reply("science"))
    made = outcome_of(result, run_id="r1", now=ANSWERED_AT)
    assert (made.key, made.bucket) == (result.plan.request.key("scripted-model"), 0xAA)
    assert (made.text, made.error, made.attempts, made.answered_at) == ("science", None, 2, ANSWERED_AT)


def test_a_failure_is_stored_as_its_kind_and_without_cost(topic):
    error = EndpointError("503: try later", kind=EndpointErrorKind.OVERLOADED, status=503)
    made = outcome_of(result_of(topic, error=error), run_id="r1", now=ANSWERED_AT)
    assert (made.text, made.error, made.cost_usd, made.input_tokens) == (None, "overloaded", 0.0, 0)


@pytest.mark.parametrize(
    ("kind", "final"),
    [(EndpointErrorKind.CONTENT_FILTER, True), (EndpointErrorKind.OVERLOADED, False), (EndpointErrorKind.TIMEOUT, False)],
)
def test_only_what_asking_again_cannot_change_is_final(topic, kind, final):
    assert is_final(result_of(topic, error=EndpointError("no", kind=kind))) is final
    assert is_final(result_of(topic, reply=make_reply("who knows")))


def test_a_member_of_a_shard_that_failed_is_missing_and_cost_nothing():
    row = missing_row({"conversation_id": "c2", "sample_weight": 3.0}, "topic", "1.2.0", **PLACE)
    assert (row["status"], row["error"], row["classifier_version"]) == ("missing", "shard_failed", "1.2.0")
    assert (row["cost_usd"], row["calls"], row["attempts"], row["reused"], row["sample_weight"]) == (0.0, 0.0, 0, False, 3.0)


def test_a_reply_that_was_withheld_is_a_refusal_but_not_on_record(member):
    last = outcome("withheld")
    assert is_refusal(last)
    assert row_of(member, Decided(last, None, 1), last)["status"] == "refused"
    error = EndpointError("no choices", kind=EndpointErrorKind.WITHHELD)
    assert not error.final
