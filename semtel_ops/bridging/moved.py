"""Models that moved behind a name: another model answers to the same name in endpoints.yaml, and nobody has compared it.

A model is trusted once it answered when its name was first asked for a classifier, which the model gate allowed, or once an
alignment on record found it to be the same or a person adopted it. Another one that answers to a known name is not.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from semtel_ops.store.alignment_ledger import AlignmentRecord


@dataclass(frozen=True, slots=True)
class Answer:
    """Which model answered to a name.

    Attributes:
        when: when it did, in a phrase, such as "week 2026-W47".
        model: the name that was asked for.
        served_model: the model that answered.
    """

    when: str
    classifier: str
    model: str
    served_model: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A name to which a model answers that is not trusted.

    Attributes:
        served_model: that model.
        before: the trusted model that last answered to the name.
        since: when the other one was first seen, in a phrase.
    """

    classifier: str
    model: str
    served_model: str
    before: str
    since: str

    @property
    def reason(self) -> str:
        """Why the name may not be asked for, in a phrase."""
        return (
            f"{self.model} answers as {self.served_model} since {self.since}, and answered as {self.before} before: "
            f"no alignment of both is on record for {self.classifier}"
        )


@dataclass(slots=True)
class Moves:
    """What is known of the names that were asked for.

    Attributes:
        now: (classifier, name) → the move, for names to which a model answers that is not trusted.
        untrusted: (classifier, model) of all models that answered and are not trusted.
    """

    now: dict[tuple[str, str], Moved] = field(default_factory=dict)
    untrusted: set[tuple[str, str]] = field(default_factory=set)


def moved_models(
    weeks: Sequence[Answer], alignments: Sequence[AlignmentRecord], *, margin: float, since: Sequence[Answer] = ()
) -> Moves:
    """Follow the published weeks, the earliest first.

    Args:
        weeks: who labelled noticeable parts of them.
        margin: the largest margin with which a verdict `same` counts that no person adopted.
        since: who answered after the last of them, as sentinels saw it. Such an answer can show a move, and cannot end one.
    """
    compared = {
        (record.classifier, record.candidate_served_model)
        for record in alignments
        if record.adopted_at is not None or (record.verdict == "same" and record.margin <= margin)
    }
    trusted: set[tuple[str, str]] = set()
    last: dict[tuple[str, str], str] = {}
    moves = Moves()
    for _, answers in groupby(weeks, key=lambda answer: answer.when):
        week = list(answers)
        asked = {(answer.classifier, answer.model) for answer in week}
        first = asked - last.keys()
        trusted |= _trustworthy(week, first, compared)
        seen = {(answer.classifier, answer.model): answer for answer in week if _is(answer, trusted)}
        last.update({name: answer.served_model for name, answer in seen.items()})
        others = [answer for answer in week if not _is(answer, trusted)]
        for name in asked - {(answer.classifier, answer.model) for answer in others}:
            moves.now.pop(name, None)
        _note(moves, others, last)
    _note(moves, [answer for answer in since if (answer.classifier, answer.served_model) not in trusted | compared], last)
    return moves


def _trustworthy(
    week: Iterable[Answer], first: Collection[tuple[str, str]], compared: Collection[tuple[str, str]]
) -> set[tuple[str, str]]:
    return {
        (answer.classifier, answer.served_model)
        for answer in week
        if (answer.classifier, answer.model) in first or (answer.classifier, answer.served_model) in compared
    }


def _is(answer: Answer, trusted: Collection[tuple[str, str]]) -> bool:
    return (answer.classifier, answer.served_model) in trusted


def _note(moves: Moves, others: Iterable[Answer], last: Mapping[tuple[str, str], str]) -> None:
    for answer in others:
        name = (answer.classifier, answer.model)
        if name not in last:
            continue  # a name that no week was labelled under: the gate judges it as a new model
        moves.untrusted.add((answer.classifier, answer.served_model))
        known = moves.now.get(name)
        if known is None or known.served_model != answer.served_model:
            moves.now[name] = Moved(answer.classifier, answer.model, answer.served_model, last[name], answer.when)
