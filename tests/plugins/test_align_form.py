import pytest
from airflow.sdk.exceptions import ParamValidationError

from semtel_airflow.align_form import align_params, align_request_of, labeller_of_run
from semtel_ops.steps.align_request import AlignRequest


def asked(**fields):
    defaults = {name: param.value for name, param in align_params().items() if param.has_value}
    return align_request_of(defaults | fields, run_id="manual__1")


def test_a_form_with_only_candidates_forecasts_two_thousand_conversations():
    name, request = asked(candidates=["new"])
    assert name == "manual__1"
    assert AlignRequest.model_validate(request) == AlignRequest(candidates=("new",), dry_run=True)


def test_what_is_filled_in_becomes_the_request():
    name, request = asked(name="luna", candidates=["new"], incumbent="now", rows=500, lane="batch", margin=0.03, dry_run=False)
    found = AlignRequest.model_validate(request)
    assert name == "luna"
    assert (found.incumbent, found.rows, found.lane, found.margin, found.dry_run) == ("now", 500, "batch", 0.03, False)


def test_a_misspelt_key_goes_along_so_that_plan_can_refuse_it():
    assert asked(candidates=["new"], candidtae="x")[1]["candidtae"] == "x"


@pytest.mark.parametrize("fields", [{"candidates": []}, {"margin": 0}, {"rows": 5}, {"name": "a/b"}, {"lane": "auto"}])
def test_a_value_that_cannot_be_is_refused_by_the_form(fields):
    ((name, value),) = fields.items()
    with pytest.raises(ParamValidationError):
        align_params()[name].resolve(value)


def test_a_task_is_named_by_whom_it_asks():
    url = "lake/experiments/a/lake/runs/week=2026-W47/run=manual__2026-11-25.candidate.new.1~0123abcd4567/run.json"
    assert labeller_of_run(url) == "candidate.new, repeat 2"
    assert labeller_of_run("elsewhere") == "elsewhere"
