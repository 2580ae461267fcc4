"""run.json is all that a later task knows of its run."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from semtel_ops.errors import StoreError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.selection import Selection
from tests.support.shards import make_plan


def test_a_plan_comes_back_as_it_was_written(tmp_path):
    plan = make_plan(
        tmp_path,
        config={"strategy": {"pack": 5}, "budget_usd": 3},
        deadline="2026-11-25T09:00:00+01:00",
        unbundled=("topic",),
        reprocess={
            "base_run": "r0", "selection": Selection(rows="label", label="topic=science").model_dump(), "asked_rows": 3,
            "fresh": True, "weeks": ("2026-W46", "2026-W47"), "approval": False, "requested_by": "ada", "reason": "a new prompt",
        },
    )  # fmt: skip
    assert RunPlan.load(plan.save()) == plan


def test_the_same_run_planned_again_writes_the_same_file(tmp_path):
    path = Path(make_plan(tmp_path).save())
    first = path.read_bytes()
    assert make_plan(tmp_path).save() == str(path)
    assert path.read_bytes() == first


def test_a_run_that_was_never_planned_is_an_error_that_says_so(tmp_path):
    with pytest.raises(StoreError, match="run not found; `plan` creates it"):
        RunPlan.load(make_plan(tmp_path).url)


def test_what_may_lie_elsewhere_is_in_the_lake_and_in_include_unless_it_is_said(tmp_path):
    plan = make_plan(tmp_path)
    assert plan.journal_url == plan.paths.journal()
    assert plan.prompts == plan.include_path / "prompts"
    moved = plan.model_copy(update={"journal": "s3://bucket/journal", "prompts_folder": str(tmp_path / "mine")})
    assert moved.journal_url == "s3://bucket/journal"
    assert moved.prompts == tmp_path / "mine"


@pytest.mark.parametrize("fields", [{"week": "2026-47"}, {"run_id": ""}, {"unknown": 1}, {"deadline": "2026-11-25T09:00:00"}])
def test_a_field_that_is_wrong_is_not_written(tmp_path, fields):
    with pytest.raises(ValidationError, match=next(iter(fields))):
        make_plan(tmp_path, **fields)
