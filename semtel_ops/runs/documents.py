"""The JSON documents of a run's folder, typed: what its steps write for each other and for people.

Their keys are described here, and the data dictionary (docs/reference/data.md) is generated from these descriptions. Money is
USD, times are seconds since 1970 UTC and durations seconds, unless a key says otherwise.
"""

from typing import Any, NotRequired, TypedDict

from semtel_ops.runs.refs import CellRef, PartRef, ShardRef


class ShareDocument(TypedDict):
    """A share of a whole with its 95% Wilson interval: `evaluation.Share` as JSON.

    Attributes:
        share: 0 to 1.
        low: lower end of the interval; 0 with nothing to look at.
        high: upper end; 1 with nothing to look at.
        n: observations that were looked at.
        effective_n: independent observations of equal weight that would be as informative; at most n.
    """

    share: float
    low: float
    high: float
    n: int
    effective_n: float


class CoefficientDocument(TypedDict):
    """A coefficient of agreement with its 95% interval: `evaluation.Coefficient` as JSON.

    Attributes:
        value: -1 to 1; None where it is not defined, because only one label was seen.
        low: lower end of the interval; None where it is not defined.
        high: upper end; None where it is not defined.
        n: pairs that were compared.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


class PartsDocument(TypedDict):
    """parts.json: the source as `plan` cut it.

    Attributes:
        parts: references to the parts, as `extract` takes them.
    """

    parts: list[PartRef]


class SampleDocument(TypedDict):
    """sample.json: what became of every record of the source, and the shards of the sample.

    read = unreadable + outside_week + not_sampled + staged_rows, and
    staged_rows = id_conflicts + duplicates + eligible.

    Attributes:
        read: records in the source.
        unreadable: records that could not be read; they are in the quarantine.
        outside_week: records dated outside the week.
        not_sampled: records that `sample.rate` left out.
        staged_rows: records that were staged.
        id_conflicts: staged records whose id stands for different contents; they are in the quarantine.
        quarantined: unreadable + id_conflicts.
        duplicates_same_id: further records with the same id and content.
        duplicate_content: further records with the same content under another id.
        duplicates: the sum of both.
        eligible: conversations that could be sampled.
        population: what the weights sum to: eligible / sample.rate, an estimate where the rate is below 1.
        sampled: conversations in the sample.
        scrubbed: kind of personal data → replacements.
        shards: references to all shards, empty ones included.
        sampled_by: of a reprocess: the run that drew the sample.
    """

    read: int
    unreadable: int
    outside_week: int
    not_sampled: int
    staged_rows: int
    id_conflicts: int
    quarantined: int
    duplicates_same_id: int
    duplicate_content: int
    duplicates: int
    eligible: int
    population: int
    sampled: int
    scrubbed: dict[str, int]
    shards: NotRequired[list[ShardRef]]
    sampled_by: NotRequired[str]


class EndpointTotals(TypedDict):
    """An endpoint's part of the totals; rows that other runs paid for cost nothing here.

    Attributes:
        model: the model it asks.
        rows: rows that it decided.
        cost_usd: what this run paid; None where a price is unknown.
        input_tokens, output_tokens: tokens that this run paid for.
    """

    model: str
    rows: int
    cost_usd: float | None
    input_tokens: int
    output_tokens: int


class CleaningCounts(TypedDict):
    """How replies became labels, for one classifier, model and strategy. What is missing from `rows` was refused or failed.

    Attributes:
        classifier: its id.
        model: model that answered.
        strategy: how the rows were asked the first time.
        rows: rows that got a reply or an error.
        exact, normalised, alias, near, relabelled: rows by how the label was matched.
        given_up: rows with status `invalid_output`.
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
    """Sums over all landed rows, computed from the rows themselves. Rows that another run paid for cost this one nothing.

    Attributes:
        landed_rows: label rows.
        members: different pairs of conversation and classifier among them; equal to landed_rows, or the run fails.
        requests: calls that this run paid for.
        reused: rows that other runs paid for.
        carried: rows that a reprocess carried over.
        cost_usd: what this run paid; None where a price is unknown.
        input_tokens, output_tokens: tokens that this run paid for.
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
    """How good the grader is.

    Attributes:
        graded: answers that were shown to the grader.
        named: answers that it named as wrong.
        unread: replies of the grader that could not be read.
        precision: of all answers it named, those that were different when asked alone.
        recall: of the answers in the seeded sample that were different when asked alone, those it named.
        shared: answers of that sample that were the same alone.
        kept: the same after what the grader named was replaced.
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
    """What sharing requests came to over a whole run.

    Attributes:
        pack: conversations in one request, at most.
        combine: whether classifiers shared requests.
        grader: whether packed labels were graded.
        requests: kind of request → requests.
        asked_again: members asked again because a reply could not be read or was named wrong.
        taken_apart: members asked again because a shared request failed as a whole.
        problems: what was wrong with a reply → members.
        grading: None without a grader.
        shadow: classifier → agreement of combined answers with separate ones.
        shadow_floor: agreement that is required, 0 to 1.
        comparisons_unread: comparisons without a readable separate answer.
        unbundled: classifiers that a shard asked separately although the run combines.
        disagreeing: classifiers whose agreement in this run is under the floor.
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


class TotalsDocument(LandedTotals):
    """totals.json: what the run came to, written by `gather`.

    Attributes:
        strategy: None of a run that asks every member alone.
        strategy_note: what the strategy gate decided and why; None where there was nothing to decide.
        sampled: conversations in the sample.
        classifiers: ids, in the order of the configuration.
        expected_rows: sampled × classifiers; equal to landed_rows, or the run fails.
        shards: shards of the sample.
        missing_shards: numbers of those that never landed; their rows have the status `missing`.
        quarantined: records of the source that could not be used.
        seconds: sum of the time spent on the shards.
        simulated: the simulator answered.
    """

    strategy: StrategySummary | None
    strategy_note: str | None
    sampled: int
    classifiers: list[str]
    expected_rows: int
    shards: int
    missing_shards: list[int]
    quarantined: int
    seconds: float
    simulated: bool


class ForecastDocument(TypedDict):
    """forecast.json: what a dry run expects.

    Attributes:
        sampled: conversations in the sample.
        requests: calls that would be made.
        reused: rows whose answers are on record already.
        input_tokens, output_tokens: estimated tokens of these calls.
        cost_usd: at the price of the lane that would be chosen; None where a price is unknown.
        batch_cost_usd: the same in batches; None where a price is unknown or no endpoint offers the batch lane.
        strategy_note: what the strategy gate decided and why; None where there was nothing to decide.
    """

    sampled: int
    requests: int
    reused: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    batch_cost_usd: float | None
    strategy_note: str | None


class PaceDocument(TypedDict):
    """How fast a lane that answers at once is expected to be.

    Attributes:
        tokens_per_minute: of prompts and replies.
        source: where the number comes from, in words.
        cost_usd: the whole run in this lane; None where a price is unknown.
    """

    tokens_per_minute: int
    source: str
    cost_usd: float | None


class BatchPaceDocument(TypedDict):
    """How long batches are expected to take.

    Attributes:
        turnaround_s: from submission to the results.
        source: where the number comes from, in words.
        cost_usd: the whole run in batches; None where a price is unknown.
        held_tokens: tokens that jobs under way have enqueued.
        queue_tokens: tokens that the queues accept; None where a limit is not known.
    """

    turnaround_s: int
    source: str
    cost_usd: float | None
    held_tokens: int
    queue_tokens: int | None


class LaneGroup(TypedDict):
    """Shards that were given the same lane for the same reason.

    Attributes:
        lane: realtime, batch or flex.
        reason: why, in a sentence.
        shards: their numbers.
    """

    lane: str
    reason: str
    shards: list[int]


class LaneSums(TypedDict):
    """What a lane did in a run.

    Attributes:
        rows: rows that it decided, reused ones included.
        requests: calls that this run paid for.
        tokens: tokens of prompts and replies that this run paid for.
        cost_usd: what this run paid; None where a price is unknown.
        endpoints: names of the endpoints that answered.
    """

    rows: int
    requests: int
    tokens: int
    cost_usd: float | None
    endpoints: list[str]


class RescueSums(TypedDict):
    """What realtime did in shards whose batches were late or left rows unanswered.

    Attributes:
        rows: rows that it decided.
        shards: shards that were rescued.
        requests: calls for these rows.
        cost_usd: what they cost; None where a price is unknown.
        at: when the first rescue began; None without any.
        stopped_at: when the first batches were stopped for being late; None where none were.
        reasons: why, in sentences.
    """

    rows: int
    shards: int
    requests: int
    cost_usd: float | None
    at: float | None
    stopped_at: float | None
    reasons: list[str]


class LaneResults(TypedDict):
    """What the lanes of a run came to.

    Attributes:
        lanes: lane → what it did.
        rescued: what realtime did for late batches.
        saved_usd: what batch and flex cost less than realtime; None where a price is unknown.
    """

    lanes: dict[str, LaneSums]
    rescued: RescueSums
    saved_usd: float | None


class LanesDocument(TypedDict):
    """lanes.json: which lane each shard was given and why, written by `route`; `results` are added by `gather`.

    Attributes:
        asked: the lane that was asked for: auto, realtime, batch or flex.
        decided_at: when.
        deadline: when all rows are to have landed.
        due_at: when they are expected to.
        rescue_at: when batches without progress are stopped; None where nothing is in batches, or they may take their time.
        requests: estimated calls of the run.
        input_tokens, output_tokens: their estimated tokens.
        realtime: None where no endpoint offers it.
        batch: None where no endpoint offers it.
        flex: None where no endpoint offers it.
        choices: shards by lane and reason.
        results: what the lanes came to.
    """

    asked: str
    decided_at: float
    deadline: float
    due_at: float
    rescue_at: float | None
    requests: int
    input_tokens: int
    output_tokens: int
    realtime: PaceDocument | None
    batch: BatchPaceDocument | None
    flex: PaceDocument | None
    choices: list[LaneGroup]
    results: NotRequired[LaneResults]


class CheckDocument(TypedDict):
    """The answer to one quality check: `quality.CheckResult` as JSON.

    Attributes:
        id: as in pipeline.yaml.
        description: what is checked.
        passed: whether it passed.
        severity: what a failure does: warn or stop.
        observed: what was found, with its unit; never text of a conversation.
        expected: what passes, with its unit.
        classifier: None for a check of the whole run.
        notes: which labels, example ids, or why it was not judged; may be empty.
    """

    id: str
    description: str
    passed: bool
    severity: str
    observed: str
    expected: str
    classifier: str | None
    notes: str


class QualityDocument(TypedDict):
    """quality.json: the verdict of the quality gate, written by `validate`; `publish` requires it.

    Attributes:
        verdict: passed, warn (published, with a warning in the report) or stop (not published).
        checks: every check that was made.
    """

    verdict: str
    checks: list[CheckDocument]


class ChangeCounts(TypedDict):
    """One classifier's rows against those of the run that would be replaced, or that the reprocess began with.

    Attributes:
        classifier: its id.
        rows: rows now.
        asked: rows that were asked again; the others are carried over.
        added: rows that were not there before.
        relabelled: success before and now, with another label.
        mended: success only now.
        lost: success only before.
        not_success: rows now without a label.
    """

    classifier: str
    rows: int
    asked: int
    added: int
    relabelled: int
    mended: int
    lost: int
    not_success: int


class ReprocessDocument(TypedDict):
    """reprocess.json: what a reprocess was asked to do, what it changed, and who approved it.

    Attributes:
        week: ISO week.
        run_id: this run.
        base_run: run whose rows it began with.
        requested_by: Airflow's user, or that of the shell.
        requested_at: ISO 8601.
        reason: in the words of that person.
        selection: which rows were selected: fields of `runs.selection.Selection`.
        fresh: no reply of another run was taken.
        asked_rows: rows that are asked again.
        asked_by_classifier: classifier → these rows.
        asked_by_status: earlier status → these rows; `new` for classifiers that the base run did not have.
        carried_rows: rows that are carried over.
        warnings: what makes the week consist of two kinds of labels, in sentences.
        replaces: run that was published when the changes were counted; None: none. Absent until the gate let the run through.
        changes: by classifier. Absent until the gate let the run through.
        decided_by: who approved or rejected it; None: nobody had to be asked, or nobody answered in time.
        rejected: it is not published.
    """

    week: str
    run_id: str
    base_run: str
    requested_by: str
    requested_at: str
    reason: str
    selection: dict[str, Any]
    fresh: bool
    asked_rows: int
    asked_by_classifier: dict[str, int]
    asked_by_status: dict[str, int]
    carried_rows: int
    warnings: list[str]
    replaces: NotRequired[str | None]
    changes: NotRequired[list[ChangeCounts]]
    decided_by: NotRequired[str | None]
    rejected: NotRequired[bool]


class GoldDocument(TypedDict):
    """gold.json, under each classifier's id: agreement with labels by people.

    Attributes:
        n: pairs of a golden label and a landed one.
        agreement: share of equal labels.
        kappa: Cohen's kappa.
        weighted_kappa: quadratic kappa of a scale; None for other kinds.
        unanswered: conversations with a golden label whose row is not a success.
        unreadable: golden values that are no label of the classifier; in no other number.
    """

    n: int
    agreement: ShareDocument
    kappa: CoefficientDocument
    weighted_kappa: CoefficientDocument | None
    unanswered: int
    unreadable: int


class LimitChange(TypedDict):
    """One change of one number that limits an endpoint: `concurrency.changes.Change` as JSON.

    Attributes:
        at: when; the latest change where several were joined.
        endpoint: its name.
        what: concurrency, tokens_per_minute, requests_per_minute, circuit, pause_s or share.
        old, new: before and after; of the circuit: 1 closed, 0.5 half open, 0 open.
        reason: why, in words.
        count: changes that were joined into this one.
    """

    at: float
    endpoint: str
    what: str
    old: float
    new: float
    reason: str
    count: int


class EndpointState(TypedDict):
    """An endpoint when a shard's task was done: `concurrency.endpoint_limiter.Snapshot` as JSON.

    Attributes:
        endpoint: its name.
        limit: concurrent requests that are allowed.
        inflight: concurrent requests now.
        circuit: closed, half_open or open.
        requests_per_minute, tokens_per_minute: quota as the endpoint reports it; None where it does not.
        token_scale: what the endpoint counts for one token of the estimates.
        waits_for: concurrency, rate or circuit; empty where a request could be sent at once.
        mean_latency_s: of recent successes; 0 before the first.
        successes, refusals, failures: calls of this task by how they ended.
    """

    endpoint: str
    limit: int
    inflight: int
    circuit: str
    requests_per_minute: float | None
    tokens_per_minute: float | None
    token_scale: float
    waits_for: str
    mean_latency_s: float
    successes: int
    refusals: int
    failures: int


class LimitsDocument(TypedDict):
    """limits/shard=NNNN.json: how a shard's task found the limits of its endpoints. An attempt that asked nothing writes none.

    Attributes:
        endpoints: each endpoint at the end.
        changes: how its limits changed, oldest first; at most 1,000 for each endpoint.
    """

    endpoints: list[EndpointState]
    changes: list[LimitChange]


class StrategyDocument(TypedDict):
    """strategy/shard=NNNN.json: how a shard's shared requests are made up, and how their answers compared.

    The counts are absent until the shard has landed. Lists of counts hold pairs: [key, members], the key being a list.

    Attributes:
        unbundled: classifiers that the shard asks separately; decided once, so that a restart asks the same.
        counts: requests by what they were for, members by what became of them.
        shadow: [classifier, agree or differ] → members whose combined answer was compared with a separate one.
        audit: [classifier, named or passed, agree or differ] → members of the seeded sample of graded answers.
        named: [classifier, agree or differ] → members that the grader named, against the answer they got alone.
    """

    unbundled: list[str]
    counts: NotRequired[dict[str, int]]
    shadow: NotRequired[list[list[Any]]]
    audit: NotRequired[list[list[Any]]]
    named: NotRequired[list[list[Any]]]


class QuarantineLine(TypedDict):
    """A line of quarantine/….jsonl: a record that could not be used. Never text of a conversation.

    Attributes:
        place: file and record.
        reason: a word for programs, such as invalid_json or duplicate_id_conflict.
        detail: what was found and what was expected, for people.
    """

    place: str
    reason: str
    detail: str


class ClassifyManifest(TypedDict):
    """manifest.json of `semtel classify`, beside labels/. All numbers but `seconds` are of the run, however often it went on.

    Attributes:
        run_id: the run.
        classifiers: ids, in the order of the configuration.
        read: records in the source.
        quarantined: records that could not be used; quarantine/ says why.
        duplicates: records left out as duplicates.
        sampled: conversations that were labelled.
        landed: label rows.
        by_status: status → rows.
        by_lane: lane → rows.
        by_endpoint: endpoint → its totals.
        cleaning: how replies became labels.
        strategy: what sharing requests came to; None of a run that asks every member alone.
        requests: calls that this run paid for.
        reused: rows that other runs paid for.
        cost_usd: what this run paid; None where a price is unknown.
        input_tokens, output_tokens: tokens that this run paid for.
        seconds: duration of this call.
        limits: how the endpoints' limits changed, oldest first; the latest 1,000.
    """

    run_id: str
    classifiers: list[str]
    read: int
    quarantined: int
    duplicates: int
    sampled: int
    landed: int
    by_status: dict[str, int]
    by_lane: dict[str, int]
    by_endpoint: dict[str, EndpointTotals]
    cleaning: list[CleaningCounts]
    strategy: StrategySummary | None
    requests: int
    reused: int
    cost_usd: float | None
    input_tokens: int
    output_tokens: int
    seconds: float
    limits: list[LimitChange]


class CellForecast(CellRef):
    """What asking a cell would take, over all its repeats; answers on record are left out.

    Attributes:
        requests: calls that would be made.
        reused: rows whose answers are on record already.
        input_tokens, output_tokens: estimated tokens of these calls.
        cost_usd: what they would cost; None where a price is unknown.
    """

    requests: int
    reused: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


class ExperimentForecast(TypedDict):
    """forecast.json of an experiment.

    Attributes:
        cells: every cell; what cells have in common is counted each time.
    """

    cells: list[CellForecast]


class RecommendationDocument(TypedDict):
    """The cheapest cell that reaches the floor.

    Attributes:
        cell: its id; None where none does.
        reason: why, in a sentence.
        settings: settings of pipeline.yaml for it; None where plain calls or nothing is recommended.
    """

    cell: str | None
    reason: str
    settings: dict[str, Any] | None


class ExperimentConclusions(TypedDict):
    """What experiment.json holds beside the keys of `Experiment`.

    Attributes:
        frontier: ids of the cells that no other beats in both price and agreement, cheapest first.
        recommended: the cell to use.
    """

    frontier: list[str]
    recommended: RecommendationDocument
