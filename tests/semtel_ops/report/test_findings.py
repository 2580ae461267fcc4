from dataclasses import replace

from semtel_ops.report.findings import findings, leader
from tests.support.finished_run import PASSING_CHECK, write_finished_run

WEEK, BEFORE = "2026-W47", "2026-W46"


def _said(report) -> str:
    return " ".join(findings(report))


def test_every_sentence_has_its_numbers(publish, collected):
    publish(WEEK)
    said = _said(collected())
    assert "200 conversations were sampled; 98.1% of 1,000 requested labels succeeded" in said
    assert "The largest topic is Technology: " in said
    assert said.count("n = ") >= 2
    assert "All 1 quality checks passed." not in said
    assert "The quality check passed." in said


def test_no_change_beyond_chance_is_said_too(publish, collected):
    publish(BEFORE, conversations=60)
    publish(WEEK, conversations=60)
    assert "changed significantly since week 2026-W46" in _said(collected())
    assert "None of " in _said(collected())


def test_real_changes_are_named_with_their_size(publish, collected):
    publish(BEFORE, labels={"topic": {"money": 9, "health": 1}}, success=1)
    publish(WEEK, labels={"topic": {"money": 1, "health": 9}}, success=1)
    said = _said(collected())
    assert "2 of 2 label shares changed significantly since week 2026-W46" in said
    assert "(topic) +" in said
    assert "(topic) −" in said


def test_failed_checks_are_named_once(collected, lake):
    failed = [{**PASSING_CHECK, "id": "label_known", "passed": False, "classifier": name} for name in ("topic", "intent")]
    write_finished_run(lake, verdict="stop", checks=[PASSING_CHECK, *failed])
    assert "2 of 3 quality checks failed: label known." in _said(collected())


def test_a_run_with_nothing_says_nothing(collected):
    assert findings(collected(run_id="none")) == []


def test_a_section_without_labels_says_so(publish, collected):
    publish(WEEK)
    section = replace(collected().classifiers[0], rows=())
    assert leader(section) == "No conversation was labelled"
