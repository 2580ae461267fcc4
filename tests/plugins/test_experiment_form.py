from datetime import UTC, datetime

import pytest
from airflow.sdk.exceptions import ParamValidationError

from semtel_airflow.experiment_form import experiment_of, experiment_params
from semtel_ops.experiments import ExperimentConfig
from semtel_ops.extensions import COMPRESSORS, TRUNCATION_STRATEGIES
from semtel_ops.steps.experiment_plan import ExperimentRequest

AFTER = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def asked(**fields):
    defaults = {name: param.value for name, param in experiment_params().items()}
    return experiment_of(defaults | fields, run_id="manual__1", run_after=AFTER)


def test_an_untouched_form_forecasts_the_default_grid():
    name, request = asked()
    assert name == "manual__1"
    assert (request["week"], request["dry_run"]) == ("2026-W47", True)
    assert ExperimentConfig.model_validate(request["config"]) == ExperimentConfig()
    ExperimentRequest.model_validate(request)


def test_what_is_filled_in_becomes_the_grid():
    name, request = asked(
        name="cut", pack=[10], grader="on", combine="off", max_tokens=[500], models=["m"], floor=0.8, repeats=3
    )
    config = ExperimentConfig.model_validate(request["config"])
    assert name == "cut"
    assert (config.grid.pack, config.grid.grader, config.grid.combine) == ((10,), (True,), (False,))
    assert (config.grid.max_tokens, config.grid.models, config.floor, config.repeats) == ((500,), ("m",), 0.8, 3)


def test_a_misspelt_key_goes_along_so_that_plan_can_refuse_it():
    assert asked(smaple=3)[1]["smaple"] == 3


@pytest.mark.parametrize(("field", "registry"), [("truncation", TRUNCATION_STRATEGIES), ("compression", COMPRESSORS)])
def test_the_form_offers_what_is_registered(field, registry):
    assert experiment_params()[field].schema["examples"] == list(registry.names())


@pytest.mark.parametrize(
    ("field", "bad"),
    [("pack", [0]), ("pack", [51]), ("truncation", ["sideways"]), ("grader", "maybe"), ("name", "../up"), ("repeats", 11)],
)
def test_the_form_refuses_what_cannot_be(field, bad):
    param = experiment_params()[field]
    param.value = bad
    with pytest.raises(ParamValidationError):
        param.resolve()
