"""A week's page as values: everything that `report.html` shows, before formatting."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from semtel_ops.bridging import BridgedLabel, Part
from semtel_ops.evaluation.intervals import Difference, Share
from semtel_ops.humanize import percent
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.corrected import CorrectedShare, covered_by, covered_by_all
from semtel_ops.report.refusals import Refusal
from semtel_ops.report.reprocessed import Reprocessed
from semtel_ops.report.request_sharing import Cleaning, Sharing


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label's share this week, and its change since the last published week where the two can be compared.

    The change is that of the share as labelled. `corrected` and `corrected_note` are as in `LabelShare`.

    Attributes:
        previous: share of the last published week; over a bridge, as this week's labeller sees it.
        change: since then; over a bridge, the users' part alone.
        bridged: the change over a bridge in its two parts, or None.
        labeller_is_real: whether the labeller's part is significant.
    """

    label: str
    name: str
    n: int
    weight: float
    share: Share
    previous: Share | None = None
    change: Difference | None = None
    is_real: bool = False
    corrected: CorrectedShare | None = None
    corrected_note: str | None = None
    bridged: BridgedLabel | None = None
    labeller_is_real: bool = False


@dataclass(frozen=True, slots=True)
class SectionBridge:
    """The bridge over which a classifier is compared with the last published week.

    Attributes:
        week: the earlier week.
        rows: its rows that both labelled.
        before: labeller of the earlier week, for people.
        now: labeller of this week.
    """

    week: str
    rows: int
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class ClassifierSection:
    """The results of one classifier.

    Attributes:
        rows: the largest share first; in ascending order where labels are levels.
        groups: shares of groups of labels, such as low and high complexity; empty without groups.
        items: rubric items in the replies, the most frequent first; empty for other kinds.
        by_status, matched_by: value of the row's column → number of rows.
        mean_score: weighted mean; None for classifiers without scores.
        not_compared: why there is no comparison with an earlier week, or None.
        bridge: None where both weeks have the same labeller, or are not compared.
        labellers: who labelled this week, who labelled most first; empty where that is not recorded.
    """

    info: ClassifierInfo
    n: int
    rows: tuple[LabelRow, ...]
    groups: tuple[LabelRow, ...]
    items: tuple[LabelRow, ...]
    by_status: dict[str, int]
    matched_by: dict[str, int]
    mean_score: float | None
    not_compared: str | None
    bridge: SectionBridge | None = None
    labellers: tuple[Part, ...] = ()

    @property
    def is_corrected(self) -> bool:
        """Whether any share of a label, group or item was corrected."""
        return any(row.corrected is not None for row in (*self.rows, *self.groups, *self.items))

    @property
    def covers(self) -> str:
        """What the intervals of its labels cover, in one or two sentences."""
        return covered_by(self.rows)


@dataclass(frozen=True, slots=True)
class SliceRow:
    """Shares of the outcome's labels among conversations with one label of another classifier."""

    label: str
    name: str
    n: int
    shares: dict[str, Share]


