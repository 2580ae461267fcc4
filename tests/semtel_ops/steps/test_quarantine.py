"""What could not be used is set aside with its place, all at once or not at all, and without its text."""

import json
from collections import Counter
from pathlib import Path

import pytest

from semtel_ops.steps import quarantine
from semtel_ops.steps.quarantine import MIN_LINES_PER_REASON, atomic_quarantine


@pytest.fixture
def url(tmp_path):
    return f"{tmp_path}/quarantine/part=0000.jsonl"


def test_each_entry_is_a_line_with_its_place_its_reason_and_the_detail(url):
    with atomic_quarantine(url) as add:
        add("a.jsonl:3", "invalid_json", "not JSON: line 3, column 9")
        add("ü.jsonl:4", "no_turns", "expected a list of messages")
    lines = [json.loads(line) for line in Path(url).read_text(encoding="utf-8").splitlines()]
    assert lines == [
        {"place": "a.jsonl:3", "reason": "invalid_json", "detail": "not JSON: line 3, column 9"},
        {"place": "ü.jsonl:4", "reason": "no_turns", "detail": "expected a list of messages"},
    ]


def test_without_entries_there_is_no_file(url):
    with atomic_quarantine(url):
        pass
    assert not Path(url).exists()


def test_a_repetition_replaces_the_entries_and_one_without_any_removes_them(url):
    for place in ("a:1", "b:1"):
        with atomic_quarantine(url) as add:
            add(place, "invalid_json", "")
    assert [json.loads(line)["place"] for line in Path(url).read_text().splitlines()] == ["b:1"]
    with atomic_quarantine(url):
        pass
    assert not Path(url).exists()


@pytest.mark.parametrize("entries", [0, 1])
def test_a_step_that_fails_leaves_the_earlier_entries_alone(url, entries):
    with atomic_quarantine(url) as add:
        add("a:1", "invalid_json", "")
    before = Path(url).read_bytes()
    with pytest.raises(LookupError), atomic_quarantine(url) as add:
        for _ in range(entries):
            add("b:1", "invalid_json", "")
        raise LookupError
    assert Path(url).read_bytes() == before
    assert [path.name for path in Path(url).parent.iterdir()] == ["part=0000.jsonl"], "nothing half written stays"


def test_a_name_that_is_not_unicode_can_be_set_aside(url):
    with atomic_quarantine(url) as add:
        add("\udcff.jsonl:1", "invalid_json", "")
    assert json.loads(Path(url).read_text(encoding="utf-8"))["place"] == "?.jsonl:1"


def test_entries_beyond_the_lines_are_counted_and_a_rare_reason_keeps_its_lines(url, monkeypatch):
    """A file of a few kilobytes can be millions of broken records."""
    monkeypatch.setattr(quarantine, "MAX_LINES", 100)
    with atomic_quarantine(url) as add:
        for number in range(5_000):
            add(f"a:{number}", "invalid_json", "not JSON")
        for number in range(30):
            add(f"b:{number}", "no_turns", "empty")
    lines = [json.loads(line) for line in Path(url).read_text().splitlines()]
    assert len(lines) == 100 + MIN_LINES_PER_REASON + 2
    counted = Counter()
    for line in lines:
        counted[line["reason"]] += line.get("entries", 1)
    assert counted == {"invalid_json": 5_000, "no_turns": 30}
