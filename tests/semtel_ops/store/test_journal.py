"""What was paid for is found again, whoever asks and whatever was killed in between."""

import os
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from semtel_ops.endpoints.model import Endpoint, Price
from semtel_ops.errors import StoreError
from semtel_ops.store.journal import Journal, import_outcomes, paid_by_run, spent_by_run
from semtel_ops.store.journal_outcome import RequestIdentity, RequestOutcome, about_id

FRAME = bytes(16)


def outcome(number: int, *, bucket: int = 0, text: str = "{}", run_id: str = "r1", answered_at: float = 1.0) -> RequestOutcome:
    return RequestOutcome(
        key=f"{number:032x}", frame=FRAME, bucket=bucket, run_id=run_id, text=text, finish_reason="stop", error=None,
        endpoint="east", model="m", lane="realtime", input_tokens=10, output_tokens=2, cost_usd=0.1, latency_ms=5.0,
        attempts=1, answered_at=answered_at,
    )  # fmt: skip


ENDPOINT = Endpoint("east", "openai", "http://x/v1", "m", price=Price(1.0, 2.0, batch_discount=0.5))
IDENTITY = RequestIdentity(f"{7:032x}", FRAME, 9)


def segments(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if name.endswith(".parquet"))


def test_an_outcome_is_known_at_once_and_after_reopening(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    journal.add(outcome(1, text="é"))
    assert journal.get(f"{1:032x}") == outcome(1, text="é")
    journal.flush()
    assert Journal(str(tmp_path)).get(f"{1:032x}") == outcome(1, text="é")
    assert Journal(str(tmp_path)).get(f"{2:032x}") is None


def test_what_was_not_flushed_is_lost_and_nothing_else(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    journal.add(outcome(1))
    journal.flush()
    journal.add(outcome(2))
    assert journal.pending == 1
    again = Journal(str(tmp_path))
    assert [again.get(f"{n:032x}") is not None for n in (1, 2)] == [True, False]


def test_the_mean_of_replies_is_of_one_frame_model_and_effort_without_errors_and_estimates(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    low = replace(outcome(1), output_tokens=300, reasoning_effort="low")
    others = [
        replace(low, key=f"{2:032x}", output_tokens=100),
        replace(low, key=f"{3:032x}", output_tokens=9_000, reasoning_effort=None),
        replace(low, key=f"{4:032x}", output_tokens=9_000, model="n"),
        replace(low, key=f"{5:032x}", output_tokens=9_000, usage_estimated=True),
        replace(low, key=f"{6:032x}", output_tokens=9_000, text=None, error="content_filter"),
        replace(low, key=f"{7:032x}", output_tokens=9_000, frame=b"f" * 16),
    ]
    for each in (low, *others):
        journal.add(each)
    journal.flush()
    again = Journal(str(tmp_path))
    assert again.output_tokens(FRAME, "m", "low") == (2, 200.0)
    assert again.output_tokens(FRAME, "m", None) == (1, 9_000.0)
    assert again.output_tokens(FRAME, "m", "high") == (0, 0.0)


def test_a_range_reads_only_its_own_buckets(tmp_path: Path) -> None:
    whole = Journal(str(tmp_path))
    for bucket in (0, 100, 255):
        whole.add(outcome(bucket, bucket=bucket))
    whole.flush()
    assert len(Journal(str(tmp_path), lo=90, hi=110)) == 1
    assert len(Journal(str(tmp_path), lo=0, hi=100)) == 2


def test_frames_that_cannot_be_asked_are_not_read(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    journal.add(outcome(1))
    journal.flush()
    assert len(Journal(str(tmp_path), frames=[b"x" * 16])) == 0
    assert len(Journal(str(tmp_path), frames=[FRAME])) == 1


def test_compacting_keeps_every_record_once_in_one_file(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    for number in range(50):
        journal.add(outcome(number))
        if number % 5 == 0:
            journal.flush()
    journal.compact()
    assert len(segments(tmp_path)) == 1
    assert len(Journal(str(tmp_path))) == 50


def test_of_two_answers_to_one_request_the_earliest_wins(tmp_path: Path) -> None:
    for text, at in (("late", 2.0), ("early", 1.0)):
        journal = Journal(str(tmp_path))
        journal.add(outcome(1, text=text, answered_at=at))
        journal.flush()
    Journal(str(tmp_path)).compact()
    found = Journal(str(tmp_path)).get(f"{1:032x}")
    assert found is not None
    assert found.text == "early"


def test_a_merge_leaves_files_of_wider_ranges_alone(tmp_path: Path) -> None:
    wide = Journal(str(tmp_path))
    wide.add(outcome(1, bucket=200))
    wide.flush()
    for number in (2, 3):
        narrow = Journal(str(tmp_path), lo=0, hi=10)
        narrow.add(outcome(number, bucket=3))
        narrow.flush()
    narrow.compact()
    assert len(segments(tmp_path)) == 2
    assert len(Journal(str(tmp_path))) == 3


def test_a_failed_flush_keeps_its_outcomes_pending(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    journal = Journal(str(tmp_path / "ok"))
    journal._folder = str(blocked)
    journal.add(outcome(1))
    with pytest.raises(StoreError):
        journal.flush()
    journal._folder = str(tmp_path / "ok")
    journal.flush()
    assert len(Journal(str(tmp_path / "ok"))) == 1


@pytest.mark.parametrize("compacted", [False, True])
def test_where_runs_asked_the_same_on_purpose_each_finds_its_own_answer_and_others_the_latest(
    tmp_path: Path, compacted
) -> None:
    for run_id, answered_at in (("r2", 5.0), ("r1", 1.0), ("r2", 7.0)):  # a run's second answer came from a race
        journal = Journal(str(tmp_path))
        journal.add(outcome(1, run_id=run_id, text=f"{run_id} at {answered_at}", answered_at=answered_at))
        journal.flush()
        if compacted:
            journal.compact()
    again = Journal(str(tmp_path))
    key = f"{1:032x}"
    assert again.get(key).text == again.get_of(key, "r2").text == "r2 at 5.0"
    assert again.get_of(key, "r1").text == "r1 at 1.0"
    assert again.get_of(key, "r3") is None


def test_a_runs_own_answer_is_known_before_it_is_flushed(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    journal.add(outcome(1, run_id="r1"))
    assert journal.get_of(f"{1:032x}", "r1") is not None
    assert journal.get_of(f"{1:032x}", "r2") is None


def test_what_runs_of_a_prefix_have_paid_is_added_up(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    for number, run_id in enumerate(["e.a.0", "e.a.0", "e.b.0", "other"]):
        journal.add(outcome(number, run_id=run_id))
        journal.flush()
    assert spent_by_run(str(tmp_path), "e.") == pytest.approx({"e.a.0": 0.2, "e.b.0": 0.1})
    assert spent_by_run(str(tmp_path / "nothing"), "e.") == {}


def test_what_a_run_has_paid_is_added_up_and_unknown_where_a_price_is(tmp_path: Path) -> None:
    for number, run_id in enumerate(("bridge.a", "bridge.b", "bridge.a")):  # a file each
        journal = Journal(str(tmp_path))
        journal.add(outcome(number, run_id=run_id))
        journal.flush()
    # Two records of 1 call, 10 + 2 tokens and $0.10.
    assert paid_by_run(str(tmp_path), "bridge.a") == {
        "requests": 2, "input_tokens": 20, "output_tokens": 4, "cost_usd": pytest.approx(0.2),
    }  # fmt: skip
    assert paid_by_run(str(tmp_path), "bridge.c")["requests"] == 0
    journal = Journal(str(tmp_path))
    journal.add(replace(outcome(9, run_id="bridge.b"), cost_usd=None))
    journal.flush()
    assert paid_by_run(str(tmp_path), "bridge.b")["cost_usd"] is None
    assert paid_by_run(str(tmp_path), "bridge.b")["requests"] == 2


def test_answers_of_another_journal_are_borrowed_once_and_only_those_asked_for(tmp_path: Path) -> None:
    theirs, mine = str(tmp_path / "theirs"), str(tmp_path / "mine")
    journal = Journal(theirs)
    for number in range(5):
        journal.add(outcome(number, run_id="weekly", bucket=number))
    journal.flush()
    own = Journal(mine)
    own.add(outcome(0, run_id="mine"))
    own.flush()
    keys = [f"{number:032x}" for number in (0, 1, 2, 9)]
    assert import_outcomes(theirs, mine, keys, frames=[FRAME]) == 2
    assert import_outcomes(theirs, mine, keys, frames=[FRAME]) == 0
    assert [bool(Journal(mine).get(f"{number:032x}")) for number in range(5)] == [True, True, True, False, False]
    assert import_outcomes(theirs, mine, [f"{3:032x}"], frames=[b"x" * 16]) == 0
    assert len(segments(tmp_path / "theirs")) == 1


def test_records_are_read_with_and_without_the_mark_of_an_estimate(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    journal.add(outcome(1))
    journal.flush()
    (segment,) = segments(tmp_path)
    table = pq.read_table(tmp_path / segment)
    pq.write_table(table.drop_columns(["usage_estimated"]), tmp_path / segment)
    journal = Journal(str(tmp_path))
    marked = replace(outcome(2), usage_estimated=True)
    journal.add(marked)
    assert journal.get(f"{1:032x}") == outcome(1)
    journal.compact()
    reopened = Journal(str(tmp_path))
    assert (reopened.get(f"{1:032x}"), reopened.get(f"{2:032x}")) == (outcome(1), marked)


def test_a_record_says_which_conversations_its_request_had_whatever_merges_it(tmp_path: Path) -> None:
    both = (about_id("c1"), about_id("c2"))
    journal = Journal(str(tmp_path))
    for number, about in ((1, both), (2, ())):  # an older record does not say
        journal.add(replace(outcome(number), about=about))
        journal.flush()
    journal.compact()
    reopened = Journal(str(tmp_path))
    assert [found.about for number in (1, 2) if (found := reopened.get(f"{number:032x}"))] == [both, ()]
