"""What shared requests came to, as a run's page tells it."""

from semtel_ops.report.render import render
from semtel_ops.report.request_sharing import read_cleaning, read_sharing, sharing_findings
from semtel_ops.store.files import read_json, write_json
from semtel_ops.store.layout import Lake
from tests.support.finished_run import write_finished_run

SHARE = {"share": 0.7, "low": 0.6, "high": 0.8, "n": 100, "effective_n": 100.0}
STRATEGY = {
    "pack": 10, "combine": True, "grader": True, "requests": {"packed+combined": 30, "grade": 30, "plain": 12}, "asked_again": 4,
    "taken_apart": 0, "problems": {"missing_member": 4}, "shadow_floor": 0.8, "comparisons_unread": 0,
    "grading": {
        "graded": 300, "named": 8, "unread": 0, "by_classifier": {}, "precision": SHARE, "recall": SHARE, "shared": SHARE,
        "kept": {**SHARE, "share": 0.93},
    },
    "shadow": {"topic": SHARE, "satisfaction": {**SHARE, "share": 0.9}}, "disagreeing": ["topic"], "unbundled": ["user_expertise"],
}  # fmt: skip
CLEANING = [
    {
        "classifier": "topic", "model": "m", "strategy": "packed", "rows": 10, "exact": 7, "normalised": 0, "alias": 1, "near": 0,
        "relabelled": 1, "given_up": 1,
    }
]  # fmt: skip


def test_a_plain_run_has_nothing_to_tell():
    assert read_sharing({"strategy": None}) is None
    assert read_sharing({}) is None
    assert read_cleaning({}) == ()
    assert list(sharing_findings(None)) == []


def test_findings_name_what_is_unbundled_and_what_sharing_keeps():
    found = list(sharing_findings(read_sharing({"strategy": STRATEGY})))
    assert "topic at 70.0% (95% CI" in found[0]
    assert "satisfaction" not in found[0]
    assert found[1] == "Requested separately because combined answers disagreed in an earlier run: user expertise."
    assert found[2].startswith("Of the shared answers that were checked by a separate request, 93.0% (95% CI")


def test_the_page_shows_how_requests_were_shared_and_how_replies_became_labels(lake, collected):
    write_finished_run(lake, week="2026-W47")
    url = Lake(str(lake)).run("2026-W47", "manual").totals
    write_json(url, {**read_json(url), "strategy": STRATEGY, "cleaning": CLEANING})
    page = render(collected())
    assert "Up to 10 conversations and all classifiers per request, graded" in page
    assert "8 of 300 flagged by the grader" in page
    assert "unbundled" in page
    assert "By model and strategy" in page
