"""Converts an outcome into a label row; the only place that decides a row's status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from semtel_ops.batch.results import NEVER_ASKED
from semtel_ops.classifiers import Labelling
from semtel_ops.endpoints.model import FinishReason, Lane
from semtel_ops.errors import EndpointErrorKind
from semtel_ops.labellers import Labellers
from semtel_ops.packing.plan import Member
from semtel_ops.realtime import RequestResult
from semtel_ops.store.journal_outcome import RequestOutcome
from semtel_ops.words import RowStatus

_REFUSALS = {FinishReason.CONTENT_FILTER.value, FinishReason.REFUSAL.value}
_REFUSING_ERRORS = {EndpointErrorKind.CONTENT_FILTER.value, EndpointErrorKind.WITHHELD.value}
_RAW_REPLY_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Charge:
    """A member's part of one outcome. The parts of all its members add up to it.

    Attributes:
        calls: this part of the calls that were made.
    """

    outcome: RequestOutcome
    calls: float
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class Decided:
    """Content of a row: the deciding reply and the label parsed from it, or None without a reply."""

    outcome: RequestOutcome
    labelling: Labelling | None
    packed_with: int

    @property
    def readable(self) -> bool:
        return self.labelling is not None and self.labelling.readable


def charges(outcome: RequestOutcome, members: int) -> list[Charge]:
    """An outcome divided among so many members: equally, with what is left over to the first ones."""
    if members == 1:
        return [Charge(outcome, outcome.attempts, outcome.input_tokens, outcome.output_tokens, outcome.cost_usd)]
    cost = None if outcome.cost_usd is None else outcome.cost_usd / members
    tokens_in, tokens_out = _parts(outcome.input_tokens, members), _parts(outcome.output_tokens, members)
    return [
        Charge(outcome, outcome.attempts / members, held_in, held_out, cost)
        for held_in, held_out in zip(tokens_in, tokens_out, strict=True)
    ]


def _parts(total: int, members: int) -> list[int]:
    each, over = divmod(total, members)
    return [each + (at < over) for at in range(members)]


def outcome_of(answer: RequestResult, *, run_id: str, now: float) -> RequestOutcome:
    """What an answer of the realtime lane is worth remembering of."""
    endpoint = answer.endpoint
    result = answer.reply if answer.error is None else answer.error.kind.value
    assert result is not None  # exactly one of the two is set
    return RequestOutcome.of(
        answer.plan.identity(endpoint.asked),
        endpoint,
        result,
        lane=Lane.REALTIME,
        run_id=run_id,
        attempts=answer.attempts,
        now=now,
    )


def is_final(answer: RequestResult) -> bool:
    """Whether a retry, even in another run, would give the same result, so that the journal stores it."""
    return answer.error is None or answer.error.final


def is_refusal(outcome: RequestOutcome) -> bool:
    """Whether the provider or the model declined, so that asking again is pointless."""
    return outcome.error in _REFUSING_ERRORS or outcome.finish_reason in _REFUSALS


def status_of(outcome: RequestOutcome, labelling: Labelling | None) -> RowStatus:
    """A valid label is a success whatever the finish reason; otherwise refusal, error or invalid output."""
    if labelling is not None and labelling.readable:
        return RowStatus.SUCCESS
    if is_refusal(outcome):
        return RowStatus.REFUSED
    if outcome.error in NEVER_ASKED:
        return RowStatus.EXPIRED
    return RowStatus.ERROR if outcome.error is not None else RowStatus.INVALID_OUTPUT


def label_row(
    member: Member,
    asked: Sequence[Charge],
    decided: Decided,
    *,
    week: str,
    run_id: str,
    shard: int,
    strategy: str,
    labellers: Labellers,
) -> dict[str, Any]:
    """One row of lake/labels.

    Args:
        asked: this row's part of all that was asked for it, in order. Tokens, cost, latency and attempts are their sums.
        decided: who answered, and what.
        strategy: how the member was asked first.
    """
    last, labelling = decided.outcome, decided.labelling
    status = status_of(last, labelling)
    read = labelling if labelling is not None and labelling.readable else None
    unread = labelling is not None and not labelling.readable
    return {
        **_identity(member, week=week, run_id=run_id, shard=shard),
        "label": read.label if read else None,
        "labels": list(read.labels) if read and read.labels else None,
        "score": read.score if read else None,
        "confidence": read.confidence if read else None,
        "status": status.value,
        "matched_by": read.matched_by.value if read and read.matched_by else None,
        "lane": last.lane,
        "endpoint": last.endpoint,
        "model": last.model,
        "request_key": last.key,
        "packed_with": decided.packed_with,
        "strategy": strategy,
        **_spent(asked, run_id),
        "error": _error(status, last, labelling),
        "raw_reply": (last.text or "")[:_RAW_REPLY_CHARS] if unread and status is RowStatus.INVALID_OUTPUT else None,
        "classified_at": datetime.fromtimestamp(last.answered_at, UTC),
        "served_model": last.served_model,
        "system_fingerprint": last.system_fingerprint,
        "labeller": _labeller(member, last, labellers),
    }


def _labeller(member: Member, last: RequestOutcome, labellers: Labellers) -> str | None:
    """Id of the labeller; an error has none, nor has a reply that an earlier release kept without the name of its model."""
    if last.served_model is None:
        return None
    effort = last.reasoning_effort
    return labellers.of(member.spec.id, last.model, served_model=last.served_model, reasoning_effort=effort).id


def missing_row(row: Mapping[str, Any], classifier: str, version: str, *, week: str, run_id: str, shard: int) -> dict[str, Any]:
    """The row of a member of a failed shard; `row` is the conversation's row in lake/conversations."""
    return {
        "week": week,
        "run_id": run_id,
        "shard": shard,
        "conversation_id": row["conversation_id"],
        "classifier": classifier,
        "classifier_version": version,
        "status": RowStatus.MISSING.value,
        "packed_with": 0,
        "truncated_tokens": 0,
        "compression_ratio": 1.0,
        "input_tokens": 0,
        "output_tokens": 0,
        "cost_usd": 0.0,
        "attempts": 0,
        "calls": 0.0,
        "reused": False,
        "error": "shard_failed",
        "sample_weight": row["sample_weight"],
    }


