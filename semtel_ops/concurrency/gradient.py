"""The adaptive algorithm: as many requests as keep the endpoint busy, from latency and refusals.

An endpoint that serves C requests at once makes the next request wait, so the ratio of its best latency to its current latency
is the fraction of the requests under way that are being served. The algorithm keeps a short queue on purpose (`queue`, as a
fraction): without it slots are idle, and a longer queue only adds waiting.

    limit ← inflight · (base / latency + queue)      for every cohort of requests, about once a round trip

- Latency is a cohort's median (`cohort.py`); differences within its noise are ignored.
- `base` is the best latency: the mean of cohorts without a queue. From time to time the limit steps down for one cohort, so
  that the queue disappears and base is measured again: the latency of a standing queue must not become base.
- The limit grows only where it was used: it doubles each round trip at the start, and again when the queue has vanished because
  capacity returned; otherwise it grows by `queue` a cohort.
- A refusal cuts below what was under way. Requests started before a cut say nothing about the time after it, so a storm of
  refusals is one cut. The point of refusal is remembered; growth waits below it, longer each time it refuses again.

The algorithm combines Netflix's Gradient2 and Vegas limits, BBR's ProbeRTT and CUBIC; `gradient_tuning.py` has the sources, and
every number with its meaning and unit.
"""

from math import ceil, log

from semtel_ops.concurrency.cohort import Cohort, Latency
from semtel_ops.concurrency.gradient_tuning import GradientTuning
from semtel_ops.concurrency.limit import LeaseOutcome, Sample
from semtel_ops.concurrency.rejection_baseline import RejectionBaseline


