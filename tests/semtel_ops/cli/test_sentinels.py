"""`semtel sentinels`: what is printed, and how it ends."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from semtel_ops.cli.sentinels import sentinels
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.model_ledger import BASELINE, JUDGED, ModelLedger, SentinelDay


@pytest.fixture
def invoke(tmp_path, monkeypatch, project_root):
    (tmp_path / "endpoints.yaml").write_text(
        "endpoints: [{name: east, base_url: 'http://127.0.0.1:1/v1', model: gpt-4o-mini}]\n", encoding="utf-8"
    )
    for name, value in {
        "SEMTEL_LAKE": tmp_path / "lake",
        "SEMTEL_ENDPOINTS": tmp_path / "endpoints.yaml",
        "SEMTEL_INCLUDE": project_root / "include",
        "DATABASE_URL": f"sqlite:///{tmp_path}/ledger.db",
    }.items():
        monkeypatch.setenv(name, str(value))
    return lambda *arguments: CliRunner().invoke(sentinels, list(arguments), catch_exceptions=False)


def test_without_a_published_week_nothing_is_asked_and_that_is_said(invoke):
    done = invoke("run", "--no-models")
    assert done.exit_code == 0
    assert done.stdout == "sentinels: nothing was asked: no week is published yet that the conversations could be drawn from\n"


def test_days_are_shown_the_latest_first_with_the_models_that_retire(invoke, tmp_path):
    today = datetime.now(UTC).date()
    day = SentinelDay(
        today, "east", "topic", JUDGED, "s" * 32, "l" * 16, "gpt-4o-mini", "gpt-4o-mini-2", 100, 12, 0.04, 37.1, True
    )
    first = SentinelDay(
        today.replace(day=1), "east", "topic", BASELINE, "s" * 32, "l" * 16, "gpt-4o-mini", None, 500, 9, 0.04, 1.0, False
    )
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ModelLedger(ledger).save_sentinel_days([first, day] if today.day > 1 else [day])
    lines = invoke("show", "--days", "40").stdout.splitlines()
    assert lines[1].split() == [str(today), "east", "topic", "gpt-4o-mini-2", "12/100", "4.0%", "37.1", "alarm"]
    assert "gpt-4o-mini retires on 2027-01-14" in lines[-1]
    assert lines[-1].endswith("recommended instead: gpt-6-luna")
    shown = json.loads(invoke("show", "--models", "--json").stdout)
    assert shown["models"][0]["successor"] == "gpt-6-luna"


def test_nothing_was_asked_is_said(invoke):
    assert invoke("show").stdout.splitlines()[0] == "no sentinels were asked in these days"