def _identity(member: Member, *, week: str, run_id: str, shard: int) -> dict[str, Any]:
    conversation = member.conversation
    return {
        "week": week,
        "run_id": run_id,
        "shard": shard,
        "conversation_id": conversation.conversation_id,
        "classifier": member.spec.id,
        "classifier_version": member.spec.version,
        "truncated_tokens": conversation.truncated_tokens,
        "compression_ratio": conversation.compression_ratio,
        "sample_weight": conversation.sample_weight,
    }


def _error(status: RowStatus, last: RequestOutcome, labelling: Labelling | None) -> str | None:
    if status is RowStatus.SUCCESS:
        return None
    if last.error is not None:
        return last.error
    if status is RowStatus.REFUSED or last.finish_reason == FinishReason.LENGTH.value:
        return last.finish_reason
    return labelling.problem if labelling is not None else None


def _spent(asked: Sequence[Charge], run_id: str) -> dict[str, Any]:
    """Sums over all charges; a cost is None where any is unknown: an unknown price is not a price of nothing."""
    input_tokens = output_tokens = attempts = 0
    latency_ms = calls = 0.0
    cost: float | None = 0.0
    reused = True
    for charge in asked:
        input_tokens += charge.input_tokens
        output_tokens += charge.output_tokens
        cost = None if cost is None or charge.cost_usd is None else cost + charge.cost_usd
        latency_ms += charge.outcome.latency_ms
        attempts += charge.outcome.attempts
        calls += charge.calls
        reused = reused and charge.outcome.run_id != run_id
    return {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cost_usd": cost,
        "latency_ms": latency_ms,
        "attempts": attempts,
        "calls": calls,
        "reused": reused,
    }
