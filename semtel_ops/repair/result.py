"""What a repair found: the proposal, what it changes, what it is worth, and whether that is shown. Written as repair.json."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from semtel_ops.humanize import coefficient, count, number, percent, points
from semtel_ops.repair.confirm import ALPHA, Confirmation, Verdict
from semtel_ops.repair.parts import PromptParts, SegmentKind
from semtel_ops.repair.score import Score


class Reference(StrEnum):
    """What the labels of prompts are compared with."""

    GOLD = "gold"
    """Labels by people."""
    INCUMBENT = "incumbent"
    """Labels that the incumbent gave in both its answers."""


REFERENCES: Final[Mapping[Reference, str]] = {
    Reference.GOLD: "labels by people",
    Reference.INCUMBENT: "the incumbent's labels, where both its answers agree",
}


@dataclass(frozen=True, slots=True)
class PartChange:
    """A part of the prompt that the proposal changes.

    Attributes:
        part: definition of health, rules, order of labels, …
        before, after: its text; empty where there is none.
    """

    part: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Start prompt and proposal on the same rows.

    Attributes:
        start: the start prompt.
        proposal: the proposal.
    """

    start: Score
    proposal: Score


@dataclass(frozen=True, slots=True)
class Mutated:
    """A step from the start prompt to the proposal.

    Attributes:
        mutator: name of the mutator.
        note: what it changed, in ids of labels and instructions.
    """

    mutator: str
    note: str


@dataclass(frozen=True, slots=True)
class Repair:
    """A repair of one classifier's prompt for one labeller.

    Attributes:
        classifier: id of the classifier.
        title: of the classifier, for people.
        model: model that was asked.
        repaired_at: when it ended; ISO 8601 in repair.json.
        reference: what labels are compared with.
        set_hash: hash of the rows that confirm; looks at them are counted.
        start_version: version of the prompt that was repaired.
        start_fingerprint: its fingerprint.
        version: version of the proposal; None if there is none.
        fingerprint: fingerprint of the proposal; None if there is none.
        prompt: path of the proposal's file; None if there is none.
        verdict: what the rows that confirm say.
        reason: the verdict as a sentence.
        mutations: how the proposal was made, in order.
        changes: what it changes.
        search: scores on rows that the changes were made on: optimistic. None if there is no proposal.
        select: scores on rows that chose the proposal: optimistic. None if there is no proposal.
        confirm: scores on rows that nothing was chosen on; None if there is no proposal.
        confirmation: the test on these rows; None if there is no proposal.
        cost_per_1000_start_usd: of 1,000 conversations with the start prompt, asked from nothing; None: unknown.
        cost_per_1000_usd: with the proposal; None: unknown, or there is none.
        rows: numbers of rows that search, select and confirm.
        tried: prompts that were asked about any row.
        refused: proposals that were refused, by reason.
        stopped: why the search ended.
        spent_usd: cost of the whole repair.
        budget_usd: its limit; None: none.
        simulated: whether the simulator answered.
        command: what a person pastes to use the proposal; None if there is none.
    """

    classifier: str
    title: str
    model: str
    repaired_at: datetime
    reference: Reference
    set_hash: str
    start_version: str
    start_fingerprint: str
    version: str | None
    fingerprint: str | None
    prompt: str | None
    verdict: Verdict
    reason: str
    mutations: tuple[Mutated, ...]
    changes: tuple[PartChange, ...]
    search: Compared | None
    select: Compared | None
    confirm: Compared | None
    confirmation: Confirmation | None
    cost_per_1000_start_usd: float | None
    cost_per_1000_usd: float | None
    rows: tuple[int, int, int]
    tried: int
    refused: dict[str, int]
    stopped: str
    spent_usd: float
    budget_usd: float | None
    simulated: bool
    command: str | None


def reason_of(found: Confirmation | None, tried: int) -> str:
    """The verdict as a sentence, with what it rests on."""
    if found is None:
        return f"none of {count(tried, 'changed prompt')} is better than the present one on the rows that choose"
    rows = (
        f"{points(found.change)} points of {count(found.n, 'row')} that nothing was chosen on "
        f"(95% CI {points(found.low)} to {points(found.high)}, one-sided p {found.p_value:.2g}"
    )
    allowed = f"look {number(found.look)} at these rows, which may use {percent(found.alpha, 2)} of {percent(ALPHA, 0)})"
    if found.verdict is Verdict.BETTER:
        return f"the proposal is right more often: {rows}; {allowed}"
    more = f"; {count(found.rows_needed, 'row')} would show such a change" if found.rows_needed else ""
    return f"it is not shown that the proposal is right more often: {rows}; {allowed}{more}"


def changes_of(start: PromptParts, proposal: PromptParts) -> tuple[PartChange, ...]:
    """What a proposal changes, part by part, in the order of the file."""
    return tuple(_changes(start, proposal))


def _changes(start: PromptParts, proposal: PromptParts) -> Iterator[PartChange]:
    for label in start.labels:
        after = proposal.definition(label.id)
        if after != label.definition:
            yield PartChange(f"definition of {label.id}", label.definition, after)
    orders = tuple(", ".join(label.id for label in parts.labels) for parts in (start, proposal))
    if orders[0] != orders[1]:
        yield PartChange("order of labels", *orders)
    kept = {segment.origin: segment for segment in proposal.segments if segment.origin is not None}
    for at, segment in enumerate(start.segments):
        now = kept.get(at)
        if now != segment:
            yield PartChange(_paragraph(segment.kind, at), segment.text, "" if now is None else now.text)
    for segment in proposal.segments:
        if segment.origin is None:
            yield PartChange(f"new {segment.kind.value}", "", segment.text)
    if start.examples != proposal.examples:
        shown = tuple(", ".join(f"no. {at + 1}" for at in parts.examples) for parts in (start, proposal))
        yield PartChange("worked examples", *shown)
    if start.reasoning_effort != proposal.reasoning_effort:
        yield PartChange("reasoning effort", start.reasoning_effort or "", proposal.reasoning_effort or "")


def _paragraph(kind: SegmentKind, at: int) -> str:
    return f"paragraph {at + 1}" if kind is SegmentKind.TEXT else kind.value


def gain(of: Compared | None) -> str:
    """The change of kappa, with its sign."""
    return "–" if of is None else coefficient(of.proposal.kappa - of.start.kappa)
