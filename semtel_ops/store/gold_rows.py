"""Rows of the gold tables as values, and the rule by which labels of several people become one.

The rule: a ruling counts if there is one; else the answer of more than half of the people who labelled, skips not counted; else
the conversation has no gold label yet. One person alone decides, until a second disagrees.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Category = tuple[str, ...]
"""An answer as it is compared: its label, or its labels in sorted order where several apply."""

Source = Literal["page", "import"]


def category(label: str | None, labels: Sequence[str] | None) -> Category:
    """The value by which answers are compared; of a rubric its verdict, whatever its items are. Empty without a label."""
    if label is None:
        return ()
    return tuple(sorted(set(labels))) if labels and label in labels else (label,)


@dataclass(frozen=True, slots=True)
class RareLabel:
    """A label whose conversations are drawn more often.

    Attributes:
        factor: how many times as often as conversations without rare labels; above 1.
    """

    classifier: str
    label: str
    factor: float

    @property
    def tag(self) -> str:
        """Name of the label in a stratum's name."""
        return f"{self.classifier}:{self.label}"


@dataclass(frozen=True, slots=True)
class Stratum:
    """Conversations that are drawn with the same probability: those with the same rare labels.

    Attributes:
        name: their rare labels, separated by spaces; empty for conversations without.
        population: number of conversations of the run.
        drawn: how many of them were drawn.
    """

    name: str
    population: int
    drawn: int

    @property
    def probability(self) -> float:
        return self.drawn / self.population


@dataclass(frozen=True, slots=True)
class GoldDraw:
    """A row of `gold_draw`; `gold_tables` describes the columns."""

    draw_id: str
    week: str
    run_id: str
    salt: str
    size: int
    drawn: int
    population: int
    classifiers: tuple[str, ...]
    strata: tuple[Stratum, ...]
    rare: tuple[RareLabel, ...]
    shared_share: float
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class GoldItem:
    """A row of `gold_item`; `gold_tables` describes the columns."""

    draw_id: str
    conversation_id: str
    position: int
    stratum: str
    probability: float
    sample_weight: float
    shard: int
    shared: bool
    week: str
    run_id: str


@dataclass(frozen=True, slots=True)
class GoldAnswer:
    """A row of `gold_answer`; `gold_tables` describes the columns."""

    draw_id: str
    conversation_id: str
    classifier: str
    run_id: str
    label: str | None
    labels: tuple[str, ...] | None
    labeller: str | None
    model: str | None
    classifier_version: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class GoldLabel:
    """A row of `gold_label`; `gold_tables` describes the columns."""

    draw_id: str
    conversation_id: str
    classifier: str
    person: str
    label: str | None
    labels: tuple[str, ...] | None
    skipped: bool
    source: Source
    seconds: float | None
    labelled_at: datetime
    changes: int = 0

    @property
    def category(self) -> Category:
        return category(self.label, self.labels)

    @property
    def answer(self) -> tuple[str | None, tuple[str, ...] | None, bool]:
        """What was said, without who and when."""
        return self.label, self.labels, self.skipped


@dataclass(frozen=True, slots=True)
class GoldRuling:
    """A row of `gold_ruling`; `gold_tables` describes the columns."""

    draw_id: str
    conversation_id: str
    classifier: str
    label: str
    labels: tuple[str, ...] | None
    person: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """The gold label of a conversation.

    Attributes:
        gold: what counts; empty if nobody labelled it, or people disagree and nobody decided.
        people: how many labelled it.
        agreed: whether all of them gave the same answer.
        ruled: whether a ruling decided.
    """

    gold: Category
    people: int
    agreed: bool
    ruled: bool

    @property
    def is_open(self) -> bool:
        """Whether people disagree and no majority or ruling decides."""
        return self.people > 0 and not self.gold


def decide(labels: Sequence[GoldLabel], ruling: GoldRuling | None = None) -> Decision:
    """The gold label, from the labels of all people for one conversation and classifier, by the rule above."""
    counts = Counter(label.category for label in labels if not label.skipped)
    people = counts.total()
    agreed = len(counts) <= 1
    if ruling is not None:
        return Decision(category(ruling.label, ruling.labels), people, agreed, ruled=True)
    top = counts.most_common(1)
    gold = top[0][0] if top and 2 * top[0][1] > people else ()
    return Decision(gold, people, agreed, ruled=False)


def decide_each(labels: Iterable[GoldLabel], rulings: Iterable[GoldRuling]) -> dict[str, Decision]:
    """Conversation → gold label of one classifier, for conversations that somebody labelled, in the order of the labels."""
    by_conversation: dict[str, list[GoldLabel]] = defaultdict(list)
    for label in labels:
        if not label.skipped:
            by_conversation[label.conversation_id].append(label)
    ruled = {ruling.conversation_id: ruling for ruling in rulings}
    return {one: decide(given, ruled.get(one)) for one, given in by_conversation.items()}


@dataclass(frozen=True, slots=True)
class GoldRow:
    """A conversation with a gold label, and what the model said about it.

    Attributes:
        week: ISO week of the conversation.
        draw_run_id: the run that was published when it was drawn.
        probability: probability that the conversation is drawn and has a gold label: of its stratum, conversations with a gold
            label / conversations of the run. Divide by it.
        sample_weight: conversations of the population that it represents.
        gold: what people said.
        llm: what the model said; empty where it gave no label.
        llm_run_id: published run that `llm` is from; None where no answer is recorded.
        labeller: id of the labeller that gave `llm`; None where it is not known.
        people: how many people labelled it.
        ruled: whether a ruling decided between them.
    """

    draw_id: str
    conversation_id: str
    classifier: str
    week: str
    draw_run_id: str
    stratum: str
    probability: float
    sample_weight: float
    gold: Category
    llm: Category
    llm_run_id: str | None
    labeller: str | None
    people: int
    ruled: bool
