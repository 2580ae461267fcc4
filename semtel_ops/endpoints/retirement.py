"""Which models of a run are about to go away: decided from what endpoints list and from models.yaml. Pure.

An endpoint's own list takes precedence, since every host has its own calendar: a list that has the field and leaves it empty
says that no date is announced there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from semtel_ops.endpoints.catalog import KnownModel, is_version, known_model
from semtel_ops.endpoints.model import NamedEndpoint
from semtel_ops.endpoints.model_list import ListedModel

NOTICE_DAYS: Final = (90, 30, 7)
"""Days before a shutdown at which a person is told, each once."""

Source = Literal["endpoint", "models.yaml"]


@dataclass(frozen=True, slots=True)
class Retirement:
    """A model that an endpoint stops serving.

    Attributes:
        days_left: 0 on the day itself, negative afterwards.
        successor: what models.yaml recommends instead; None if it does not say.
    """

    model: str
    endpoint: str
    date: date
    days_left: int
    source: Source
    successor: str | None = None

    @property
    def notice_days(self) -> int | None:
        """The notice that is due: the smallest of `NOTICE_DAYS` that the days left have reached; None before the first."""
        return min((days for days in NOTICE_DAYS if self.days_left <= days), default=None)


def retirements(
    endpoints: Iterable[NamedEndpoint],
    models: Mapping[str, KnownModel],
    listed: Mapping[str, Sequence[ListedModel]],
    today: date,
) -> list[Retirement]:
    """The models of endpoints whose last day is known, the earliest first; at most one for an endpoint.

    Args:
        models: of models.yaml.
        listed: endpoint → its own list; absent where it was not asked or has none.
    """
    found = []
    for endpoint in endpoints:
        known = known_model(models, endpoint.model)
        own = entry_of(listed.get(endpoint.name, ()), endpoint.model)
        source: Source = "endpoint" if own is not None and own.says else "models.yaml"
        day = own.shutdown_date if own is not None and own.says else None if known is None else known.retires
        if day is not None:
            successor = None if known is None else known.successor
            found.append(Retirement(endpoint.model, endpoint.name, day, (day - today).days, source, successor))
    return sorted(found, key=lambda retirement: (retirement.date, retirement.endpoint))


def entry_of(listed: Sequence[ListedModel], model: str) -> ListedModel | None:
    """The entry of a model, or else of its version that is served longest: a list cannot say which one is deployed."""
    exact = next((each for each in listed if each.model == model), None)
    if exact is not None:
        return exact
    versions = [each for each in listed if each.says and is_version(each.model, model)]
    return max(versions, key=lambda each: each.shutdown_date or date.max, default=None)
