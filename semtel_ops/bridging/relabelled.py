"""A bridge: rows of last week, labelled again by this week's labeller, and what they say about each label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from semtel_ops.evaluation.bridge import BridgedChange, bridged_change_of
from semtel_ops.evaluation.gold_pairs import GoldCount, Refused
from semtel_ops.evaluation.intervals import Share


@dataclass(frozen=True, slots=True)
class BridgedLabel:
    """A label's change over a bridge, in two parts, with the share that was published.

    Attributes:
        published: last week's share, by last week's labeller.
        change: the labeller's part, the share as this week's labeller sees it, and the users' part.
    """

    label: str
    published: Share
    change: BridgedChange


class Bridge(Protocol):
    """A classifier's bridge between two weeks, as a run built it or as the ledger has it.

    Attributes:
        classifier: whose it is.
        week: the earlier week, whose rows were labelled again.
        before: id of its labeller.
        now: id of the labeller that labelled them again.
        m: rows that both labelled.
        why_not: why there is no bridge, in a phrase; None: there is one.
    """

    @property
    def classifier(self) -> str: ...
    @property
    def week(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def now(self) -> str: ...
    @property
    def m(self) -> int: ...
    @property
    def why_not(self) -> str | None: ...
    def changes(self, before: Mapping[str, Share], now: Mapping[str, Share]) -> "Mapping[str, BridgedLabel] | Refused":
        """Every label over the bridge, or why not.

        Args:
            before: label → the earlier week's published share.
            now: label → the later week's share.
        """


def joins(bridge: Bridge, before: str, now: str) -> bool:
    """Whether a bridge leads from one labeller to the other."""
    return bridge.why_not is None and (bridge.before, bridge.now) == (before, now)


@dataclass(frozen=True, slots=True)
class Relabelled:
    """Rows of last week that are alike: the label sets of both labellers, and the sample weight.

    Attributes:
        said: labels by last week's labeller.
        seen: labels by this week's.
        rows: number of rows.
    """

    said: frozenset[str]
    seen: frozenset[str]
    weight: float
    rows: int


@dataclass(frozen=True, slots=True)
class BuiltBridge:
    """A bridge as its run built it, from the rows that both labelled; see `Bridge`."""

    classifier: str
    week: str
    before: str
    now: str
    rows: tuple[Relabelled, ...] = ()
    why_not: str | None = None

    @property
    def m(self) -> int:
        return sum(row.rows for row in self.rows)

    @property
    def labels(self) -> list[str]:
        return sorted({label for row in self.rows for label in row.said | row.seen})

    def of_label(self, label: str) -> list[GoldCount]:
        """The rows as seen from one label, with the new labeller as the truth."""
        return [GoldCount(label in row.said, label in row.seen, row.rows, row.weight, week=self.week) for row in self.rows]

    def changes(self, before: Mapping[str, Share], now: Mapping[str, Share]) -> "dict[str, BridgedLabel] | Refused":
        """See `Bridge`. A label that is absent in a week has a share of 0 of that week's rows."""
        found: dict[str, BridgedLabel] = {}
        for label in sorted({*before, *now, *self.labels}):
            share_before, share_now = _share(label, before), _share(label, now)
            change = bridged_change_of(share_before, share_now, self.of_label(label), week=self.week)
            if isinstance(change, Refused):
                return change
            found[label] = BridgedLabel(label, share_before, change)
        return found


@dataclass(frozen=True, slots=True)
class RecordedBridge:
    """A bridge of a published week, with its changes as they were published; see `Bridge`."""

    classifier: str
    week: str
    before: str
    now: str
    m: int
    labels: Mapping[str, BridgedLabel] = field(default_factory=dict)
    why_not: str | None = None

    def changes(
        self,
        before: Mapping[str, Share],  # noqa: ARG002 - they are what the changes were computed from
        now: Mapping[str, Share],  # noqa: ARG002
    ) -> "Mapping[str, BridgedLabel] | Refused":
        return self.labels


def bridges_of(document: Mapping[str, Any] | None) -> dict[str, Bridge]:
    """Classifier → its bridge, from bridge.json; empty for a run that needed none."""
    found: dict[str, Bridge] = {}
    for entry in (document or {}).get("classifiers", []):
        rows: Sequence[Mapping[str, Any]] = entry["rows"]
        found[entry["classifier"]] = BuiltBridge(
            classifier=entry["classifier"],
            week=str((document or {})["week"]),
            before=entry["before"],
            now=entry["now"] or "",
            rows=tuple(Relabelled(frozenset(row["said"]), frozenset(row["seen"]), row["weight"], row["rows"]) for row in rows),
            why_not=entry["why_not"],
        )
    return found


def _share(label: str, shares: Mapping[str, Share]) -> Share:
    if label in shares:
        return shares[label]
    others = list(shares.values())
    return Share(0.0, 0.0, 1.0, others[0].n if others else 0, others[0].effective_n if others else 0.0)