@dataclass(frozen=True, slots=True)
class SliceSection:
    """One classifier's labels within each label of another; slices below `floor` are counted, not shown."""

    classifier: str
    by_classifier: str
    title: str
    by_title: str
    rows: tuple[SliceRow, ...]
    hidden: int
    floor: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of the run; None where the run ended before the number was known.

    Attributes:
        bridge_usd: what of the cost is for the bridge to last week; None without one.
        estimated_rows: rows whose tokens and cost are our estimate, since an endpoint did not count them.
    """

    sampled: int | None = None
    population: int | None = None
    expected_rows: int | None = None
    landed_rows: int | None = None
    succeeded: int | None = None
    requests: int | None = None
    reused: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    bridge_usd: float | None = None
    seconds: float | None = None
    quarantined: int | None = None
    shards: int | None = None
    missing_shards: tuple[int, ...] = ()
    by_status: dict[str, int] | None = None
    estimated_rows: int = 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """What labelling would take, as a dry run counted it; `reused` rows are already paid for."""

    requests: int
    reused: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class EndpointUse:
    """Rows from one endpoint and lane; tokens, cost and latency do not include reused rows."""

    name: str
    model: str
    lane: str
    rows: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    p50_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True, slots=True)
class LaneReason:
    """Number of shards with the same lane for the same reason."""

    lane: str
    shards: int
    reason: str


@dataclass(frozen=True, slots=True)
class LaneUse:
    """Results of one lane; the cost excludes reused rows and is None where a price is unknown."""

    lane: str
    rows: int
    requests: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class Rescue:
    """What the realtime lane took over from batches that were late or left rows unanswered.

    Attributes:
        at: when the batches were stopped, otherwise when the first was taken over.
        rows: rows requested again, for `cost_usd`.
    """

    at: datetime | None
    shards: int
    rows: int
    cost_usd: float | None
    reasons: tuple[str, ...]
    more_reasons: int


@dataclass(frozen=True, slots=True)
class LanesSection:
    """The lanes of a run. `saved_usd` is compared with realtime only; `uses` is empty until the run's shards are collected."""

    deadline: datetime | None
    choices: tuple[LaneReason, ...]
    uses: tuple[LaneUse, ...]
    saved_usd: float | None
    rescue: Rescue | None

    @property
    def heading(self) -> str:
        """The share of labels from the cheaper lanes, as a heading."""
        rows = sum(use.rows for use in self.uses)
        cheaper = [use for use in self.uses if use.lane in {"batch", "flex"} and use.rows]
        if not rows:
            return "Chosen before the first request"
        if not cheaper:
            return "All labels came from the realtime lane"
        lanes = f"{' and '.join(use.lane for use in cheaper)} lane{'s' if len(cheaper) > 1 else ''}"
        return f"{percent(sum(use.rows for use in cheaper) / rows, 0)} of the labels came from the {lanes}"


class LimitPoint(NamedTuple):
    """A concurrency limit, valid from `at_s` seconds after the task's first change."""

    at_s: float
    limit: float


@dataclass(frozen=True, slots=True)
class LimitCourse:
    """The limit of one task at one endpoint over time, the oldest point first."""

    points: tuple[LimitPoint, ...]


@dataclass(frozen=True, slots=True)
class LimitCause:
    """All changes of one limit for one reason; `old`, `new` and `at_s` describe the largest change."""

    what: str
    reason: str
    count: int
    old: float
    new: float
    at_s: float


@dataclass(frozen=True, slots=True)
class EndpointLimits:
    """How an endpoint's limits changed, over all tasks that sent requests to it.

    Attributes:
        tasks: number of tasks that changed a limit.
        courses: limits over time of the tasks that are drawn; fewer tasks and points where there are many.
        last: last limit of each task.
        causes: the most important causes; `more_causes` counts the others.
        openings: number of times the circuit breaker opened.
    """

    name: str
    tasks: int
    courses: tuple[LimitCourse, ...]
    lowest: float | None
    highest: float | None
    last: tuple[float, ...]
    causes: tuple[LimitCause, ...]
    more_causes: int
    successes: int
    refusals: int
    failures: int
    openings: int


@dataclass(frozen=True, slots=True)
class Check:
    """A check of the quality gate; `effect` is what a failure does: stop, warn or off."""

    id: str
    description: str
    passed: bool
    effect: str
    observed: str
    expected: str
    classifier: str | None
    notes: str


@dataclass(frozen=True, slots=True)
class PassedCheck:
    """A check that passed at least once: `passed` of `of` results, one per classifier or one for the whole run."""

    id: str
    description: str
    passed: int
    of: int
    whole_run: bool


