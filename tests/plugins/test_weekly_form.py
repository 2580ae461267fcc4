from datetime import UTC, datetime

import pytest
from airflow.sdk.exceptions import ParamValidationError

from semtel_airflow.form_fields import known_classifiers
from semtel_airflow.weekly_form import request_of, weekly_params
from semtel_ops.steps.plan import RunRequest

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)  # of week 47
AFTER = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)  # a Wednesday of week 48


def defaults():
    return {name: param.value for name, param in weekly_params().items()}


def test_an_empty_form_asks_for_the_week_of_the_data_interval():
    assert request_of(defaults(), data_interval_start=MONDAY, run_after=AFTER) == {"week": "2026-W47", "dry_run": False}


def test_a_strategy_goes_along_where_it_is_given():
    filled = defaults() | {"pack": 10, "combine": "off", "grader": "on"}
    request = request_of(filled, data_interval_start=MONDAY, run_after=AFTER)
    assert request == {"week": "2026-W47", "dry_run": False, "pack": 10, "combine": False, "grader": True}


def test_the_steps_know_every_field_of_the_form():
    assert set(defaults()) == set(RunRequest.model_fields)


def test_a_run_without_a_data_interval_takes_the_last_complete_week():
    assert request_of(defaults(), data_interval_start=None, run_after=AFTER)["week"] == "2026-W47"


def test_the_week_in_the_form_wins():
    request = request_of(defaults() | {"week": "2026-W40"}, data_interval_start=MONDAY, run_after=AFTER)
    assert request["week"] == "2026-W40"


def test_the_first_days_of_january_can_belong_to_the_last_year():
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    assert request_of({}, data_interval_start=new_year, run_after=AFTER)["week"] == "2026-W53"


def test_a_misspelt_key_goes_along_so_that_plan_can_refuse_it():
    assert request_of(defaults() | {"wek": "2026-W40"}, data_interval_start=MONDAY, run_after=AFTER)["wek"] == "2026-W40"


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("week", "2026-47"),
        ("week", "2026-W54"),
        ("week", "2026-W00"),
        ("week", 47),
        ("dates", "maybe"),
        ("sample_size", 0),
        ("sample_size", "many"),
        ("classifiers", "topic"),
        ("classifiers", ["../topic"]),
        ("classifiers", ["topic", "topic"]),
        ("max_cost_usd", 0),
        ("lane", "fast"),
        ("deadline", "tomorrow"),
        ("deadline", "2026-11-24T08:00:00"),
        ("dry_run", "no"),
        ("pack", 0),
        ("pack", 51),
        ("combine", "yes"),
        ("grader", "both"),
    ],
)
def test_the_form_refuses_what_cannot_be_meant(field, bad):
    with pytest.raises(ParamValidationError):
        weekly_params()[field].resolve(bad)


@pytest.mark.parametrize(
    ("field", "good"),
    [
        ("week", "2026-W53"),
        ("week", ""),
        ("week", None),
        ("dates", "ignore"),
        ("dates", None),
        ("sample_size", 500),
        ("classifiers", ["topic", "user_intent"]),
        ("max_cost_usd", 0.5),
        ("lane", "batch"),
        ("lane", None),
        ("deadline", "2026-11-24T08:00:00+00:00"),
        ("deadline", "2026-11-24T08:00:00.000Z"),
        ("deadline", None),
        ("dry_run", True),
        ("pack", 20),
        ("combine", "on"),
        ("combine", None),
        ("grader", "off"),
    ],
)
def test_the_form_takes_what_it_describes(field, good):
    assert weekly_params()[field].resolve(good) == good


def test_every_field_has_a_title_a_description_a_section_and_a_default_that_is_valid():
    for name, param in weekly_params().items():
        assert {"title", "description_md", "section"} <= set(param.schema), name
        param.resolve()


def test_the_form_offers_every_prompt_file(project_root):
    files = {path.stem for path in (project_root / "include" / "prompts").glob("*.prompty")}
    assert set(known_classifiers()) == {name for name in files if not name.startswith("_")}
