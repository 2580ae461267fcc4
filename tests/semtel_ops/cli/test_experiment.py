import json

import click
import pytest
from click.testing import CliRunner

from semtel_ops.cli.experiment import experiment
from semtel_ops.errors import ConfigError
from semtel_ops.settings import Settings
from semtel_ops.steps import experiment as steps


@pytest.fixture
def asked(monkeypatch):
    """What the step was given by a command line."""

    def ask(*arguments):
        given = {}
        monkeypatch.setattr(steps, "run_experiment", lambda request, **how: given.update(request, **how) or {"cells": 1})
        monkeypatch.setattr(Settings, "from_env", classmethod(lambda cls: cls()))
        result = CliRunner().invoke(experiment, [*arguments, "--json"], standalone_mode=False, catch_exceptions=False)
        return given, result

    return ask


def test_options_become_the_grid(asked, tmp_path):
    given, result = asked(
        "chats.jsonl", "--out", str(tmp_path / "packing"), "--pack", "1,10", "--grader", "both", "--combine", "off",
        "--max-tokens", "500, 3000", "--sample", "50", "--budget-usd", "2", "--reuse", "lake",
    )  # fmt: skip
    assert given["config"] == {
        "sample": 50,
        "grid": {"pack": (1, 10), "grader": (False, True), "combine": (False,), "max_tokens": (500, 3000)},
    }
    assert (given["max_cost_usd"], given["dry_run"], given["reuse"]) == (2.0, False, "lake/journal")
    assert given["experiment_id"] == "packing"
    assert json.loads(result.output) == {"cells": 1}


def test_without_options_the_file_or_the_defaults_decide(asked, tmp_path):
    given, _ = asked("chats.jsonl", "--out", str(tmp_path), "--grid", "grid.yaml", "--id", "mine", "--dry-run")
    assert (given["config"], given["grid"], given["experiment_id"], given["dry_run"]) == ({}, "grid.yaml", "mine", True)


def test_values_that_are_no_numbers_are_refused_in_one_line(asked, tmp_path):
    with pytest.raises(click.BadParameter, match="separated by commas"):
        asked("chats.jsonl", "--out", str(tmp_path), "--pack", "1;10")


def test_a_truncation_that_does_not_exist_names_the_field(tmp_path):
    with pytest.raises(ConfigError, match=r"experiment: grid\.truncation|grid\.truncation"):
        steps.run_experiment(
            {"week": "2026-W47", "source": "x", "config": {"grid": {"truncation": ["sideways"]}}},
            experiment_id="e", out=str(tmp_path), settings=Settings(), progress=None,
        )  # fmt: skip
