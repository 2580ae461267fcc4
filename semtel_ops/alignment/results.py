"""Results of an alignment: plain values, as in alignment.json and on the page.

Shares and rates are between 0 and 1. Fields that are named points, and the intervals beside them, are percentage points.
Intervals are 95% intervals unless their name says 90.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """How a candidate labels, compared with the incumbent. In order: `worst` takes the last."""

    SAME = "same"
    """Every label's share is shown to stay within the margin, and people's labels, if any, do not speak against it."""
    SHIFTED = "shifted"
    """A label's share changed, and is not shown to stay within the margin. Not necessarily for the worse."""
    UNCLEAR = "unclear"
    """More rows are needed."""
    WORSE = "worse"
    """Agreement with people is shown to be lower, or more than 5% of the rows have no label that can be used."""


class Decision(StrEnum):
    """What follows from a verdict."""

    ADOPT = "adopt"
    """The candidate can take over."""
    ADOPT_WITH_BRIDGE = "adopt_with_bridge"
    """The candidate can take over with a bridge week, which separates its shift from changes of the users."""
    HOLD = "hold"
    """Measure more before deciding."""
    ADJUST = "adjust"
    """Change the candidate's prompt or settings, and compare again."""


class Quality(StrEnum):
    """What people's labels say about the candidate, compared with the incumbent."""

    BETTER = "better"
    """Kappa is shown to be higher."""
    NOT_WORSE = "not_worse"
    """The 90% interval of the difference of kappa lies above -0.03."""
    NOT_SHOWN = "not_shown"
    """There are too few labels by people to say."""
    WORSE = "worse"
    """Kappa is shown to be lower."""
    NOT_MEASURED = "not_measured"
    """There are no labels by people."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its interval.

    Attributes:
        value: the share.
        low, high: its interval.
        n: what it is a share of, in rows or pairs of answers.
    """

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class ExcessDisagreement:
    """How much more the two differ from each other than each differs from itself.

    Attributes:
        value: disagreement between them less the noise floor; 0 for one and the same labeller.
        low, high: its interval.
        n: conversations with two answers of each.
        p: of the hypothesis that both are the same labeller.
        between: share of pairs of answers of both that differ.
        within: the noise floor: share of pairs of answers of the same labeller that differ, the mean over both.
        shown: whether they are shown to be different labellers, by Holm over all classifiers.
    """

    value: float
    low: float
    high: float
    n: int
    p: float
    between: float
    within: float
    shown: bool


@dataclass(frozen=True, slots=True)
class SameMargins:
    """Bhapkar's test: whether both give all labels equally often.

    Attributes:
        statistic: chi-squared; None where it is infinite.
        df: degrees of freedom; 0 where no row moved.
        p: of the hypothesis that they do.
    """

    statistic: float | None
    df: int
    p: float


@dataclass(frozen=True, slots=True)
class LabelErrors:
    """How often the two are wrong about a label, by people's labels.

    Attributes:
        people: share of the label in people's labels.
        incumbent, candidate: share of conversations about which each is wrong: has the label and should not, or the reverse.
        points: the candidate's rate of error less the incumbent's.
        low, high: its interval.
        p: of the hypothesis that both are wrong equally often.
        n: conversations with a label by people that both answered.
    """

    people: float
    incumbent: float
    candidate: float
    points: float
    low: float
    high: float
    p: float
    n: int


@dataclass(frozen=True, slots=True)
class Shift:
    """The change of a label's share from the incumbent to the candidate, on the same conversations.

    Attributes:
        label: id of the label, or of an item.
        title: name for people.
        level: `label`, or `item` of a rubric.
        incumbent, candidate: the label's share by each.
        points: the candidate's share less the incumbent's.
        low, high: its interval.
        low_90, high_90: its 90% interval, which must lie within the margin to show that the label stayed.
        p: mid-p of the hypothesis that both give the label equally often.
        n: conversations that both answered.
        lost: conversations with the label from the incumbent only.
        won: conversations with the label from the candidate only.
        inside: whether the share is shown to stay within the margin.
        shown: whether the change is shown, by Holm over all labels of all classifiers.
        rows_to_decide: conversations that would decide; None where it is decided.
        gold: errors about this label; None without labels by people.
    """

    label: str
    title: str
    level: str
    incumbent: float
    candidate: float
    points: float
    low: float
    high: float
    low_90: float
    high_90: float
    p: float
    n: int
    lost: int
    won: int
    inside: bool
    shown: bool
    rows_to_decide: int | None
    gold: LabelErrors | None


