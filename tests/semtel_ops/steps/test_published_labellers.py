import json
from datetime import UTC, datetime

import pytest

from semtel_ops.labellers import Labellers
from semtel_ops.report.row_labellers import LabellerRows
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import classifiers_of
from semtel_ops.steps.published_labellers import published_labellers
from tests.support.finished_run import write_finished_run

NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def plan(tmp_path, project_root):
    return RunPlan.load(write_finished_run(tmp_path / "lake", include=project_root / "include"))


@pytest.fixture
def labellers(plan):
    return Labellers(classifiers_of(plan), plan.config.strategy, plan.config.tokens, plan.prompts)


def rows(labeller, served="luna-2026-10-01"):
    return LabellerRows("topic", labeller, "luna", served, "1.0.0", 30, 60.0)


@pytest.mark.parametrize("effort", [None, "low"])
def test_a_labeller_of_the_plan_is_recorded_with_its_prompt_effort_and_settings(plan, labellers, effort):
    labeller = labellers.of("topic", "luna", served_model="luna-2026-10-01", reasoning_effort=effort)
    (weekly,), (known,) = published_labellers(plan, [rows(labeller.id)], NOW)
    assert (weekly.week, weekly.labeller, weekly.served_model, weekly.n) == (plan.week, labeller.id, "luna-2026-10-01", 30)
    assert (known.prompts, known.strategy, known.reasoning_effort) == (labeller.prompts, labeller.strategy, effort)
    settings = json.loads(known.settings)
    assert (settings["reasoning_effort"], settings["strategy"]["pack"]) == (effort, 1)


def test_rows_carried_over_from_another_configuration_have_a_labeller_of_which_less_is_known(plan):
    (weekly,), (known,) = published_labellers(plan, [rows("0" * 16)], NOW)
    assert weekly.labeller == known.labeller == "0" * 16
    assert (known.served_model, known.prompts, known.settings) == ("luna-2026-10-01", None, None)


def test_rows_of_an_earlier_release_are_counted_and_name_no_labeller(plan):
    (weekly,), known = published_labellers(plan, [rows("", served=None)], NOW)
    assert (weekly.labeller, weekly.served_model, known) == ("", None, [])
