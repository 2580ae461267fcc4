"""The numbers of the adaptive limit: their meanings, units and sources.

`gradient.py` combines four lines of work:

- Gradient2 and Vegas of Netflix's concurrency-limits (github.com/Netflix/concurrency-limits, `Gradient2Limit`, `VegasLimit`):
  the limit follows base over current latency, keeps a short queue on purpose, and does not grow while it is not used. The
  queue comes from TCP Vegas (Brakmo and Peterson, «TCP Vegas: End to End Congestion Avoidance on a Global Internet», 1995).
- BBR (Cardwell et al., «BBR: Congestion-Based Congestion Control», ACM Queue 14(5), 2016): the best latency is measured again
  from time to time by sending less for a round trip (its ProbeRTT, every 10 s).
- CUBIC (RFC 9438): a cut to 0.7 at most, and a memory of the last point of refusal, which growth approaches with care (its
  W_max).
- TCP's slow start and NewReno (RFC 5681, RFC 6582): doubling each round trip at the start, one cut for all losses of a window.

«Ours» below marks a value without an external source: it was chosen on simulated endpoints that queue, refuse, batch and change
their capacity. `tests/semtel_ops/concurrency/test_gradient.py` requires a minimum goodput on these endpoints.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GradientTuning:
    """Parameters of `GradientLimit`. Fractions and ratios have no unit; a *round* is one cohort, about a round trip.

    *Gradient* is base latency over current latency: 1 without a queue, 0.5 when half of the requests under way wait. The
    *point of refusal* is the number of requests under way at the last refusal.

    Attributes:
        queue: requests that may wait at the endpoint, as a fraction of those under way. Gradient2 keeps 4, or √limit; a
            fraction suits two slots as well as two thousand. Ours.
        used: fraction of the limit that must have been under way for the limit to count as used. Gradient2's 0.5 lets limits
            grow that nobody fills. Ours.
        search_used: the same during the first search, for each request: Gradient2's 0.5.
        no_queue: gradient from which there is no queue. Half of `queue` below 1.
        queue_ends_search: gradient below which the first search has met a queue. Twice `queue` below 1, since the search
            overshoots by up to a doubling. Ours.
        slow_cut: fraction of the limit that remains, at least, after the cut for a slow round. Gradient2's smallest gradient is
            0.5; but a slow round may be chance, and shrinking a queue over several rounds costs nothing. Ours.

        smallest_cohort, largest_cohort: requests. A median needs enough of them, and a decision must not take too long.
            Gradient2's window has at least 10.
        lost_cohort: a cohort is discarded when this many times its size was sent after it: most of its requests were refused.
        rtt_gain: weight of a new round trip in the moving mean. TCP's SRTT uses 1/8 a reply (RFC 6298); here there is one
            sample a round.

        noise_errors, most_noise: a latency above base counts as noise up to this many standard errors of the cohort's median,
            and up to this fraction of the latency. Ours, for heavy tails (lognormal, σ up to 0.8).
        faster_errors, faster_margin: standard errors, plus a difference of logarithms (0.02: two percent), by which a cohort
            must be faster than base to replace base at once. Three errors: one in a thousand by chance.
        changed_errors: standard errors by which a measurement without a queue must differ from base to replace base. Two: one
            in twenty by chance, and the next measurement corrects a wrong replacement.
        base_memory: largest weight, in requests, of the base so far when a cohort is added: a dozen of the smallest cohorts.
            Ours.

        probe_every_s, probe_every_rounds: base is measured again after this many seconds (BBR's ProbeRTT interval), but not
            before this many round trips.
        probe_share: limit during a measurement, as a fraction of what the endpoint serves without a queue (limit · base /
            latency): `queue` below 1.
        helped, helped_by: a cut has helped if the gradient reaches the first number, or is the second number times that of the
            last round. If neither is true, the endpoint itself is slow.
        unhelped_rounds: rounds in a row without such help after which the endpoint counts as permanently slower. Fewer rounds
            would mistake a long queue that is still being served. Ours.

        burst_rounds: rounds without a queue after which the limit doubles each round again, since capacity has returned.
        burst_rounds_refusing: the same for an endpoint that refuses without queueing, whose latency says nothing.
        first_step, first_step_refusing: growth in the n-th round without a queue is this · 2ⁿ of the requests under way, up to
            `queue`. Ours.

        storm_rtts: round trips within which further cuts belong to the same storm. NewReno's one cut a window, and one more.
        cut_each, deepest_cut: fraction of the requests under way that each further cut of a storm removes, and the fraction
            that remains at least: CUBIC's β, 0.7.
        near: relative difference up to which two points of refusal count as the same.
        longest_hold: most rounds that growth waits below the point of refusal. The wait doubles each time the same point
            refuses, as TCP's retransmission timer does (RFC 6298).
        approach: fraction of the point of refusal from which growth waits.
        refused_full: fraction of the point of refusal from which a round shows whether the endpoint queues before it refuses.
        queues_gain, refuses_gain: how far one such round moves that estimate, which is between 0 (refuses without a queue) and
            1 (queues first). Two refusals without a queue decide it: 0.7² < 0.5. Ours.
    """

    queue: float = 0.1
    used: float = 0.9
    search_used: float = 0.5
    no_queue: float = 0.95
    queue_ends_search: float = 0.8
    slow_cut: float = 0.8

    smallest_cohort: int = 16
    largest_cohort: int = 4_096
    lost_cohort: int = 2
    rtt_gain: float = 0.3

    noise_errors: float = 1.5
    most_noise: float = 0.25
    faster_errors: float = 3.0
    faster_margin: float = 0.02
    changed_errors: float = 2.0
    base_memory: int = 200

    probe_every_s: float = 10.0
    probe_every_rounds: float = 30.0
    probe_share: float = 0.9
    helped: float = 0.75
    helped_by: float = 1.15
    unhelped_rounds: int = 4

    burst_rounds: int = 2
    burst_rounds_refusing: int = 4
    first_step: float = 0.1
    first_step_refusing: float = 0.02

    storm_rtts: float = 2.0
    cut_each: float = 0.04
    deepest_cut: float = 0.7
    near: float = 0.1
    longest_hold: int = 8
    approach: float = 0.95
    refused_full: float = 0.85
    queues_gain: float = 0.3
    refuses_gain: float = 0.3
