"""Which labellers a run may use. Pure: endpoints, past labellers and alignments in, a decision with its reason out.

Allowed is the labeller of the last published week; one that an alignment found to be the same as it; one that a person adopted;
and where no week is published, or none with the classifier, any. A new version of a prompt, or another strategy, is a declared
change of the question: it is allowed with a model that is. A prompt that changed under its version is another labeller, and
so is a model that moved behind its name (`moved`).

Where no endpoint of the configuration is allowed, `fallbacks` names the models that would be, the best first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum

from semtel_ops.bridging.moved import Moved
from semtel_ops.store.alignment_ledger import AlignmentRecord


class Standing(IntEnum):
    """How a labeller stands, the best first; an endpoint stands as its worst labeller does."""

    IN_FORCE = 0
    SAME = 1
    FOUNDING = 2
    DECLARED = 3
    ADOPTED = 4
    PROMPT_CHANGED = 5
    MOVED = 6
    UNALIGNED = 7

    @property
    def is_allowed(self) -> bool:
        return self <= Standing.ADOPTED


@dataclass(frozen=True, slots=True)
class Known:
    """A labeller: of a published week, or as an endpoint would be one.

    Attributes:
        labeller: its id; empty if it has not answered yet.
        served_model: the model that answers; equal to `model` before it has answered.
        prompts: fingerprint of its prompts; None: not known, as is `strategy`.
        weight: conversations that it labelled.
    """

    classifier: str
    model: str
    served_model: str
    version: str | None
    prompts: str | None
    reasoning_effort: str | None
    strategy: str | None
    labeller: str = ""
    weight: float = 0.0

    def is_model_of(self, planned: "Known") -> bool:
        """Whether the planned labeller has its model and effort."""
        # Of a labeller whose prompts are not known, neither is the effort.
        effort = self.prompts is None or planned.reasoning_effort == self.reasoning_effort
        return effort and planned.model in {self.model, self.served_model}

    def is_(self, planned: "Known") -> bool:
        """Whether the planned labeller is this one, as far as that is known before it answers."""
        asks = (self.version in {planned.version, None}, self.prompts in {planned.prompts, None})
        return self.is_model_of(planned) and all(asks) and self.strategy in {planned.strategy, None}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An endpoint with the labellers that it would be, one for each classifier."""

    endpoint: str
    model: str
    reasoning_effort: str | None
    labellers: Sequence[Known]

    def with_model(self, model: str, reasoning_effort: str | None) -> "Candidate":
        changed = [
            replace(known, model=model, served_model=model, reasoning_effort=reasoning_effort) for known in self.labellers
        ]
        return Candidate(self.endpoint, model, reasoning_effort, changed)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the gate knows.

    Attributes:
        in_force: classifier → its labellers in the last published weeks, who labelled most first.
        alignments: on record, the latest first.
        max_age: how long a verdict `same` counts that no person adopted.
        margin: the largest margin with which such a verdict counts.
        moved: (classifier, name of a model) → the move, where another model answers to the name than was compared.
    """

    in_force: Mapping[str, Sequence[Known]]
    alignments: Sequence[AlignmentRecord]
    max_age: timedelta
    margin: float
    now: datetime
    moved: Mapping[tuple[str, str], Moved] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """An endpoint as the gate sees it.

    Attributes:
        reason: why it stands as it does, in a phrase.
        adopted_at: when a person last adopted one of its labellers.
    """

    candidate: Candidate
    standing: Standing
    reason: str
    adopted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a run may ask.

    Attributes:
        use: endpoints as configured.
        unused: endpoints with a labeller that is not allowed, or that an adopted one replaces.
        fallbacks: (model, effort) that would be allowed in place of those, the best first; empty where `use` is not.
    """

    use: tuple[Judged, ...]
    unused: tuple[Judged, ...]
    fallbacks: tuple[tuple[str, str | None], ...] = ()


def decide(candidates: Sequence[Candidate], evidence: Evidence) -> Decision:
    """Judge the endpoints of a run.

    A labeller that a person adopted with a shift replaces those before it: a week of both would be a week of neither.
    """
    judged = [judge(candidate, evidence) for candidate in candidates]
    allowed = [found for found in judged if found.standing.is_allowed]
    adopted = [found for found in allowed if found.standing is Standing.ADOPTED]
    if adopted:
        latest = max(adopted, key=lambda found: found.adopted_at or datetime.min.replace(tzinfo=evidence.now.tzinfo))
        allowed = [found for found in adopted if found.candidate.model == latest.candidate.model]
    unused = tuple(found for found in judged if found not in allowed)
    fallbacks = () if allowed or not candidates else tuple(_fallbacks(candidates[0], evidence))
    return Decision(tuple(allowed), unused, fallbacks)


def judge(candidate: Candidate, evidence: Evidence) -> Judged:
    """An endpoint stands as its worst labeller does."""
    found = [_standing(planned, evidence) for planned in candidate.labellers]
    worst = max(found, key=lambda pair: pair[0])
    adopted = [at for _standing_, _reason, at in found if at is not None]
    return Judged(candidate, worst[0], worst[1], max(adopted, default=None))


