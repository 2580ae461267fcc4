"""`semtel reprocess`: dry unless told to go, and never over a published week without somebody's word."""

import json

import pytest
from click.testing import CliRunner

from semtel_ops.cli.reprocess import reprocess

FORECAST = {
    "week": "2026-W47", "requests": 3, "reused": 1, "input_tokens": 900, "output_tokens": 30, "cost_usd": 0.5, "batch_cost_usd": None,
    "reprocess": {
        "week": "2026-W47", "base_run": "first", "asked_rows": 4, "carried_rows": 96, "asked_by_classifier": {"topic": 4},
        "asked_by_status": {"error": 4}, "warnings": ["two kinds of labels"],
    },
}  # fmt: skip


@pytest.fixture
def asked(monkeypatch):
    """What was asked of the step, which is a stand-in here."""
    calls = []

    def step(request, *, decide, **means):
        calls.append({**means, "request": request})
        if request["dry_run"]:
            return {"dry_run": True, "weeks": [FORECAST]}
        answer = decide("Publish?", "| a |") if request["approval"] else None
        return {"dry_run": False, "weeks": [{"week": request["week"], "state": "published", "message": json.dumps(answer)}]}

    monkeypatch.setattr("semtel_ops.steps.reprocess_weeks.reprocess_weeks", step)
    return calls


def run(*arguments):
    return CliRunner().invoke(reprocess, ["--week", "2026-W47", "--reason", "half were refused", *arguments])


def test_without_go_it_is_a_dry_run_that_says_what_would_be_paid_and_reused(asked):
    done = run("--classifiers", "topic, satisfaction")
    assert done.exit_code == 0, done.output
    assert "4 rows would be labelled again (4 topic; their status: 4 error) and 96 carried over" in done.output
    assert "about $0.50 in realtime, cost unknown in batches" in done.output
    assert "1 reply already on record" in done.output
    assert "two kinds of labels" in done.output
    assert "no requests were sent" in done.output
    (call,) = asked
    assert call["run_id"] == "reprocess-2026-W47-dry"
    assert call["request"]["classifiers"] == ["topic", "satisfaction"]
    assert call["request"].keys() >= {"week", "reason", "rows", "dry_run", "approval"}
    assert "lane" not in call["request"], "what was not given is as configured"


def test_a_status_is_given_as_the_rows_spell_it(asked):
    assert run("--rows", "status", "--status", "invalid_output").exit_code == 0
    assert asked[0]["request"]["status"] == "invalid_output"


def test_where_nobody_can_be_asked_a_published_week_is_not_replaced(asked):
    done = run("--go")
    assert done.exit_code == 2
    assert "--yes" in done.output


def test_yes_publishes_without_a_question(asked):
    done = run("--go", "--yes")
    assert done.exit_code == 0
    assert asked[0]["run_id"] == "reprocess-2026-W47"
    assert "published" in done.output


def test_a_reason_is_required(asked):
    assert CliRunner().invoke(reprocess, ["--week", "2026-W47"]).exit_code == 2
    assert asked == []
