"""Agreement between people, and of models with people. Rows are not weighted: the figures describe the drawn conversations."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from semtel_ops.classifiers import ClassifierSpec
from semtel_ops.evaluation.agreement import Coefficient, Confusion, accuracy, cohen_kappa, weighted_kappa
from semtel_ops.evaluation.comparison import BETWEEN
from semtel_ops.evaluation.intervals import Share
from semtel_ops.store.gold_rows import Category, Decision, GoldAnswer, GoldLabel, GoldRow, category


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two who labelled the same conversations.

    Attributes:
        first, second: people, or the gold label and a labeller.
        equal: share of equal answers; its `n` is the number of conversations.
        kappa: Cohen's kappa.
        weighted: quadratic kappa, for scales; None for other kinds.
    """

    first: str
    second: str
    equal: Share
    kappa: Coefficient
    weighted: Coefficient | None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A conversation about which people disagree, or the model disagrees with them.

    Attributes:
        labels: person → answer.
        gold: what counts; empty while nobody decided.
        llm: the model's answer; empty where it gave none.
        between: whose answers differ.
    """

    conversation_id: str
    labels: Mapping[str, Category]
    gold: Category
    llm: Category
    between: str
    ruled: bool


def between_people(labels: Iterable[GoldLabel], spec: ClassifierSpec) -> list[Agreement]:
    """Agreement of each two people who labelled the same conversations, the pair with the most first."""
    by_conversation: dict[str, dict[str, Category]] = defaultdict(dict)
    for label in labels:
        if not label.skipped:
            by_conversation[label.conversation_id][label.person] = label.category
    counts: dict[tuple[str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    for answers in by_conversation.values():
        for first, second in combinations(sorted(answers), 2):
            counts[first, second][_word(answers[first]), _word(answers[second])] += 1
    return _sorted(_agreement(first, second, pairs, spec) for (first, second), pairs in counts.items())


def with_labellers(rows: Iterable[GoldRow], spec: ClassifierSpec) -> list[Agreement]:
    """Agreement of the gold labels with each labeller (`unknown` where rows name none), the one with the most rows first."""
    counts: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for row in rows:
        if row.llm:
            counts[row.labeller or "unknown"][_word(row.gold), _word(row.llm)] += 1
    return _sorted(_agreement("gold", labeller, pairs, spec) for labeller, pairs in counts.items())


def people_with_model(labels: Iterable[GoldLabel], answers: Mapping[str, GoldAnswer], spec: ClassifierSpec) -> list[Agreement]:
    """Agreement of each person with the model, the person with the most labels first."""
    counts: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for label in labels:
        answer = answers.get(label.conversation_id)
        if not label.skipped and answer is not None and answer.label is not None:
            counts[label.person][_word(label.category), _word(category(answer.label, answer.labels))] += 1
    return _sorted(_agreement(person, "model", pairs, spec) for person, pairs in counts.items())


def disagreements(
    labels: Sequence[GoldLabel], answers: Mapping[str, GoldAnswer], decisions: Mapping[str, Decision]
) -> list[Disagreement]:
    """Conversations whose answers differ: first those that nobody decided, then those between people, then with the model."""
    given: dict[str, dict[str, Category]] = defaultdict(dict)
    for label in labels:
        if not label.skipped:
            given[label.conversation_id][label.person] = label.category
    found = []
    for conversation_id, decision in decisions.items():
        answer = answers.get(conversation_id)
        llm = () if answer is None else category(answer.label, answer.labels)
        if not decision.agreed:
            between = "people"
        elif llm and decision.gold != llm:
            between = "model"
        else:
            continue
        found.append(Disagreement(conversation_id, given[conversation_id], decision.gold, llm, between, decision.ruled))
    return sorted(found, key=lambda one: (bool(one.gold), one.between == "model"))


def _agreement(first: str, second: str, counts: Confusion, spec: ClassifierSpec) -> Agreement:
    weighted = weighted_kappa(counts, spec.label_ids) if spec.answer_kind.levels else None
    return Agreement(first, second, accuracy(counts), cohen_kappa(counts), weighted)


def _sorted(found: Iterable[Agreement]) -> list[Agreement]:
    return sorted(found, key=lambda one: (-one.equal.n, one.first, one.second))


def _word(answer: Category) -> str:
    return BETWEEN.join(answer)
