"""forecast.json and experiment.json of an experiment."""

from typing import Any, TypedDict

from semtel_ops.runs.refs import CellRef


class CellForecast(CellRef):
    """Forecast of a cell over all its repeats, without answers that are already stored.

    Attributes:
        requests: requests that would be sent.
        reused: rows whose answers are already stored.
        input_tokens, output_tokens: estimated tokens of these requests.
        cost_usd: their cost; None if a price is unknown.
    """

    requests: int
    reused: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


class ExperimentForecast(TypedDict):
    """forecast.json of an experiment.

    Attributes:
        cells: every cell; requests shared by cells are counted in each.
    """

    cells: list[CellForecast]


class RecommendationDocument(TypedDict):
    """The cheapest cell that reaches the floor of agreement.

    Attributes:
        cell: its id; None if no cell does.
        reason: a sentence.
        settings: its settings for pipeline.yaml; None if plain requests or nothing is recommended.
    """

    cell: str | None
    reason: str
    settings: dict[str, Any] | None


class ExperimentConclusions(TypedDict):
    """Keys of experiment.json beside those of `Experiment`.

    Attributes:
        frontier: ids of the cells that no other cell beats in both price and agreement, cheapest first.
        recommended: the recommended cell.
    """

    frontier: list[str]
    recommended: RecommendationDocument
