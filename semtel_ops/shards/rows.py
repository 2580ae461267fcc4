"""The rows of one shard in any lane: which requests are stored, which must be sent, and the resulting rows."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from semtel_ops.classifiers import ClassifierSpec, Labelling
from semtel_ops.clock import Clock
from semtel_ops.conversations.lake_ids import shown_id
from semtel_ops.conversations.model import Role, Turn
from semtel_ops.conversations.sampling import BUCKETS
from semtel_ops.endpoints import Endpoint, RequestFrame
from semtel_ops.endpoints.model import AskedModel
from semtel_ops.errors import ReconciliationError, SemtelError
from semtel_ops.humanize import count
from semtel_ops.labellers import Labellers
from semtel_ops.packing import Member, Packer, PreparedConversation, RequestPlan
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.progress import Progress
from semtel_ops.runs.refs import ShardManifest, ShardRef
from semtel_ops.settings import Truncation
from semtel_ops.shards.carry_over import asked_anew, carried_rows
from semtel_ops.shards.followups import FollowUps, PendingMember
from semtel_ops.shards.label_row import label_row
from semtel_ops.shards.prepared import prepared_rows
from semtel_ops.shards.row_buffer import RowBuffer
from semtel_ops.shards.unbundling import unbundled_for, write_comparisons
from semtel_ops.store.files import read_document
from semtel_ops.store.journal import Journal
from semtel_ops.store.journal_outcome import RequestOutcome
from semtel_ops.tokens import TiktokenCounter, truncate
from semtel_ops.tokens.truncate import cost_tokens

log = logging.getLogger(__name__)

_LEAST_REPLIES = 30
"""Replies whose mean says how long a model thinks."""
_LEAST_SHORTENED_TOKENS = 32
"""A conversation that a model finds too long is halved down to this; less than that says little of what it is about."""


class ShardRows:
    """Lands every (conversation, classifier) of a shard exactly once.

    Attributes:
        journal: stored outcomes of requests; flushed by its owner.
        expected: rows there must be at the end.
        max_output_tokens: of the longest reply that any of its requests allows.
    """

    def __init__(
        self,
        plan: RunPlan,
        shard: ShardRef,
        specs: Sequence[ClassifierSpec],
        models: Sequence[AskedModel],
        progress: Progress,
        clock: Clock,
    ) -> None:
        """`models`: models of the run's endpoints; a request is known if any of them has answered it."""
        self.number: int = shard["shard"]
        self.expected: int = shard["conversations"] * len(specs)
        self._plan = plan
        strategy = plan.config.strategy
        self._unbundled = unbundled_for(plan, self.number)
        self._packer = Packer(specs, strategy, plan.prompts, unbundled=self._unbundled)
        self._rows = RowBuffer()
        # Neither refers to this object: in a reference cycle, journal and rows would stay in memory until garbage collection.
        labellers = Labellers(specs, strategy, plan.config.tokens, plan.prompts)
        land = partial(_land_row, plan, self.number, self._rows, labellers, progress)
        shorten = partial(_shortened, self._packer, plan.config.tokens.truncation)
        self._open = FollowUps(self._packer, strategy, land=land, shorten=shorten)
        self._models = sorted(set(models), key=repr)
        lo, hi = bucket_range(self.number, shards_of(plan))
        frames = [frame.fingerprint for frame in self._packer.frames]
        self.max_output_tokens = max(
            (
                frame.max_output_tokens + model.reasoning.room_tokens(frame.reasoning_effort)
                for frame in self._packer.frames
                for model in self._models
            ),
            default=0,
        )
        self.journal = Journal(plan.journal_url, lo=lo, hi=hi, frames=frames, clock=clock)
        self._anew = asked_anew(plan, self.number)
        for batch in carried_rows(plan, self.number):
            self._rows.add_carried(batch)
        self._carried = self._rows.keys()
        self._waiting: dict[str, list[RequestPlan]] = {}

    def plans(self) -> Iterator[RequestPlan]:
        """All first plans of the shard, in the order they are asked; carried-over rows need none."""
        conversations = map(_conversation, prepared_rows(self._plan, self.number))
        return self._packer.plans(conversations, settled=self._carried)

    def to_ask(self) -> Iterator[RequestPlan]:
        """Request plans without a stored outcome; rows of the others are written directly."""
        for plan in self.plans():
            outcome = self.known(plan)
            if outcome is None:
                yield plan
            else:
                yield from self.resolve_known(self._resolve(plan, outcome, known=True))

    def to_ask_once(self) -> Iterator[RequestPlan]:
        """As `to_ask`, but a request that is under way is not repeated: equal conversations wait for its outcome in `land`."""
        for plan in self.to_ask():
            key = plan.request.key(self._models[0])
            if key in self._waiting:
                self._waiting[key].append(plan)
            else:
                self._waiting[key] = []
                yield plan

    def likely(self, plan: RequestPlan) -> Iterator[RequestPlan]:
        """A first plan and its certain follow-ups, for a forecast; repairs and requests after grading are not predictable."""
        yield plan
        if plan.shared and self._plan.config.strategy.grader:
            yield self._packer.grade(plan, {member.key: Labelling(member.spec.label_ids[0]) for member in plan.members})

    def measured_tokens(self, frame: RequestFrame, endpoint: Endpoint) -> float | None:
        """Mean tokens of earlier replies to a frame by an endpoint's model; None where the journal has fewer than 30."""
        counted, mean = self.journal.output_tokens(frame.fingerprint, endpoint.model, endpoint.reasoning_effort)
        return mean if counted >= _LEAST_REPLIES else None

    def known(self, plan: RequestPlan) -> RequestOutcome | None:
        """Stored outcome of a request by any of the run's models, preferring this run's own.

        A request that a reprocess repeats (`fresh`) is not answered by another run's reply.
        """
        fresh = bool(self._anew) and any(member.key in self._anew for member in plan.members)
        for model in self._models:
            key = plan.request.key(model)
            outcome = self.journal.get_of(key, self._plan.run_id) or (None if fresh else self.journal.get(key))
            if outcome is not None:
                return outcome
        return None

    def resolve_known(self, plans: Sequence[RequestPlan]) -> list[RequestPlan]:
        """Write rows from stored outcomes; returns the plans that must still be sent."""
        waiting, ask = list(reversed(plans)), []
        while waiting:
            plan = waiting.pop()
            outcome = self.known(plan)
            if outcome is None:
                ask.append(plan)
            else:
                waiting.extend(reversed(self._resolve(plan, outcome, known=True)))
        return ask

    def land(self, plan: RequestPlan, outcome: RequestOutcome, *, keep: bool) -> list[RequestPlan]:
        """Apply an outcome to its members; `keep`: also add it to the journal. Returns the follow-up requests."""
        if keep:
            self.journal.add(outcome)
        ask = self._resolve(plan, outcome, known=False)
        ask += self._waiting.pop(plan.request.key(self._models[0]), [])
        return self.resolve_known(ask) if ask else ask

    def _resolve(self, plan: RequestPlan, outcome: RequestOutcome, *, known: bool) -> list[RequestPlan]:
        """`FollowUps.resolve`; members whose outcome makes our own code fail land as errors, so that one reply ends no run."""
        try:
            return self._open.resolve(plan, outcome, known=known)
        except SemtelError:
            raise
        except Exception as error:  # noqa: BLE001 - see the docstring
            log.error(  # noqa: TRY400 - a traceback may contain text of the conversation
                "shard %d: the reply about conversation %s could not be used: %s; its rows get the status error",
                self.number, shown_id(plan.members[0].conversation.conversation_id), type(error).__name__,
            )  # fmt: skip
            self._open.abandon([member for member in plan.members if member.key not in self._rows], plan, outcome)
            return []

    def write(self, lost_usd: float | None = 0.0) -> str:
        """Write all rows of the shard and the counts of its shared requests; return the rows' URL.

        `lost_usd`: cost of answers that were billed and lost, which the rows that this run paid for share; None: unknown.

        Raises:
            ReconciliationError: rows are missing.
        """
        if len(self._rows) != self.expected:
            raise ReconciliationError(
                f"shard {self.number}: {len(self._rows)} of {self.expected} rows written; clear the shard to write them again"
            )
        url = self._plan.folder.landed(self.number)
        self._rows.write(url, lost_usd)
        write_comparisons(self._plan, self.number, self._open.comparisons, self._unbundled)
        return url

    def by_status(self) -> dict[str, int]:
        return dict(self._rows.by_status)

    def reused(self) -> int:
        """Rows paid for by other runs."""
        return self._rows.reused

    def mark_estimates(self, manifest: ShardManifest) -> ShardManifest:
        """The manifest with the number of rows whose tokens and cost are our estimate, if there are any."""
        estimated = self._rows.estimated
        if estimated:
            log.warning(
                "shard %d: the cost of %s is estimated: an endpoint does not count tokens", self.number, count(estimated, "row")
            )
            manifest["estimated_rows"] = estimated
        return manifest

    def paid_usd(self) -> float:
        """Cost of the rows to this run, over all its attempts; rows without a known price count as zero."""
        return self._rows.cost_usd


