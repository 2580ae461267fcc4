"""Finds models that retire soon, and facts about models that have not been checked for long. These findings are warnings."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from semtel_ops.configuration.contradictions import Finding
from semtel_ops.endpoints.catalog import EndpointConfig, ModelsFile
from semtel_ops.endpoints.retirement import NOTICE_DAYS, retirements
from semtel_ops.humanize import count

_OLD_DAYS: Final = 180
"""Providers announce a shutdown three to six months ahead: an older file may not know of one."""


def retiring(endpoints: Sequence[EndpointConfig], models: ModelsFile, today: date) -> Iterator[Finding]:
    """Endpoints whose model is gone or goes within 90 days, by models.yaml; endpoints' own lists are not asked."""
    at = {endpoint.name: index for index, endpoint in enumerate(endpoints)}
    for retirement in retirements(endpoints, models.models, {}, today):
        if retirement.days_left > max(NOTICE_DAYS):
            continue
        when = f"on {retirement.date}" if retirement.days_left >= 0 else f"since {retirement.date}"
        left = f", in {count(retirement.days_left, 'day')}" if retirement.days_left > 0 else ""
        what = "retires" if retirement.days_left >= 0 else "is retired"
        instead = f"; its provider recommends {retirement.successor}" if retirement.successor else ""
        yield Finding(
            f"endpoints.{at[retirement.endpoint]}.model",
            f"is {retirement.model}, which {what} {when}{left}, by models.yaml{instead}: compare the two before you change it",
        )


def outdated(models: ModelsFile, today: date) -> Iterator[Finding]:
    """models.yaml, if its facts were last checked more than 180 days ago, or it does not say when."""
    days = None if models.checked_on is None else (today - models.checked_on).days
    if days is None:
        yield Finding("models", "has no checked_on: nobody knows how old its prices and dates are; check them and add the day")
    elif days > _OLD_DAYS:
        yield Finding("checked_on", f"was {count(days, 'day')} ago: check prices, limits and dates, then update it")