def _standing(planned: Known, evidence: Evidence) -> tuple[Standing, str, datetime | None]:
    before = evidence.in_force.get(planned.classifier, ())
    moved = evidence.moved.get((planned.classifier, planned.model))
    if moved is not None:
        return Standing.MOVED, moved.reason, None
    if not before:
        return Standing.FOUNDING, "no published week has a labeller of it", None
    if any(known.is_(planned) for known in before):
        return Standing.IN_FORCE, f"{planned.model} labelled the last published week", None
    aligned = _aligned(planned, before, evidence)
    if aligned is not None:
        return aligned
    own = [known for known in before if known.is_model_of(planned)]
    if any(known.version != planned.version for known in own):
        return Standing.DECLARED, f"{planned.classifier} has a new version, {planned.version}", None
    if any(known.strategy != planned.strategy for known in own):
        return Standing.DECLARED, "the strategy, or how conversations are shortened, is another one", None
    if own:
        reason = f"the prompt of {planned.classifier} changed under version {planned.version}: give it a new version"
        return Standing.PROMPT_CHANGED, reason, None
    return (
        Standing.UNALIGNED,
        f"no alignment of {planned.model} with {before[0].model} is on record for {planned.classifier}",
        None,
    )


def _aligned(planned: Known, before: Sequence[Known], evidence: Evidence) -> tuple[Standing, str, datetime | None] | None:
    """The standing that the newest alignment of the labeller gives it, if any."""
    ids = {known.labeller for known in before}
    for record in evidence.alignments:
        if record.classifier != planned.classifier or not _is_candidate(record, planned):
            continue
        declared = Standing.DECLARED if record.candidate_version != planned.version else Standing.SAME
        if record.verdict == "same" and (record.adopted_at is not None or _counts(record, ids, evidence)):
            reason = f"alignment {record.alignment_id} found {planned.model} to be the same as {record.incumbent_model}"
            return declared, reason, None
        if record.adopted_at is not None:
            by = f" by {record.adopted_by}" if record.adopted_by else ""
            reason = f"model {planned.model} was adopted{by} after alignment {record.alignment_id}, verdict {record.verdict}"
            return Standing.ADOPTED, reason, record.adopted_at
    return None


def _counts(record: AlignmentRecord, ids: set[str], evidence: Evidence) -> bool:
    recent = record.measured_at >= evidence.now - evidence.max_age
    return record.incumbent_labeller in ids and recent and record.margin <= evidence.margin


def _is_candidate(record: AlignmentRecord, planned: Known) -> bool:
    """Whether an alignment is of the planned labeller, or of its model with an earlier version of the prompt."""
    if planned.model not in {record.candidate_model, record.candidate_served_model}:
        return False
    if planned.reasoning_effort != record.candidate_effort:
        return False
    if record.candidate_version != planned.version:
        return True
    return (record.candidate_prompts, record.strategy) == (planned.prompts, planned.strategy)


def _fallbacks(like: Candidate, evidence: Evidence) -> list[tuple[str, str | None]]:
    """Models that every classifier may be asked of: of the last published weeks, then aligned ones, the latest first."""
    past = sorted((known for found in evidence.in_force.values() for known in found), key=lambda known: -known.weight)
    wanted = [(_still(evidence, known.classifier, known.model, known.served_model), known.reasoning_effort) for known in past]
    wanted += [
        (_still(evidence, record.classifier, record.candidate_model, record.candidate_served_model), record.candidate_effort)
        for record in evidence.alignments
    ]
    return [pair for pair in dict.fromkeys(wanted) if judge(like.with_model(*pair), evidence).standing.is_allowed]


def _still(evidence: Evidence, classifier: str, model: str, served_model: str) -> str:
    """The name under which a model can still be asked for: its own, where its alias means another one now."""
    return served_model if (classifier, model) in evidence.moved else model


def same_on_record(planned: Known, before: Known, alignments: Sequence[AlignmentRecord]) -> bool:
    """Whether a planned labeller is that of an earlier week, or an alignment found both to be the same."""
    if before.is_(planned):
        return True
    for record in alignments:
        if record.verdict != "same" or record.classifier != planned.classifier or record.strategy != planned.strategy:
            continue
        candidate = (record.candidate_prompts, record.candidate_effort, record.candidate_version)
        incumbent = (record.incumbent_prompts, record.incumbent_effort, record.incumbent_version)
        wanted = (planned.prompts, planned.reasoning_effort, planned.version)
        is_candidate = planned.model in {record.candidate_model, record.candidate_served_model} and candidate == wanted
        is_incumbent = planned.model in {record.incumbent_model, record.incumbent_served_model} and incumbent == wanted
        if is_candidate and record.incumbent_labeller == before.labeller:
            return True
        if is_incumbent and record.candidate_labeller == before.labeller:
            return True
    return False
