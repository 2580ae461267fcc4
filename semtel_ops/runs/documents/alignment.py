"""forecast.json of an alignment."""

from typing import TypedDict


class LabellerForecast(TypedDict):
    """Forecast of one labeller, asked once.

    Attributes:
        labeller: whether it is the incumbent or a candidate, and the name of its entry in endpoints.yaml.
        repeat: from 0.
        requests: requests that would be sent.
        reused: rows whose answers are already stored.
        input_tokens, output_tokens: estimated tokens of these requests.
        cost_usd: their cost; None if a price is unknown.
    """

    labeller: str
    repeat: int
    requests: int
    reused: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


class AlignmentForecast(TypedDict):
    """forecast.json of an alignment.

    Attributes:
        labellers: every labeller in every repeat; requests that candidates share are counted in each.
        requests: of all.
        cost_usd: of all; None if a price is unknown.
    """

    labellers: list[LabellerForecast]
    requests: int
    cost_usd: float | None