class GradientLimit:
    """An `AdaptiveLimit` between `floor` and `ceiling`; the module's docstring describes how it moves."""

    def __init__(
        self, *, initial: int = 16, floor: int = 1, ceiling: int = 100_000, tuning: GradientTuning | None = None
    ) -> None:
        if not 1 <= floor <= ceiling:
            raise ValueError(f"floor ({floor}) must be within 1 and ceiling ({ceiling})")
        self._tuning = tuning or GradientTuning()
        self._floor, self._ceiling = floor, ceiling
        self._limit = float(min(max(initial, floor), ceiling))
        self._reason = "start"
        self._searching = True
        self._since = float("-inf")  # requests started earlier are ignored as refusals
        self._cohort = Cohort(1, self._tuning.smallest_cohort)
        self._following: Cohort | None = None
        self._stale = False  # `adopt` set the limit: begin a new cohort
        self._rtt = 0.0
        self._base = 0.0
        self._base_count = 0
        self._base_at = 0.0
        self._empty = 0  # cohorts in a row without a queue
        self._resume: float | None = None  # the limit to return to after a measurement of base
        self._refusals = RejectionBaseline()
        self._refused_at = float("-inf")
        self._refused_limit = 0.0
        self._cuts = 0
        self._hold_rounds = 1
        self._hold = 0
        self._latest = (1.0, 0.0)  # gradient and mean inflight of the last cohort
        self._unhelped = 0  # cohorts in a row that were slow, and no faster than the cohort before
        self._slowed = 1.0  # 0: refuses without a queue; 1: queues first

    @property
    def value(self) -> int:
        return int(self._limit)

    @property
    def reason(self) -> str:
        return self._reason

    @property
    def settled(self) -> bool:
        return not self._searching

    @property
    def _queues(self) -> bool:
        """Whether the endpoint queues before it refuses, so that latency shows when capacity returns."""
        return self._slowed > 0.5

    def adopt(self, value: float, now: float, reason: str) -> int:
        self._searching = False
        self._resume = None
        self._since = now
        self._stale = True
        self._set(value, reason)
        return self.value

    def on_sample(self, sample: Sample) -> int:
        if sample.outcome is LeaseOutcome.SUCCESS:
            self._measure(sample)
            restored = self._refusals.answered()
            if restored is not None:
                self._return_to(restored, sample)
        else:
            self._cohort.lost(sample.number)
            if self._following is not None:
                self._following.lost(sample.number)
            if sample.outcome is LeaseOutcome.DROPPED and sample.started_at >= self._since:
                self._refuse(sample)
        return int(self._limit)

    def _measure(self, sample: Sample) -> None:
        if self._stale:
            self._stale = False
            self._start_over(sample.sent)
            return
        latency_s = sample.ended_at - sample.started_at
        if self._searching and sample.inflight >= self._tuning.search_used * self._limit:
            self._set(self._limit + 1, "growth: no queue observed yet")
        if self._following is None:
            if sample.sent >= self._cohort.end:
                self._following = self._new_cohort(sample.sent)
        elif sample.number >= self._following.first:
            self._following.add(sample.number, latency_s, sample.output_tokens, sample.inflight)
        self._cohort.add(sample.number, latency_s, sample.output_tokens, sample.inflight)
        if self._cohort.whole:
            self._rtt += (latency_s - self._rtt) * (self._tuning.rtt_gain if self._rtt else 1.0)
            latency = self._cohort.close()
            self._cohort, self._following = self._following or self._new_cohort(sample.sent), None
            self._step(latency, sample)
        elif sample.number > self._cohort.end + self._tuning.lost_cohort * (self._cohort.end - self._cohort.first):
            self._start_over(sample.sent)  # most of the cohort was refused

    def _new_cohort(self, sent: int) -> Cohort:
        """The next full round of requests: replies that return in bursts are representative only as a whole round."""
        size = min(self._tuning.largest_cohort, max(self._tuning.smallest_cohort, self._limit))
        return Cohort(sent + 1, int(size))

    def _start_over(self, sent: int) -> None:
        self._cohort, self._following = self._new_cohort(sent), None

    def _step(self, latency: Latency, sample: Sample) -> None:
        now = sample.ended_at
        if self._resume is not None:
            self._rebase(latency, now)
            self._start_over(sample.sent)
            return
        tuning = self._tuning
        gradient = self._gradient(latency, now)
        used = latency.peak >= tuning.used * self.value
        if self._slower_for_good(gradient):
            self._base_count = 0
            self._learn_base(latency, now)
            gradient = 1.0
        self._latest = (gradient, latency.inflight)
        if gradient < 1 - tuning.queue and latency.inflight >= tuning.refused_full * self._refused_limit:
            self._slowed += (1 - self._slowed) * tuning.queues_gain
        target = latency.inflight * gradient + max(1.0, tuning.queue * latency.inflight)
        if self._searching:
            if gradient < tuning.queue_ends_search:
                self._searching, self._empty = False, 0
                self._set(max(tuning.slow_cut * self._limit, target), "latency: a queue has formed")
        elif gradient < 1 - tuning.queue:
            self._empty = 0
            if target < self._limit:
                self._set(max(tuning.slow_cut * self._limit, target), "latency: the queue is too long")
        elif not used:
            return
        elif self._hold and self._limit >= tuning.approach * self._refused_limit and not self._vanished(gradient):
            self._hold -= 1
        elif now - self._base_at > max(tuning.probe_every_s, tuning.probe_every_rounds * self._rtt):
            self._resume = self._limit
            self._set(min(self._limit - 1, self._limit * gradient * tuning.probe_share), "measuring latency without a queue")
            self._start_over(sample.sent)
        else:
            self._grow(gradient, latency.inflight, target)

    def _vanished(self, gradient: float) -> bool:
        """Whether the queue of an endpoint that queues is gone: its capacity, and so the point of refusal, has risen."""
        return self._queues and gradient >= self._tuning.no_queue

    def _gradient(self, latency: Latency, now: float) -> float:
        """Base over latency, at most 1, corrected for noise; also learns base from cohorts without a queue."""
        if not self._base:
            self._learn_base(latency, now)
            return 1.0
        tuning = self._tuning
        gradient = self._base / latency.median * (1 + min(tuning.most_noise, tuning.noise_errors * latency.error))
        if log(latency.median / self._base) < -tuning.faster_errors * latency.error - tuning.faster_margin:
            self._base_count = 0  # much faster than base: forget the old base
            self._learn_base(latency, now)
        elif latency.median < self._base or (self._searching and gradient >= 1):
            self._learn_base(latency, now)
        return min(1.0, gradient)

    def _slower_for_good(self, gradient: float) -> bool:
        """Whether fewer requests made nothing faster: no queue causes the latency, and base no longer applies."""
        helped = gradient >= self._tuning.helped or gradient > self._tuning.helped_by * self._latest[0]
        self._unhelped = 0 if helped else self._unhelped + 1
        if self._unhelped < self._tuning.unhelped_rounds:
            return False
        self._unhelped = 0
        return True

    def _learn_base(self, latency: Latency, now: float) -> None:
        count = min(self._base_count, self._tuning.base_memory)
        self._base = (self._base * count + latency.median * latency.size) / (count + latency.size)
        self._base_count = count + latency.size
        self._base_at = now

    def _grow(self, gradient: float, inflight: float, target: float) -> None:
        tuning = self._tuning
        self._refusals.calm(self._limit)
        # While growth waits, it ends at the point of refusal; if the queue has vanished, that point no longer applies.
        bound = float("inf") if not self._hold or self._vanished(gradient) else self._refused_limit
        if gradient >= tuning.no_queue:
            self._empty += 1
            rounds, first = (
                (tuning.burst_rounds, tuning.first_step)
                if self._queues
                else (tuning.burst_rounds_refusing, tuning.first_step_refusing)
            )
            self._searching = bound == float("inf") and self._empty >= rounds
            step = max(1.0, min(tuning.queue, first * 2**self._empty) * inflight)
            self._set(min(bound, max(self._limit, inflight + step)), "growth: no queue, and the limit was used")
        elif target > self._limit:
            self._empty = 0
            self._set(min(bound, target), "growth: the queue is short")

    def _rebase(self, latency: Latency, now: float) -> None:
        assert self._resume is not None
        if abs(log(latency.median / self._base)) > self._tuning.changed_errors * latency.error:
            self._base_count = 0
        self._learn_base(latency, now)
        self._set(self._resume, "measured latency without a queue")
        self._resume = None

    def _refuse(self, sample: Sample) -> None:
        restored = self._refusals.refused(self._limit, sample.ended_at)
        if restored is not None:
            self._return_to(restored, sample)
        elif self._refusals.cuts(self._limit, sample.ended_at):
            self._cut(sample)

    def _return_to(self, value: float, sample: Sample) -> None:
        self._set(max(self._limit, value), "rejections do not depend on the load")
        self._hold = 0
        self._refused_limit = 0.0
        self._start_over(sample.sent)

    def _cut(self, sample: Sample) -> None:
        now, tuning = sample.ended_at, self._tuning
        there = max(1.0, float(min(sample.inflight - 1, self.value)))
        if now - self._refused_at <= tuning.storm_rtts * max(self._rtt, now - sample.started_at):
            self._cuts += 1
        else:
            self._cuts = 1
            near = abs(there - self._refused_limit) <= tuning.near * there
            self._hold_rounds = min(tuning.longest_hold, self._hold_rounds * 2) if near else 1
            gradient, inflight = self._latest
            if gradient >= tuning.no_queue and inflight >= tuning.refused_full * there:
                self._slowed *= 1 - tuning.refuses_gain
        self._refused_at, self._refused_limit = now, there
        self._hold = self._hold_rounds
        self._empty = 0
        self._searching = False
        self._resume = None
        self._since = now
        self._set(
            ceil(there * max(tuning.deepest_cut, 1 - tuning.cut_each * self._cuts)), "rejected: too many concurrent requests"
        )
        self._start_over(sample.sent)

    def _set(self, value: float, reason: str) -> None:
        self._limit = min(float(self._ceiling), max(float(self._floor), value))
        self._reason = reason