@dataclass(frozen=True, slots=True)
class KappaCompared:
    """Agreement with people's labels.

    Attributes:
        value: the candidate's kappa less the incumbent's.
        low, high: its interval; None for fewer than 10 conversations.
        low_90: lower end of its 90% interval: above -0.03, the candidate is not worse; None where `low` is.
        n: conversations with a label by people that both answered.
        incumbent, candidate: kappa of each.
        weighted: whether it is quadratic kappa, as for scales.
        rows_for_not_worse: labels by people with which an equally good candidate is shown not to be worse; None if not known.
    """

    value: float
    low: float | None
    high: float | None
    low_90: float | None
    n: int
    incumbent: float
    candidate: float
    weighted: bool
    rows_for_not_worse: int | None


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """Conversations that the two label differently.

    Attributes:
        incumbent, candidate: the label by each; of several labels, all of them.
        n: conversations.
        stable: those of them in which each gave the same label twice.
        examples: ids of up to three of them, stable ones first.
    """

    incumbent: str
    candidate: str
    n: int
    stable: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """How a labeller answered, over both repeats.

    Attributes:
        flips: share of pairs of answers to the same conversation that differ.
        invalid: share of rows whose reply could not be read, or was a refusal.
        unanswered: share of rows without any reply.
        cost_usd: of asking once, whoever paid; None where a price is not known.
        cost_per_1000_usd: of 1,000 conversations; None where a price is not known.
        latency_p50_ms, latency_p95_ms: median and 95th percentile of realtime replies; None without any.
        latency_n: realtime replies.
    """

    flips: Estimate
    invalid: Estimate
    unanswered: float
    cost_usd: float | None
    cost_per_1000_usd: float | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    latency_n: int


@dataclass(frozen=True, slots=True)
class Flips:
    """Share of pairs of answers to the same conversation that differ.

    Attributes:
        incumbent, candidate: of each labeller.
    """

    incumbent: Estimate
    candidate: Estimate


@dataclass(frozen=True, slots=True)
class ClassifierAlignment:
    """How a candidate compares for a classifier.

    Attributes:
        classifier: its id.
        title: name for people.
        verdict, decision: the conclusion.
        reason: why, as a sentence.
        quality: what people's labels say.
        n: conversations that both answered.
        incumbent_labeller, candidate_labeller: ids of the labellers.
        incumbent_served, candidate_served: models that answered, as replies name them; several if it changed meanwhile.
        excess_disagreement: over the noise floor.
        flips: of each.
        invalid_share: share of the candidate's rows whose reply could not be read, or was a refusal.
        homogeneity: all labels in one test; None where several labels may apply.
        shifts: of each label, the largest first.
        kappa: None without labels by people, or where kappa is not defined.
        cost_usd: of asking the candidate once about the set; None where a price is not known.
        incumbent, candidate: how each answered.
        confusions: the most frequent pairs of labels, largest first.
        rows_to_decide: conversations that would decide about every label; None where nothing is open.
        gold_rows_to_decide: labels by people that would show that the candidate is not worse; None where nothing is open.
    """

    classifier: str
    title: str
    verdict: Verdict
    decision: Decision
    reason: str
    quality: Quality
    n: int
    incumbent_labeller: str
    candidate_labeller: str
    incumbent_served: tuple[str, ...]
    candidate_served: tuple[str, ...]
    excess_disagreement: ExcessDisagreement
    flips: Flips
    invalid_share: float
    homogeneity: SameMargins | None
    shifts: tuple[Shift, ...]
    kappa: KappaCompared | None
    cost_usd: float | None
    incumbent: Service
    candidate: Service
    confusions: tuple[ConfusedPair, ...]
    rows_to_decide: int | None
    gold_rows_to_decide: int | None


@dataclass(frozen=True, slots=True)
class AlignmentLabeller:
    """One of the labellers that were compared.

    Attributes:
        name: of its entry in endpoints.yaml.
        model: model that was asked.
        reasoning_effort: of its entry; None: not set.
        prompts: folder of its prompt files.
        versions: version of each classifier's prompt file.
    """

    name: str
    model: str
    reasoning_effort: str | None
    prompts: str
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CandidateAlignment:
    """A candidate, compared for all classifiers.

    Attributes:
        labeller: who it is.
        verdict: the worst of its classifiers.
        decision: the worst of its classifiers.
        reason: which classifiers decide, as a sentence.
        classifiers: by id.
    """

    labeller: AlignmentLabeller
    verdict: Verdict
    decision: Decision
    reason: str
    classifiers: Mapping[str, ClassifierAlignment]


@dataclass(frozen=True, slots=True)
class Alignment:
    """An alignment with all its results: alignment.json.

    Attributes:
        id: the alignment's id.
        measured_at: ISO 8601.
        week: ISO week that its conversations are of.
        set_fingerprint: hash of the ids and contents of its conversations.
        conversations: in the set.
        margin: change of a share that is small enough to be called the same; 0.02 is two points.
        lane: lane of the requests.
        incumbent: who labels now.
        candidates: by name.
        requests: requests that were sent.
        paid_usd: what this alignment paid; None where a price is not known.
        simulated: whether the simulator answered as one of them.
    """

    id: str
    measured_at: datetime
    week: str
    set_fingerprint: str
    conversations: int
    margin: float
    lane: str
    incumbent: AlignmentLabeller
    candidates: Mapping[str, CandidateAlignment]
    requests: int
    paid_usd: float | None
    simulated: bool


def worst(classifiers: Iterable[ClassifierAlignment]) -> ClassifierAlignment:
    """The classifier that decides about a candidate: the first with the worst verdict."""
    order = list(Verdict)
    return max(classifiers, key=lambda each: order.index(each.verdict))
