"""Whatever a provider sends back, every request of a job comes out exactly once."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.batch.result_lines import read_lines
from semtel_ops.batch.results import (
    CANCELLED,
    EXPIRED,
    MISSING,
    UNSUPPORTED_PARAMETER,
    UNUSABLE_ENDPOINT,
    Merge,
    MergeCounts,
    is_repeatable,
)
from semtel_ops.endpoints.batch_client import RemoteJob, RemoteStatus
from semtel_ops.endpoints.dialect import Dialect, ReplyFormat
from semtel_ops.endpoints.model import Endpoint, Lane, Price
from semtel_ops.errors import EndpointErrorKind, ReconciliationError
from semtel_ops.store.journal_outcome import RequestOutcome
from semtel_ops.testing.batch_provider import answered, refused

ENDPOINT = Endpoint("east", "openai", "http://x/v1", "m", lanes=(Lane.BATCH,), price=Price(1.0, 2.0))
IDS = [f"{n:032x}" for n in range(5)]
_FIELDS = st.sampled_from(["status_code", "body", "error", "choices", "message", "code"])


@dataclass
class Merged:
    kept: dict[str, RequestOutcome] = field(default_factory=dict)
    merge: Merge | None = None
    tally: MergeCounts | None = None

    def reasons(self) -> dict[str, str]:
        assert self.merge is not None
        return {key.hex(): reason for key, reason in self.merge.unanswered.items()}


def merged(
    *files: bytes, status: RemoteStatus = RemoteStatus.COMPLETED, ids: list[str] = IDS, known: set[str] | None = None
) -> Merged:
    found = Merged()

    def keep(outcome: RequestOutcome) -> None:
        assert outcome.key not in found.kept, "kept twice"
        found.kept[outcome.key] = outcome

    keys = {bytes.fromhex(key): (b"f" * 16, 7) for key in ids}
    merge = found.merge = Merge(ENDPOINT, Dialect(), "r1", keys, lambda key: key in (known or set()), keep, 1_000.0)
    for file in files:
        merge.add(read_lines(io.BytesIO(file)))
    found.tally = merge.finish("job", status)
    return found


def line(key: str) -> dict[str, Any]:
    return {"custom_id": key, "body": {"model": "m"}}


def jsonl(*lines: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in lines)


def test_answers_in_any_order_become_outcomes_at_the_price_of_the_batch_lane() -> None:
    found = merged(jsonl(*(answered(line(key)) for key in reversed(IDS))))
    assert set(found.kept) == set(IDS)
    outcome = found.kept[IDS[2]]
    assert (outcome.lane, outcome.endpoint, outcome.run_id, outcome.attempts, outcome.bucket) == ("batch", "east", "r1", 1, 7)
    assert outcome.cost_usd == pytest.approx((100 * 1.0 + 10 * 2.0) / 1e6 / 2)
    assert found.tally is not None
    assert (found.tally.answered, found.tally.input_tokens, found.tally.output_tokens) == (5, 500, 50)
    assert found.tally.cost_usd == pytest.approx(5 * 60e-6)


def test_failed_lines_keep_their_reason_and_only_refusals_for_good_are_kept() -> None:
    output = jsonl(answered(line(IDS[0])))
    errors = jsonl(
        refused(line(IDS[1]), 500),
        refused(line(IDS[2]), 429),
        refused(line(IDS[3]), 400, "filtered", "content_filter"),
        refused(line(IDS[4]), 400, "no such thing"),
    )
    found = merged(output, errors)
    assert set(found.kept) == {IDS[0], IDS[3]}
    assert (found.kept[IDS[3]].error, found.kept[IDS[3]].cost_usd) == ("content_filter", 0.0)
    assert found.reasons() == {IDS[1]: "server_error", IDS[2]: "rate_limited", IDS[4]: "bad_request"}
    assert found.tally is not None
    assert (found.tally.answered, found.tally.refused, found.tally.failed) == (1, 1, 3)


def test_kinds_of_errors_are_counted_with_their_first_words_and_ever_new_codes_by_kind() -> None:
    ids = [f"{number:032x}" for number in range(300)]
    lines = [
        refused(line(key), 400, f"words {number}", "odd" if number < 10 else f"c{number}") for number, key in enumerate(ids)
    ]
    found = merged(jsonl(*lines), ids=ids)
    assert found.merge is not None
    first, *_, rest = found.merge.errors.values()
    assert ("words 0" in str(first[0]), first[1]) == (True, 10)
    assert rest[1] == 300 - 10 - 99
    assert len(found.merge.errors) == 101


def test_a_completed_job_with_only_an_error_file_is_accounted_for() -> None:
    found = merged(b"", jsonl(*(refused(line(key), 500) for key in IDS)))
    assert (found.kept, found.tally.failed if found.tally else 0) == ({}, 5)


@pytest.mark.parametrize(
    ("status", "reason", "count"),
    [
        (RemoteStatus.COMPLETED, MISSING, "missing"),
        (RemoteStatus.EXPIRED, EXPIRED, "expired"),
        (RemoteStatus.CANCELLED, CANCELLED, "expired"),
    ],
)
def test_what_no_line_speaks_of_is_told_by_how_the_job_ended(status: RemoteStatus, reason: str, count: str) -> None:
    found = merged(jsonl(answered(line(IDS[0]))), status=status)
    assert set(found.reasons().values()) == {reason}
    assert getattr(found.tally, count) == 4


def test_lines_of_an_expired_job_say_so_themselves() -> None:
    late = [{"custom_id": key, "response": None, "error": {"code": "batch_expired", "message": "late"}} for key in IDS[1:]]
    found = merged(jsonl(answered(line(IDS[0]))), jsonl(*late), status=RemoteStatus.EXPIRED)
    assert (set(found.kept), set(found.reasons().values())) == ({IDS[0]}, {EXPIRED})


def test_duplicates_and_lines_of_nobody_are_counted_and_change_nothing() -> None:
    twice = jsonl(answered(line(IDS[0]), "first"), answered(line(IDS[0]), "second"))
    nobody = jsonl(answered(line("0" * 31 + "f")), answered(line("not hex")), {"custom_id": None}, {})
    found = merged(twice + nobody + jsonl(*(answered(line(key)) for key in IDS[1:])), jsonl(refused(line(IDS[0]), 500)))
    assert found.kept[IDS[0]].text == "first"
    assert found.tally is not None
    assert (found.tally.duplicates, found.tally.foreign_lines, found.tally.answered) == (2, 4, 5)


def test_an_answer_outweighs_a_failure_told_before_it() -> None:
    found = merged(jsonl(refused(line(IDS[0]), 500), answered(line(IDS[0]))), ids=IDS[:1])
    assert (set(found.kept), found.reasons()) == ({IDS[0]}, {})


@pytest.mark.parametrize(
    "response",
    [
        None,
        {"status_code": 0, "body": {}},
        {"status_code": 200, "body": None},
        {"status_code": 200, "body": {"choices": []}},
        {"status_code": 200, "body": {"choices": [{"message": "text"}]}},
        {"status_code": "200"},
        "200",
    ],
)
def test_a_line_that_says_nothing_is_a_failure_worth_another_try(response: Any) -> None:
    found = merged(jsonl({"custom_id": IDS[0], "response": response}), ids=IDS[:1])
    assert found.reasons() == {IDS[0]: "malformed"}
    assert is_repeatable("malformed")


def test_an_outcome_that_an_earlier_merge_kept_is_counted_but_not_kept_again() -> None:
    found = merged(jsonl(*(answered(line(key)) for key in IDS)), known={IDS[0]})
    assert IDS[0] not in found.kept
    assert (found.tally.answered if found.tally else 0, len(found.kept)) == (5, 4)


def test_byte_order_marks_blank_lines_and_garbage_do_not_stop_the_reading() -> None:
    mixed = b"\xef\xbb\xbf" + jsonl(answered(line(IDS[0]))) + b"\n  \n{half\n[1]\n\xff\xfe\n" + jsonl(answered(line(IDS[1])))
    found = merged(mixed.rstrip(b"\n"), ids=IDS[:2])
    assert (len(found.kept), found.tally.unreadable if found.tally else 0) == (2, 3)


def test_a_line_without_end_is_skipped_in_bounded_memory() -> None:
    lines = list(read_lines(io.BytesIO(b"x" * (40 * 1024 * 1024) + b"\n" + jsonl({"custom_id": "a"}))))
    assert lines == [None, {"custom_id": "a"}]


def test_a_parameter_that_is_refused_is_learned_and_asked_for_again_without_it() -> None:
    errors = jsonl(
        *(
            refused(line(key), 400, "Unsupported parameter: 'max_tokens' is not supported; use max_completion_tokens")
            for key in IDS
        )
    )
    found = merged(b"", errors)
    assert set(found.reasons().values()) == {UNSUPPORTED_PARAMETER}
    assert found.merge is not None
    assert found.merge.next_dialect == Dialect(max_tokens_name="max_completion_tokens")


def test_lines_that_are_refused_for_different_parameters_teach_one_dialect() -> None:
    seed = '[{"error": {"message": "Unknown name \\"seed\\": Cannot find field."}}]'
    said = [{"type": "extra_forbidden", "loc": ["body", "temperature"], "msg": "Extra inputs are not permitted"}]
    bodies = [(400, seed), (422, {"detail": said}), (500, {"error": {"message": "Grammar error: Unimplemented keys"}})]
    errors = jsonl(
        *(
            {"custom_id": key, "response": {"status_code": status, "body": body}}
            for key, (status, body) in zip(IDS, bodies, strict=False)
        )
    )
    found = merged(b"", errors)
    assert set(found.reasons().values()) == {UNSUPPORTED_PARAMETER, MISSING}
    assert found.merge is not None
    assert found.merge.next_dialect == Dialect(ReplyFormat.JSON_OBJECT_SCHEMA, temperature=False, seed=False)


def test_a_parameter_without_another_form_is_not_asked_for_again() -> None:
    found = merged(b"", jsonl(refused(line(IDS[0]), 400, "max_tokens is too large: 512")))
    assert found.reasons()[IDS[0]] == "unsupported"
    assert not is_repeatable("unsupported")


def test_reasons_that_another_try_cannot_change_are_final() -> None:
    reasons = ("bad_request", "auth", "content_filter", "context_length", CANCELLED)
    assert [is_repeatable(reason) for reason in reasons] == [False] * 5


def test_totals_that_do_not_add_up_are_an_error() -> None:
    with pytest.raises(ReconciliationError, match="5 requests sent, 4 results received"):
        MergeCounts(requests=5, answered=4).reconcile("job")


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (401, "invalid_api_key", UNUSABLE_ENDPOINT),
        (429, "insufficient_quota", UNUSABLE_ENDPOINT),
        (404, "model_not_found", "deployment"),
    ],
)
def test_refusals_for_our_account_are_told_apart_from_those_of_a_request(status: int, code: str, reason: str) -> None:
    found = merged(b"", jsonl(refused(line(IDS[0]), status, "not you", code)), ids=IDS[:1])
    assert found.reasons() == {IDS[0]: reason}
    assert is_repeatable(UNUSABLE_ENDPOINT)
    assert found.merge is not None
    assert "not you" in (found.merge.problem or "")


@pytest.mark.parametrize(
    ("completed", "status", "lost"),
    [
        (None, RemoteStatus.COMPLETED, 3),  # one malformed, two without a line
        (5, RemoteStatus.COMPLETED, 3),
        (4, RemoteStatus.COMPLETED, 2),
        (2, RemoteStatus.COMPLETED, 1),
        (99, RemoteStatus.COMPLETED, 3),
        (None, RemoteStatus.EXPIRED, 1),
        (5, RemoteStatus.EXPIRED, 3),
        (2, RemoteStatus.CANCELLED, 1),
    ],
)
def test_what_may_have_been_billed_and_is_lost(completed: int | None, status: RemoteStatus, lost: int) -> None:
    output = jsonl(answered(line(IDS[0])), answered(line(IDS[1])), {"custom_id": IDS[2], "response": None})
    found = merged(output, status=status)
    assert found.tally is not None
    assert found.tally.unpriced(RemoteJob("b", status, completed=completed)) == lost


_RESULTS = st.lists(
    st.tuples(
        st.sampled_from([*IDS, "f" * 32, "", "zz"]),
        st.sampled_from(["answer", "500", "400", "expired", "nothing", "garbage"]),
    ),
    max_size=30,
)


@given(_RESULTS, _RESULTS, st.sampled_from([RemoteStatus.COMPLETED, RemoteStatus.EXPIRED, RemoteStatus.CANCELLED]))
def test_every_request_comes_out_exactly_once(output: Any, errors: Any, status: RemoteStatus) -> None:
    found = merged(_file(output), _file(errors), status=status)
    assert set(found.kept) | set(found.reasons()) == set(IDS)
    assert not set(found.kept) & set(found.reasons())
    asked = {key for key, what in [*output, *errors] if what == "answer"}
    assert set(found.kept) == asked & set(IDS)


_LINE = st.one_of(
    st.binary(max_size=40),
    st.builds(lambda key: json.dumps(answered(line(key))).encode(), st.sampled_from([*IDS, "f" * 32])),
    st.builds(lambda key: json.dumps(refused(line(key), 500)).encode(), st.sampled_from(IDS)),
    st.builds(
        lambda key, value: json.dumps({"custom_id": key, "response": value}).encode(),
        st.sampled_from(IDS),
        st.recursive(st.none() | st.integers(0, 600) | st.text(max_size=8), lambda inner: st.dictionaries(_FIELDS, inner)),
    ),
)


@given(st.lists(_LINE, max_size=12), st.lists(_LINE, max_size=4), st.integers(0, 60), st.sampled_from(list(RemoteStatus)))
def test_any_files_give_each_request_one_end_and_an_answer_is_never_asked_again(
    output: list[bytes], errors: list[bytes], cut: int, status: RemoteStatus
) -> None:
    content = b"\n".join(output)
    found = merged(content[: max(0, len(content) - cut)], b"\n".join(errors), status=status)
    assert set(found.kept) | set(found.reasons()) == set(IDS)
    assert not set(found.kept) & set(found.reasons()), "an answer that was paid for is asked again"
    tally = found.tally
    assert tally is not None
    assert 0 <= tally.unpriced(RemoteJob("b", status, completed=3)) <= len(found.reasons())


def _file(results: list[tuple[str, str]]) -> bytes:
    made = []
    for key, what in results:
        if what == "garbage":
            made.append(b"{\n")
            continue
        shapes = {
            "answer": answered(line(key)),
            "500": refused(line(key), 500),
            "400": refused(line(key), 400),
            "expired": {"custom_id": key, "response": None, "error": {"code": "batch_expired"}},
            "nothing": {"custom_id": key},
        }
        made.append(jsonl(shapes[what]))
    return b"".join(made)


@pytest.mark.parametrize(("typical", "cost_known"), [(200, True), (0, False)])
def test_a_reply_without_counts_is_taken_as_typical_of_its_job(typical: int, cost_known: bool) -> None:
    key = "ab" * 16
    kept: list[RequestOutcome] = []
    merge = Merge(
        ENDPOINT,
        Dialect(),
        "r1",
        {bytes.fromhex(key): (b"f" * 16, 7)},
        lambda _: False,
        kept.append,
        1_000.0,
        typical_input_tokens=typical,
    )
    body = {"choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}], "usage": None}
    merge.add([{"custom_id": key, "response": {"status_code": 200, "body": body}}])
    tally = merge.finish("job", RemoteStatus.COMPLETED)
    assert (tally.input_tokens, tally.output_tokens) == (typical, 1)
    assert kept[0].usage_estimated
    assert (tally.cost_usd is not None) == (kept[0].cost_usd is not None) == cost_known


def test_a_reply_that_was_withheld_goes_into_another_round() -> None:
    assert is_repeatable(EndpointErrorKind.WITHHELD.value)
