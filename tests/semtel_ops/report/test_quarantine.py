import json

from semtel_ops.report.quarantine import MOST_REASONS, read_entries, summarize_quarantine


def write(folder, name, *lines):
    folder.mkdir(exist_ok=True)
    text = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / name).write_text("\n".join(text) + "\n", encoding="utf-8")


def entry(at, reason):
    return {"place": f"a.jsonl:{at}", "reason": reason, "detail": "Why."}


def test_an_entry_knows_the_step_that_rejected_it(tmp_path):
    write(tmp_path, "extract.jsonl", entry(1, "not JSON"))
    write(tmp_path, "sample.jsonl", {"place": "b.jsonl:2", "reason": "conflict"})
    first, second = read_entries(str(tmp_path))
    assert first == ("a.jsonl:1", "not JSON", "Why.", "extract", 1)
    assert second == ("b.jsonl:2", "conflict", "", "sample", 1)


def test_a_line_that_cannot_be_read_is_an_entry_whose_place_is_its_file(tmp_path):
    write(tmp_path, "extract.jsonl", '{"place": "cut', "[]", {"place": "no reason"})
    assert {(one.place, one.reason) for one in read_entries(str(tmp_path))} == {
        ("extract.jsonl", "unreadable quarantine entry")
    }
    assert summarize_quarantine(str(tmp_path))[1] == 3


def test_reasons_are_counted_the_most_frequent_first_with_the_first_three_places(tmp_path):
    write(tmp_path, "extract.jsonl", entry(0, "rare"), *(entry(at, "common") for at in range(1, 6)))
    (common, rare), total = summarize_quarantine(str(tmp_path))
    assert (common.reason, common.count, common.places) == ("common", 5, ("a.jsonl:1", "a.jsonl:2", "a.jsonl:3"))
    assert (rare.reason, rare.count, total) == ("rare", 1, 6)


def test_reasons_after_the_most_are_counted_together_and_known_ones_still_apart(tmp_path):
    reasons = [f"reason {at:03d}" for at in range(MOST_REASONS + 20)]
    write(tmp_path, "extract.jsonl", *(entry(at, reason) for at, reason in enumerate(reasons)), entry(99, reasons[0]))
    counted, total = summarize_quarantine(str(tmp_path))
    assert {one.reason: one.count for one in counted} == {
        **dict.fromkeys(reasons[:MOST_REASONS], 1), reasons[0]: 2, "other reasons": 20,
    }  # fmt: skip
    assert total == MOST_REASONS + 21


def test_long_values_are_cut(tmp_path):
    write(tmp_path, "extract.jsonl", {"place": "p" * 9_000, "reason": "r" * 9_000, "detail": "d" * 9_000})
    [one] = read_entries(str(tmp_path))
    assert {len(one.place), len(one.reason), len(one.detail)} == {300}


def test_a_run_without_a_quarantine_has_no_entries(tmp_path):
    assert list(read_entries(str(tmp_path / "absent"))) == []
    assert summarize_quarantine(str(tmp_path / "absent")) == ((), 0)


def test_a_line_may_stand_for_many_entries(tmp_path):
    write(tmp_path, "extract.jsonl", entry(1, "not JSON"), entry(2, "not JSON") | {"entries": 1_000_000})
    (reason,), total = summarize_quarantine(str(tmp_path))
    assert (reason.count, total) == (1_000_001, 1_000_001)
