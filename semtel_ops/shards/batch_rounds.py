"""Which requests of a shard go into the next batch job, and which have been asked often enough. Pure, over what jobs left."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from semtel_ops.batch.job_file import read_unanswered
from semtel_ops.batch.results import MISSING, NEVER_ASKED, REFUSED_FILE, UNUSABLE_ENDPOINT, is_repeatable
from semtel_ops.endpoints import Endpoint, Lane
from semtel_ops.endpoints.model import AskedModel
from semtel_ops.packing import RequestPlan
from semtel_ops.store.batch_ledger import BatchJob
from semtel_ops.store.journal_outcome import RequestOutcome

_UNTRIED = NEVER_ASKED | {MISSING, REFUSED_FILE, UNUSABLE_ENDPOINT}
ROUNDS_EXHAUSTED = "batch_rounds_exhausted"


@dataclass(frozen=True, slots=True)
class Rounds:
    """What earlier jobs of a shard leave to be done.

    Attributes:
        next: number of the next round.
        limit: jobs a first question may be in; jobs that only revealed unsupported parameters do not count.
        reasons: request key → why it was not answered, the last time.
        attempts: request key → jobs that ended without a result for it.
        tries: request key → failed attempts by the provider.
        sent_to: request key → endpoint that had it last.
        left: endpoints that refused a job for our key, account or deployment, which get no further job.
    """

    next: int
    limit: int
    reasons: dict[bytes, str] = field(default_factory=dict)
    attempts: Counter[bytes] = field(default_factory=Counter)
    tries: Counter[bytes] = field(default_factory=Counter)
    sent_to: dict[bytes, str] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)

    @classmethod
    def after(cls, jobs: Sequence[BatchJob], max_rounds: int) -> "Rounds":
        """From the jobs of a shard since it last landed."""
        learning = {job.round for job in jobs if job.next_dialect is not None}
        rounds = cls(max((job.round for job in jobs), default=0) + 1, max_rounds + len(learning))
        for job in sorted(jobs, key=lambda job: job.round):
            if job.unanswered_url is not None:
                for key, reason in read_unanswered(job.unanswered_url).items():
                    rounds.reasons[key] = reason
                    if reason == UNUSABLE_ENDPOINT:
                        rounds.left.add(job.endpoint)
                    else:
                        rounds.attempts[key] += 1
                    rounds.sent_to[key] = job.endpoint
                    rounds.tries[key] += reason not in _UNTRIED
        return rounds

    def again(self, plan: RequestPlan, models: Sequence[AskedModel]) -> bool:
        """Whether a plan without an answer goes into the next job."""
        keys = [bytes.fromhex(plan.request.key(model)) for model in models]
        reason = next((self.reasons[key] for key in keys if key in self.reasons), None)
        # Requests excluded by budget or size limits have not been in a job yet, however late the round.
        return reason is None or (is_repeatable(reason) and sum(self.attempts[key] for key in keys) < self.limit)

    def unanswered(self, plan: RequestPlan, endpoints: Sequence[Endpoint], *, run_id: str, now: float) -> RequestOutcome:
        """Outcome of a request plan that will not be retried. Not stored in the journal, since another run may retry it."""
        asked = {bytes.fromhex(plan.request.key(endpoint.asked)): endpoint for endpoint in endpoints}
        key = next((key for key in asked if key in self.reasons), next(iter(asked)))
        name = self.sent_to.get(key)
        endpoint = next((endpoint for endpoint in endpoints if endpoint.name == name), asked[key])
        return RequestOutcome.of(
            plan.identity(asked[key].asked),
            endpoint,
            self.reasons.get(key, ROUNDS_EXHAUSTED),
            lane=Lane.BATCH,
            run_id=run_id,
            attempts=self.tries[key],
            now=now,
        )
