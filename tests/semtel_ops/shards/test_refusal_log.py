"""What endpoints said is logged once and counted, across the tasks of a shard; never a key, a person or a long text."""

import logging

import pytest

from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.shards.refusal_log import MOST_KINDS, RefusalLog
from semtel_ops.store.files import exists, read_json
from semtel_ops.testing.manual_clock import ManualClock

KEY = "sk-abcdEFGH1234567890abcdEFGH1234567890"


def error(
    words="east: HTTP 400 odd: an odd value", *, kind=EndpointErrorKind.BAD_REQUEST, status: int | None = 400, code="odd"
):
    return EndpointError(words, kind=kind, status=status, code=code)


@pytest.fixture
def url(tmp_path):
    return f"{tmp_path}/refusals/shard=0003.json"


@pytest.fixture
def clock():
    return ManualClock(100.0)


def test_each_kind_is_logged_once_and_counted(url, clock, caplog):
    refusals = RefusalLog(url, 3, clock)
    for number in range(5):
        refusals.add("east", error(), f"c{number}")
        clock.advance(1.0)
    refusals.add("east", error("east: HTTP 400 even", code="even"), "c9")
    refusals.add("west", error(), "c9")
    refusals.save()
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 3
    assert "about conversation c0; others like it are only counted: HTTP 400 odd: an odd value" in caplog.text
    first, *others = read_json(url)["refusals"]
    assert first == {
        "endpoint": "east", "kind": "bad_request", "status": 400, "code": "odd", "words": "HTTP 400 odd: an odd value",
        "count": 5, "first_at": 100.0, "last_at": 104.0, "example_id": "c0",
    }  # fmt: skip
    assert [(entry["endpoint"], entry["code"], entry["count"]) for entry in others] == [("east", "even", 1), ("west", "odd", 1)]


def test_a_later_task_of_the_shard_counts_on(url, clock):
    for number in range(3):
        refusals = RefusalLog(url, 3, clock)
        refusals.add("east", error(), f"c{number}")
        refusals.save()
        clock.advance(60.0)
    (entry,) = read_json(url)["refusals"]
    assert (entry["count"], entry["first_at"], entry["last_at"], entry["example_id"]) == (3, 100.0, 220.0, "c0")


def test_a_shard_without_failures_writes_nothing(url, clock):
    RefusalLog(url, 3, clock).save()
    assert not exists(url)


def test_keys_people_and_length_are_cut_from_the_words_and_the_code(url, clock, caplog):
    refusals = RefusalLog(url, 3, clock)
    refusals.add("east", error(f"key {KEY} of jane.doe@example.com\n" + "word " * 500, code=f"code {KEY}"), None)
    refusals.save()
    (entry,) = read_json(url)["refusals"]
    assert entry["words"].startswith("key [SECRET] of [EMAIL] word")
    assert len(entry["words"]) <= 240
    assert entry["code"] == "code [SECRET]"
    assert KEY not in caplog.text
    assert "\n" not in caplog.records[0].getMessage()


def test_a_provider_with_ever_new_codes_fills_neither_log_nor_file(url, clock, caplog):
    refusals = RefusalLog(url, 3, clock)
    for number in range(10 * MOST_KINDS):
        refusals.add("east", error(code=f"code{number}"), "c1")
    refusals.save()
    entries = read_json(url)["refusals"]
    assert len(entries) == len(caplog.records) == MOST_KINDS + 1
    assert (entries[-1]["kind"], entries[-1]["count"]) == ("other", 9 * MOST_KINDS)
