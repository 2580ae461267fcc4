"""Whether a classifier's shares of two weeks may be compared: only if a change of the labeller cannot be what changed them.

That is so for weeks of the same labeller, and of labellers that an alignment found to be the same. Other weeks are compared
over a bridge (`relabelled`), or not at all.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

NEGLIGIBLE = 0.01
"""A labeller of a smaller part of a week cannot move a share by more than this, and does not prevent a comparison."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one labeller labelled of a week, for one classifier.

    Attributes:
        labeller: its id; empty for labels by a release that did not record it.
        model: the model that was asked.
        served_model: the model that answered; None for labels by a release that did not record it.
        version: version of the prompt file; None: not known.
        weight: conversations of the population that it labelled.
    """

    labeller: str
    model: str
    served_model: str | None
    version: str | None
    weight: float

    @property
    def name(self) -> str:
        """The model that answered, and where another name was asked for, that name."""
        if self.served_model is None or self.served_model == self.model:
            return self.model
        return f"{self.served_model} (asked as {self.model})"


@dataclass(frozen=True, slots=True)
class Agreed:
    """Pairs of labellers that alignments on record found to be the same.

    "The same" is not passed on: A as B and B as C does not show A as C, so only pairs that were compared count.
    """

    pairs: frozenset[frozenset[str]] = frozenset()

    @classmethod
    def of(cls, pairs: Collection[tuple[str, str]]) -> "Agreed":
        return cls(frozenset(frozenset(pair) for pair in pairs))

    def agree(self, one: str, other: str) -> bool:
        return one == other or frozenset((one, other)) in self.pairs


@dataclass(frozen=True, slots=True)
class Comparability:
    """Whether two weeks may be compared for a classifier.

    Attributes:
        why_not: the reason in a phrase, or None.
        before: the labeller of most of the earlier week.
        now: the labeller of most of the later week.
        is_changed: another labeller labelled the later week; False where it is not known.
        can_be_bridged: each week has one labeller, so that rows which both label tell them apart.
    """

    why_not: str | None
    before: Part | None = None
    now: Part | None = None
    is_changed: bool = False
    can_be_bridged: bool = False


def comparability(before: Sequence[Part], now: Sequence[Part], agreed: Agreed) -> Comparability:
    """Judge two weeks of one classifier. Who labelled most comes first in each.

    Weeks of a release that did not record labellers are compared where the versions of the prompt agree; the model gate then
    holds a later week to their model.
    """
    before, now = noticeable(before), noticeable(now)
    if not before or not now:
        return Comparability(None)
    first, last = before[0], now[0]
    version = _other_version(first, last)
    if not (first.labeller and last.labeller):
        return Comparability(version, first, last)
    mixed = _mixed("that week", before, agreed) or _mixed("this week", now, agreed)
    if mixed is not None:
        return Comparability(mixed, first, last, is_changed=True)
    if all(agreed.agree(one.labeller, other.labeller) for one in before for other in now):
        if first.labeller == last.labeller:
            return Comparability(version, first, last)
        return Comparability(None, first, last, is_changed=True)
    return Comparability(version or changed(first, last), first, last, is_changed=True, can_be_bridged=True)


def noticeable(parts: Sequence[Part]) -> list[Part]:
    """Labellers of more than a negligible part, who labelled most first."""
    total = sum(part.weight for part in parts)
    ordered = sorted(parts, key=lambda part: (-part.weight, part.labeller))
    return [part for part in ordered if part.weight > NEGLIGIBLE * total]


def unlike(parts: Sequence[Part], agreed: Agreed) -> list[Part]:
    """The labellers of a week, where any two of them were not found to be the same; empty for one labeller."""
    seen = noticeable(parts)
    pairs = ((one, other) for at, one in enumerate(seen) for other in seen[at + 1 :])
    return seen if any(not agreed.agree(one.labeller, other.labeller) for one, other in pairs) else []


def changed(before: Part, now: Part) -> str:
    """What differs between two labellers, in a phrase."""
    if before.name != now.name:
        return f"the labeller changed from {before.name} to {now.name}"
    return "the labeller changed: same model, but another prompt text, parameter or strategy"


def _mixed(which: str, parts: Sequence[Part], agreed: Agreed) -> str | None:
    mixed = unlike(parts, agreed)
    if not mixed:
        return None
    names = list(dict.fromkeys(part.name for part in mixed))
    who = f" ({', '.join(names)})" if len(names) > 1 else ""
    return f"{len(mixed)} labellers labelled {which}{who}, and no alignment shows that they are the same"


def _other_version(before: Part, now: Part) -> str | None:
    if before.version and now.version and before.version != now.version:
        return f"the definition changed from version {before.version} to {now.version}"
    return None