def _land_row(
    plan: RunPlan,
    shard: int,
    rows: RowBuffer,
    labellers: Labellers,
    progress: Progress,
    member: Member,
    pending: PendingMember,
) -> None:
    assert pending.decided is not None
    key = member.key
    if key in rows:
        raise ReconciliationError(f"shard {shard}: conversation {key[0]} has two rows for {key[1]}")
    row = label_row(
        member,
        pending.asked,
        pending.decided,
        week=plan.week,
        run_id=plan.run_id,
        shard=shard,
        strategy=pending.strategy,
        labellers=labellers,
    )
    rows.add(row, estimated=any(charge.outcome.usage_estimated for charge in pending.asked))
    progress.advance(1, 0.0 if row["reused"] else row["cost_usd"] or 0.0)


def _shortened(packer: Packer, truncation: Truncation, plan: RequestPlan) -> RequestPlan | None:
    """The same request with half of the conversation: the model's context is smaller than ours, or its token count higher."""
    conversation, counter = plan.members[0].conversation, TiktokenCounter()
    budget = cost_tokens(conversation.turns, counter) // 2
    if budget < _LEAST_SHORTENED_TOKENS:
        return None
    cut = truncate(conversation.turns, budget, truncation, counter)
    shorter = replace(conversation, turns=cut.turns, truncated_tokens=conversation.truncated_tokens + cut.cut_tokens)
    return packer.shortened(plan, shorter)


def shards_of(plan: RunPlan) -> int:
    """Number of shards of the week's sample."""
    return len(read_document(plan.folder.sample, step="sample")["shards"])


def bucket_range(shard: int, shards: int) -> tuple[int, int]:
    """First and last bucket of a shard: the inverse of `conversations.sampling.shard_of_bucket`."""
    return -(-shard * BUCKETS // shards), -(-(shard + 1) * BUCKETS // shards) - 1


def _conversation(row: dict[str, Any]) -> PreparedConversation:
    return PreparedConversation(
        conversation_id=row["conversation_id"],
        content_hash=row["content_hash"],
        sample_weight=row["sample_weight"],
        turns=tuple(Turn(Role(turn["role"]), turn["content"]) for turn in row["turns"]),
        truncated_tokens=row["truncated_tokens"],
        compression_ratio=row["compression_ratio"],
    )