@dataclass(frozen=True, slots=True)
class QuarantineReason:
    """Records or files rejected for the same reason, with the places of the first few. Never their text."""

    reason: str
    count: int
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shortening:
    """How much text was cut before sending.

    Attributes:
        compression_ratio: mean ratio of sent to original characters, 1 = unchanged; None without rows.
    """

    conversations: int
    truncated: int
    truncated_tokens: int
    compression_ratio: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of labels with the golden labels in the source; kappa is None where it is not defined."""

    classifier: str
    title: str
    accuracy: Share
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None


@dataclass(frozen=True, slots=True)
class WeekReport:
    """The page.

    Attributes:
        start, last_day: Monday and Sunday of the week.
        state: as in the ledger, `unknown` for a run without a row there; also `dry_run` and `stopped`.
        message: why the run stopped or failed, or None.
        verdict: of the quality gate, or None for a run that did not reach it.
        simulated: labels come from the simulator's lexical matching.
        previous_week: the latest published week before this one, or None.
        published_run: the run that is published for the week, if it is another run, or None.
        forecast: of a dry run; None for other runs.
        refusals: failed calls by what the endpoint said, the most frequent first.
        sampling: number of source records by what happened to them, in the order of the sampling steps.
        scrubbed: number of placeholders for personal data, by type.
        trend: classifier → week → label → share, oldest week first, this week last.
        strategy_note: whether the configured strategy was used and why; None for plain requests.
        labeller_note: what the model gate decided and why; None where there was nothing to decide.
        align_command: how to compare a labeller that is held back with the one in force, or None.
        relabel_offer: that earlier weeks can be labelled again by the new labeller, with the price, or None.
        relabel_form: URL of the same as a form, or None.
        sharing: results of shared requests; None for a run of plain requests.
        cleaning: how replies became labels, by classifier, model and strategy.
        reprocessed: changes by a reprocess; None for other runs.
    """

    week: str
    start: datetime
    last_day: datetime
    run_id: str
    state: str
    message: str | None
    verdict: str | None
    simulated: bool
    generated_at: datetime
    started_at: datetime | None
    previous_week: str | None
    supersedes: str | None
    config_fingerprint: str | None
    software: str
    totals: Totals
    classifiers: tuple[ClassifierSection, ...]
    slices: tuple[SliceSection, ...]
    checks: tuple[Check, ...]
    trend: dict[str, dict[str, dict[str, float]]]
    published_run: str | None = None
    forecast: Forecast | None = None
    endpoints: tuple[EndpointUse, ...] = ()
    lanes: LanesSection | None = None
    limits: tuple[EndpointLimits, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    quarantine: tuple[QuarantineReason, ...] = ()
    shortening: Shortening | None = None
    agreement: tuple[Agreement, ...] = ()
    sampling: dict[str, int] = field(default_factory=dict)
    scrubbed: dict[str, int] = field(default_factory=dict)
    strategy_note: str | None = None
    labeller_note: str | None = None
    align_command: str | None = None
    relabel_offer: str | None = None
    relabel_form: str | None = None
    sharing: Sharing | None = None
    cleaning: tuple[Cleaning, ...] = ()
    reprocessed: Reprocessed | None = None

    @property
    def covers(self) -> str | None:
        """What all intervals leave out, in a sentence, where no share was corrected; None where one was, or without shares."""
        return covered_by_all([(*section.rows, *section.groups, *section.items) for section in self.classifiers])

    @property
    def is_corrected(self) -> bool:
        """Whether any share was corrected."""
        return any(section.is_corrected for section in self.classifiers)

    @property
    def failed_checks(self) -> tuple[Check, ...]:
        """Failed checks that stop a run, then warnings; checks with effect `off` are left out."""
        failed = [check for check in self.checks if not check.passed and check.effect != "off"]
        return tuple(sorted(failed, key=lambda check: check.effect != "stop"))

    @property
    def passed_checks(self) -> tuple[PassedCheck, ...]:
        """Every check that passed at least once."""
        groups: dict[str, list[Check]] = {}
        for check in self.checks:
            if check.effect != "off":
                groups.setdefault(check.id, []).append(check)
        lines = [_passed(group) for group in groups.values()]
        return tuple(line for line in lines if line.passed)

    @property
    def changes(self) -> tuple[tuple[ClassifierSection, LabelRow], ...]:
        """Every compared label, the largest change first."""
        rows = [(section, row) for section in self.classifiers for row in section.rows if row.change is not None]
        return tuple(sorted(rows, key=lambda pair: -abs(pair[1].change.change if pair[1].change else 0.0)))


def _passed(group: list[Check]) -> PassedCheck:
    first = group[0]
    whole_run = all(check.classifier is None for check in group)
    return PassedCheck(first.id, first.description, sum(check.passed for check in group), len(group), whole_run)
