"""`semtel correct`: what is asked for in a shell, and what people read."""

import json

import pytest
from click.testing import CliRunner

from semtel_ops.cli.correct import correct

DONE = {
    "examined": 1,
    "changed": 1,
    "weeks": [
        {
            "week": "2026-W47", "run_id": "manual", "shares": 24, "corrected": 19, "methods": {"two_phase": 19},
            "refused": {"no gold rows of this week or this labeller": 5}, "changed": True, "report": "lake/report.html",
        }
    ],
    "problems": [],
}  # fmt: skip


@pytest.fixture
def asked(monkeypatch):
    asked = []

    def answer(done):
        monkeypatch.setattr("semtel_ops.steps.correct.correct_weeks", lambda **means: asked.append(means) or done)
        return asked

    return answer


def test_each_week_is_a_line_with_its_methods_and_the_reasons_against(asked):
    given = asked(DONE)
    done = CliRunner().invoke(correct, ["--week", "2026-W47"])
    assert done.exit_code == 0
    assert given[0]["week"] == "2026-W47"
    assert done.output.splitlines() == [
        "2026-W47  19 of 24 shares corrected (two_phase 19), changed",
        "          5 shares not: no gold rows of this week or this labeller",
    ]


def test_the_manifest_is_there_as_json(asked):
    asked(DONE)
    assert json.loads(CliRunner().invoke(correct, ["--json"]).output) == DONE


def test_weeks_that_could_not_be_examined_make_it_fail(asked):
    asked({**DONE, "problems": ["2026-W01: its files are gone"]})
    done = CliRunner().invoke(correct, [])
    assert done.exit_code == 1
    assert "its files are gone" in done.output


def test_a_ledger_without_published_weeks_is_named(asked):
    asked({"examined": 0, "changed": 0, "weeks": [], "problems": []})
    assert CliRunner().invoke(correct, []).output == "no week is published yet\n"
