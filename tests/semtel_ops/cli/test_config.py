"""`semtel config`: what is printed, and how it ends."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from semtel_ops.cli.config import config
from semtel_ops.configuration import CONFIG_FILES, reference_page, schema_of
from semtel_ops.testing.manual_clock import ManualClock

INCLUDE = Path(__file__).resolve().parents[3] / "include"
DAY = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    """Run a command in an empty folder, with the include folder of the checkout and no key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEMTEL_INCLUDE", str(INCLUDE))
    for name in ("OPENAI_API_KEY", "SEMTEL_PIPELINE", "SEMTEL_ENDPOINTS", "SEMTEL_LAKE", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    # The day of the facts in models.yaml: later, they would be old.
    monkeypatch.setattr(sys.modules["semtel_ops.configuration.explain"], "SystemClock", lambda: ManualClock(DAY.timestamp()))
    return lambda *arguments: CliRunner().invoke(config, list(arguments))


def test_the_shipped_configuration_is_explained_and_has_no_error(invoke):
    done = invoke("check")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert any(line.split() == ["tokens.max_per_conversation", "3,000", "default"] for line in lines)
    assert any(line.split()[:2] == ["model", "gpt-6-luna"] and "endpoints.yaml:" in line for line in lines)
    assert lines[-1] == "no errors, 1 warning"
    assert "OPENAI_API_KEY, which is not set on this machine" in " ".join(done.stdout.split())


def test_a_complete_configuration_is_valid(invoke, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hunter2")
    done = invoke("check", "--strict")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "valid"
    assert "hunter2" not in done.output


def test_warnings_end_with_2_where_that_is_wanted(invoke):
    assert invoke("check", "--strict").exit_code == 2


def test_each_error_is_one_line_on_stderr_and_the_rest_is_still_explained(invoke, tmp_path):
    (tmp_path / "pipeline.yaml").write_text("lane: flex\nclassifiers: [topic, mood]\n", encoding="utf-8")
    done = invoke("check", "--config", "pipeline.yaml")
    assert done.exit_code == 2
    errors = done.stderr.splitlines()
    assert errors[0].startswith("semtel: pipeline.yaml:2: classifiers: 'mood' has no prompt file")
    assert errors[1] == "semtel: pipeline.yaml:1: lane is flex, which no endpoint offers; use auto, realtime or batch"
    assert len(errors) == 2
    assert "endpoint openai" in done.stdout


def test_json_has_everything_that_the_tables_have(invoke):
    done = invoke("check", "--json", "--set", "tokens.max_per_conversation=77")
    shown = json.loads(done.stdout)
    assert shown["valid"] is True
    assert shown["warnings"][0]["setting"] == "endpoints.0.api_key_env"
    pipeline = next(section for section in shown["sections"] if section["title"] == "pipeline")
    assert {"setting": "tokens.max_per_conversation", "value": 77, "from": "--set"} in pipeline["settings"]


def test_files_can_be_named(invoke):
    done = invoke("check", str(INCLUDE / "config" / "experiment.yaml"), str(INCLUDE / "prompts" / "topic.prompty"))
    assert done.exit_code == 0
    assert "grid.pack" in done.stdout
    assert "endpoint" not in done.stdout


def test_a_setting_is_shown_with_its_meaning(invoke):
    done = invoke("show", "strategy_gate.mode")
    assert done.stdout.startswith("strategy_gate.mode: fallback    from default\n")
    assert "`fallback`, `refuse`, `off`; default fallback" in done.stdout
    assert json.loads(invoke("show", "lane", "--json").stdout)[0]["value"] == "auto"
    # Documented together with the first check.
    done = invoke("show", "quality.truncated_share")
    assert done.stdout.startswith("quality.truncated_share.severity: warn    from default\n  Share of the rows")
    assert "quality.truncated_share.limit: 0.25    from default\n" in done.stdout


def test_schemas_are_printed_and_written(invoke, tmp_path):
    assert json.loads(invoke("schema", "models").stdout) == schema_of(CONFIG_FILES[2])
    assert invoke("schema", "--write", "made").exit_code == 0
    assert len(list((tmp_path / "made").glob("*.schema.json"))) == len(CONFIG_FILES)
    nothing = invoke("schema")
    assert nothing.exit_code == 2
    assert "pipeline, endpoints, models" in nothing.stderr


def test_the_reference_page_is_printed_and_written(invoke, tmp_path):
    assert invoke("docs").stdout == reference_page()
    invoke("docs", "--write", "a/b/page.md")
    assert (tmp_path / "a" / "b" / "page.md").read_text(encoding="utf-8") == reference_page()


def test_the_command_itself_ends_with_2(tmp_path):
    """Through the entry point: click hands the code back there instead of ending the process."""
    (tmp_path / "pipeline.yaml").write_text("lane: fast\n", encoding="utf-8")
    command = [sys.executable, "-c", "from semtel_ops.cli import main; main()", "config", "check", "pipeline.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=120)
    assert done.returncode == 2
    assert done.stderr == "semtel: pipeline.yaml:1: lane: 'fast' — Input should be 'auto', 'realtime', 'batch' or 'flex'\n"
