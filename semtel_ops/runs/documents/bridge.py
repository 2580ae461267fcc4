"""bridge.json: what rows of last week say that this week's labeller labelled again."""

from typing import TypedDict


class RelabelledRows(TypedDict):
    """Rows of last week that are alike.

    Attributes:
        said: labels by last week's labeller.
        seen: labels by this week's labeller.
        weight: sample weight of each.
        rows: number of rows.
    """

    said: list[str]
    seen: list[str]
    weight: float
    rows: int


class BridgedClassifier(TypedDict):
    """The bridge of a classifier.

    Attributes:
        classifier: its id.
        before: id of the labeller of most of last week's rows.
        now: id of the labeller that labelled them again; None if none did.
        m: rows that both labelled.
        why_not: why there is no bridge; None: there is one.
        rows: the rows that both labelled, alike ones together.
    """

    classifier: str
    before: str
    now: str | None
    m: int
    why_not: str | None
    rows: list[RelabelledRows]


class BridgeSums(TypedDict):
    """What a bridge takes.

    Attributes:
        requests: requests that are sent.
        reused: rows that other runs have paid for.
        input_tokens: of the requests.
        output_tokens: of the requests.
        cost_usd: of the requests; None where a model has no known price.
    """

    requests: int
    reused: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


class BridgeForecast(BridgeSums):
    """What a bridge would take, as a dry run counts it."""


class BridgeCost(BridgeSums):
    """What a run paid for its bridge, in all attempts."""


class BridgeDocument(TypedDict):
    """bridge.json: a bridge between the last published week and this one, written by `bridge`.

    Attributes:
        week: the last published week.
        conversations: its conversations that were drawn.
        lane: in which they were labelled again; None if they were not.
        requests: requests that were sent, in all attempts.
        reused: rows that other runs had paid for.
        input_tokens: paid for by this run.
        output_tokens: paid for by this run.
        paid_usd: cost to this run, beside that of its own rows; None where a model has no known price.
        cost_usd: cost of all rows, whoever paid; None where a model has no known price.
        seconds: spent on asking.
        classifiers: the bridge of each classifier; empty in a dry run.
        forecast: of a dry run; None for other runs.
    """

    week: str
    conversations: int
    lane: str | None
    requests: int
    reused: int
    input_tokens: int
    output_tokens: int
    paid_usd: float | None
    cost_usd: float | None
    seconds: float
    classifiers: list[BridgedClassifier]
    forecast: BridgeForecast | None
