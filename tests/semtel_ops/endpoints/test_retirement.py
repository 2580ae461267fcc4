"""Which models go away: the endpoint's own word before models.yaml, and a notice at 90, 30 and 7 days."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from semtel_ops.endpoints.catalog import KnownModel
from semtel_ops.endpoints.model import Endpoint
from semtel_ops.endpoints.model_list import ListedModel
from semtel_ops.endpoints.retirement import Retirement, retirements

TODAY = date(2026, 11, 28)
IN_JANUARY = date(2027, 1, 14)
MODELS = {
    "gpt-4o-mini": KnownModel(retires=IN_JANUARY, successor="gpt-6-luna"),
    "gpt-6-luna": KnownModel(),
}


def found(model: str, *listed: ListedModel, models: dict[str, KnownModel] = MODELS) -> Sequence[Retirement]:
    endpoint = Endpoint("east", "openai", "http://x", model)
    return retirements([endpoint], models, {"east": listed} if listed else {}, TODAY)


def test_a_date_of_models_yaml_counts_where_the_endpoint_does_not_say() -> None:
    # 28 November to 14 January: 2 + 31 + 14 days.
    expected = Retirement("gpt-4o-mini", "east", IN_JANUARY, 47, "models.yaml", "gpt-6-luna")
    assert found("gpt-4o-mini") == [expected]
    assert found("gpt-4o-mini", ListedModel("gpt-4o-mini")) == [expected]
    assert found("gpt-4o-mini", ListedModel("another")) == [expected]


def test_a_dated_version_retires_with_its_model() -> None:
    (retirement,) = found("gpt-4o-mini-2024-07-18")
    assert (retirement.model, retirement.date) == ("gpt-4o-mini-2024-07-18", IN_JANUARY)


def test_the_endpoints_own_word_counts_before_models_yaml() -> None:
    day = date(2027, 4, 14)  # as Azure
    (retirement,) = found("gpt-4o-mini", ListedModel("gpt-4o-mini", day, says=True))
    assert (retirement.date, retirement.source, retirement.successor) == (day, "endpoint", "gpt-6-luna")
    assert found("gpt-4o-mini", ListedModel("gpt-4o-mini", None, says=True)) == [], "no date is announced there"


def test_a_deployment_of_an_unknown_version_has_the_date_of_the_version_that_is_served_longest() -> None:
    versions = (
        ListedModel("gpt-4o-mini-2024-07-18", date(2027, 4, 14), says=True),
        ListedModel("gpt-4o-mini-2023-01-01", date(2026, 12, 1), says=True),
        ListedModel("gpt-4o-mini-audio", date(2026, 12, 2), says=True),
    )
    assert [each.date for each in found("gpt-4o-mini", *versions)] == [date(2027, 4, 14)]


def test_a_model_of_which_nothing_is_known_does_not_retire() -> None:
    assert found("home-grown") == found("gpt-6-luna") == []


@pytest.mark.parametrize(("days", "notice"), [(91, None), (90, 90), (31, 90), (30, 30), (8, 30), (7, 7), (0, 7), (-400, 7)])
def test_a_notice_is_due_at_ninety_thirty_and_seven_days(days: int, notice: int | None) -> None:
    models = {"m": KnownModel(retires=TODAY + timedelta(days=days))}
    (retirement,) = found("m", models=models)
    assert (retirement.days_left, retirement.notice_days) == (days, notice)


def test_the_earliest_is_first() -> None:
    models = {"a": KnownModel(retires=TODAY), "b": KnownModel(retires=TODAY - timedelta(days=1))}
    endpoints = [Endpoint(name, "openai", "http://x", name) for name in "ab"]
    assert [each.model for each in retirements(endpoints, models, {}, TODAY)] == ["b", "a"]
