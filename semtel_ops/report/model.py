"""A week's page as values: everything `report.html` shows, before any of it is text."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from semtel_ops.evaluation.intervals import Difference, Share
from semtel_ops.humanize import percent
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.reprocessed import Reprocessed
from semtel_ops.report.request_sharing import Cleaning, Sharing


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label's share this week, and against the last published one where the two can be compared."""

    label: str
    name: str
    n: int
    weight: float
    share: Share
    previous: Share | None = None
    change: Difference | None = None
    is_real: bool = False


@dataclass(frozen=True, slots=True)
class ClassifierSection:
    """What one classifier said.

    Attributes:
        rows: largest share first; in their own order where labels are levels.
        groups: shares of groups of labels, such as low and high complexity; empty without groups.
        items: rubric items found, the most frequent first; empty for other kinds.
        by_status, matched_by: rows by the words of the label row.
        mean_score: weighted mean where the classifier scores, else None.
        not_compared: why there is no change against last week, or None.
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
    """The week in numbers; None where a run ended before the number was known."""

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
    seconds: float | None = None
    quarantined: int | None = None
    shards: int | None = None
    missing_shards: tuple[int, ...] = ()
    by_status: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What asking would take, as a dry run counted it; `reused` rows are paid for already."""

    requests: int
    reused: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class EndpointUse:
    """Rows that one endpoint answered in one lane; tokens, money and latency are those of rows that were not reused."""

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
    """Shards that were given one lane for one reason."""

    lane: str
    shards: int
    reason: str


@dataclass(frozen=True, slots=True)
class LaneUse:
    """What one lane did; money is of rows that were not reused, None where a price is unknown."""

    lane: str
    rows: int
    requests: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class Rescue:
    """What realtime took over from batches that were late or left rows unanswered.

    Attributes:
        at: when batches were stopped, else when the first was taken over.
        rows: asked again, at a price of `cost_usd`.
    """

    at: datetime | None
    shards: int
    rows: int
    cost_usd: float | None
    reasons: tuple[str, ...]
    more_reasons: int


@dataclass(frozen=True, slots=True)
class LanesSection:
    """Which lanes a run took. `saved_usd` is against asking all of it in realtime; `uses` are empty until it was gathered."""

    deadline: datetime | None
    choices: tuple[LaneReason, ...]
    uses: tuple[LaneUse, ...]
    saved_usd: float | None
    rescue: Rescue | None

    @property
    def heading(self) -> str:
        """The outcome, in one sentence."""
        rows = sum(use.rows for use in self.uses)
        cheaper = [use for use in self.uses if use.lane in {"batch", "flex"} and use.rows]
        if not rows:
            return "Chosen before the first request"
        if not cheaper:
            return "All labels came from the realtime lane"
        lanes = f"{' and '.join(use.lane for use in cheaper)} lane{'s' if len(cheaper) > 1 else ''}"
        return f"{percent(sum(use.rows for use in cheaper) / rows, 0)} of the labels came from the {lanes}"


class LimitPoint(NamedTuple):
    """From `at_s` seconds after a task's first change on, so many requests at once were allowed."""

    at_s: float
    limit: float


@dataclass(frozen=True, slots=True)
class LimitCourse:
    """How one task's limit at one endpoint moved, oldest point first."""

    points: tuple[LimitPoint, ...]


@dataclass(frozen=True, slots=True)
class LimitCause:
    """All changes of one number for one reason; `old`, `new` and `at_s` are those of the largest."""

    what: str
    reason: str
    count: int
    old: float
    new: float
    at_s: float


@dataclass(frozen=True, slots=True)
class EndpointLimits:
    """How an endpoint's limits were found, by every task that asked it.

    Attributes:
        tasks: tasks that moved a limit; `courses` are those drawn, fewer and thinner where there are many.
        last: where each task's limit was last.
        causes: the changes worth naming; `more_causes` more are not named.
        openings: times a circuit opened.
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
    """One check of the quality gate; `effect` is what a failure does: stop, warn or off."""

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
    """One check wherever it passed; `of` counts where it was made, classifier by classifier, and 1 is the whole run."""

    id: str
    description: str
    passed: int
    of: int
    whole_run: bool


@dataclass(frozen=True, slots=True)
class QuarantineReason:
    """Records or files set aside for one reason, with the places of the first few. Never their text."""

    reason: str
    count: int
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shortening:
    """What was cut before sending.

    Attributes:
        compression_ratio: mean of sent to original characters, 1 = untouched; None without rows.
    """

    conversations: int
    truncated: int
    truncated_tokens: int
    compression_ratio: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Our labels against golden ones that came with the source; kappa None where it is not defined."""

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
        state: the run's state in the ledger's words, `unknown` where the ledger has no row of it.
        message: why the run stopped or failed, or None.
        verdict: of the quality gate, None where it was not reached.
        simulated: labels come from the simulator's lexical match.
        previous_week: the latest published week before this one, or None.
        published_run: another run whose rows are the week's, or None.
        forecast: of a dry run, None of others.
        sampling: what became of the records of the source, in words, in the order the sample was taken.
        scrubbed: placeholders put in the place of personal data, by type.
        trend: classifier → week → label → share, oldest week first, this week last.
        strategy_note: whether a strategy was used and why, None where none was asked for.
        sharing: what shared requests came to; None of a run of plain ones.
        cleaning: how replies became labels, by classifier, model and strategy.
        reprocessed: what a reprocess did to the week; None of other runs.
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
    quarantine: tuple[QuarantineReason, ...] = ()
    shortening: Shortening | None = None
    agreement: tuple[Agreement, ...] = ()
    sampling: dict[str, int] = field(default_factory=dict)
    scrubbed: dict[str, int] = field(default_factory=dict)
    strategy_note: str | None = None
    sharing: Sharing | None = None
    cleaning: tuple[Cleaning, ...] = ()
    reprocessed: Reprocessed | None = None

    @property
    def failed_checks(self) -> tuple[Check, ...]:
        """What stopped the run, then what is only a warning; checks that are off judge nothing."""
        failed = [check for check in self.checks if not check.passed and check.effect != "off"]
        return tuple(sorted(failed, key=lambda check: check.effect != "stop"))

    @property
    def passed_checks(self) -> tuple[PassedCheck, ...]:
        """One line for each check that passed anywhere."""
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
