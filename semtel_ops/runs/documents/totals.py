"""What landed: totals.json, its parts, and the counts of shared requests."""

from typing import Any, NotRequired, TypedDict

from semtel_ops.runs.documents.bridge import BridgeCost, BridgeForecast
from semtel_ops.runs.documents.refusals import RefusalCount
from semtel_ops.runs.documents.statistics import ShareDocument


class EndpointTotals(TypedDict):
    """An endpoint's part of the totals; rows paid for by other runs cost nothing here.

    Attributes:
        model: its model.
        rows: rows with its labels or errors.
        cost_usd: what this run paid; None if a price is unknown.
        input_tokens, output_tokens: tokens paid for by this run.
    """

    model: str
    rows: int
    cost_usd: float | None
    input_tokens: int
    output_tokens: int


class CleaningCounts(TypedDict):
    """How replies became labels, for one classifier, model and strategy. The rest of `rows` were refused or failed.

    Attributes:
        classifier: its id.
        model: model that answered.
        strategy: strategy of the rows' first requests.
        rows: rows that got a reply or an error.
        exact, normalised, alias, near, relabelled: rows by how the label was matched.
        given_up: rows without a readable label: status `invalid_output`.
    """

    classifier: str
    model: str
    strategy: str
    rows: int
    exact: int
    normalised: int
    alias: int
    near: int
    relabelled: int
    given_up: int


class LandedTotals(TypedDict):
    """Sums over all landed rows, computed from the rows themselves. Rows paid for by another run cost this run nothing.

    Attributes:
        landed_rows: label rows.
        members: different pairs of conversation and classifier among them; equal to landed_rows, or the run fails.
        requests: requests paid for by this run.
        reused: rows paid for by other runs.
        carried: rows carried over by a reprocess.
        cost_usd: what this run paid; None if a price is unknown.
        input_tokens, output_tokens: tokens paid for by this run.
        by_status: status → rows.
        by_lane: lane → rows.
        by_endpoint: endpoint → its totals.
        cleaning: how replies became labels.
    """

    landed_rows: int
    members: NotRequired[int]
    requests: int
    reused: int
    carried: int
    cost_usd: float | None
    input_tokens: int
    output_tokens: int
    by_status: dict[str, int]
    by_lane: dict[str, int]
    by_endpoint: dict[str, EndpointTotals]
    cleaning: list[CleaningCounts]


class GradingSummary(TypedDict):
    """Accuracy of the grader.

    Attributes:
        graded: answers shown to the grader.
        named: answers it marked as wrong.
        unread: unreadable replies of the grader.
        precision: of the answers it marked, those that differ from the answer to a request of their own.
        recall: of the answers in the audited sample that differ from the answer to a request of their own, those it marked.
        shared: answers of that sample that equal the answer to a request of their own.
        kept: the same share after the marked answers were replaced.
        by_classifier: classifier → `shared` of that classifier.
    """

    graded: int
    named: int
    unread: int
    precision: ShareDocument
    recall: ShareDocument
    shared: ShareDocument
    kept: ShareDocument
    by_classifier: dict[str, ShareDocument]


class StrategySummary(TypedDict):
    """Results of shared requests over a run.

    Attributes:
        pack: maximum number of conversations in a request.
        combine: whether classifiers shared requests.
        grader: whether packed labels were graded.
        requests: kind of request → requests.
        asked_again: members asked again because a reply was unreadable or marked as wrong.
        taken_apart: members asked again because a shared request failed as a whole.
        problems: problem of a reply → members.
        grading: None without a grader.
        shadow: classifier → agreement of combined answers with separate ones.
        shadow_floor: required agreement, 0 to 1.
        comparisons_unread: comparisons in which the separate answer was unreadable.
        unbundled: classifiers that at least one shard asked in separate requests although the run combines classifiers.
        disagreeing: classifiers whose agreement in this run is below the floor.
    """

    pack: int
    combine: bool
    grader: bool
    requests: dict[str, int]
    asked_again: int
    taken_apart: int
    problems: dict[str, int]
    grading: GradingSummary | None
    shadow: dict[str, ShareDocument]
    shadow_floor: float
    comparisons_unread: int
    unbundled: list[str]
    disagreeing: list[str]


class StrategyDocument(TypedDict):
    """strategy/shard=NNNN.json: composition of a shard's shared requests, and comparisons of their answers.

    The counts are absent until the shard has landed. Lists of counts contain pairs [key, members]; a key is a list.

    Attributes:
        unbundled: classifiers that the shard asks in separate requests; decided once, so that a restart repeats them.
        counts: requests by purpose and members by result.
        shadow: [classifier, agree or differ] → members whose combined answer was compared with a separate one.
        audit: [classifier, named or passed, agree or differ] → members of the audited sample of graded answers.
        named: [classifier, agree or differ] → members marked by the grader and asked again in a request of their own.
    """

    unbundled: list[str]
    counts: NotRequired[dict[str, int]]
    shadow: NotRequired[list[list[Any]]]
    audit: NotRequired[list[list[Any]]]
    named: NotRequired[list[list[Any]]]


class TotalsDocument(LandedTotals):
    """totals.json: totals of the run, written by `gather`.

    Rows are those of the week alone. Requests, tokens and cost are of all that the run paid for, its bridge included.

    Attributes:
        bridge: what of that was for its bridge; None without one.
        strategy: None for a run without shared requests.
        strategy_note: decision of the strategy gate, with its reason; None if there was nothing to decide.
        sampled: conversations in the sample.
        classifiers: ids, in the order of the configuration.
        expected_rows: sampled × classifiers; equal to landed_rows, or the run fails.
        shards: shards of the sample.
        missing_shards: numbers of the shards that never landed; their rows have the status `missing`.
        quarantined: unusable records of the source.
        estimated_rows: rows whose tokens and cost are our estimate, since an endpoint did not count them.
        seconds: sum of the time spent on the shards.
        simulated: whether the simulator answered.
        refusals: failed calls by what the endpoint said, the most frequent first; at most 50 kinds, the others added up.
    """

    strategy: StrategySummary | None
    strategy_note: str | None
    sampled: int
    classifiers: list[str]
    expected_rows: int
    shards: int
    missing_shards: list[int]
    quarantined: int
    estimated_rows: int
    seconds: float
    simulated: bool
    bridge: BridgeCost | None
    refusals: NotRequired[list[RefusalCount]]


class ForecastDocument(TypedDict):
    """forecast.json: the forecast of a dry run, of its bridge too.

    Attributes:
        bridge: what of it is for the run's bridge; absent without one.
        sampled: conversations in the sample.
        requests: requests that would be sent.
        reused: rows whose answers are already stored.
        input_tokens, output_tokens: estimated tokens of these requests.
        thought_tokens: those of `output_tokens` that are assumed for thoughts; absent where no effort is asked for.
        cost_usd: at the price of the expected lane; None if a price is unknown.
        batch_cost_usd: the same in batches; None if a price is unknown or no endpoint offers the batch lane.
        strategy_note: decision of the strategy gate, with its reason; None if there was nothing to decide.
    """

    sampled: int
    requests: int
    reused: int
    input_tokens: int
    output_tokens: int
    thought_tokens: NotRequired[int]
    cost_usd: float | None
    batch_cost_usd: float | None
    bridge: NotRequired[BridgeForecast]
    strategy_note: str | None
