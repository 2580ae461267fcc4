"""The numbers of the adaptive limit, with what they mean and where they come from.

Four lines of work meet in `gradient.py`:

- Gradient2 and Vegas of Netflix's concurrency-limits (github.com/Netflix/concurrency-limits, `Gradient2Limit`, `VegasLimit`):
  the limit follows base over current latency, keeps a short queue on purpose, and does not grow where it is not used. The
  queue band is TCP Vegas's (Brakmo and Peterson, «TCP Vegas: End to End Congestion Avoidance on a Global Internet», 1995).
- BBR (Cardwell et al., «BBR: Congestion-Based Congestion Control», ACM Queue 14(5), 2016): the best latency is measured again
  from time to time by sending less for a round trip (its ProbeRTT, every 10 s).
- CUBIC (RFC 9438): a cut to 0.7 at most, and a memory of where it was refused, which growth approaches with care (its W_max).
- TCP's slow start and NewReno (RFC 5681, RFC 6582): doubling each round trip at the start, one cut for all losses of a window.

«Ours» below marks a value without a source outside: it was chosen with simulated endpoints that queue, refuse, batch and change
their capacity. `tests/semtel_ops/concurrency/test_gradient.py` holds their goodput to a floor, whatever is changed here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GradientTuning:
    """Shares and ratios are without unit unless they say otherwise; a *round* is one cohort, about a round trip.

    Attributes:
        queue: requests that may wait at the endpoint, as a share of those under way. Gradient2 keeps 4, or √limit; a share
            serves two slots as well as two thousand. Ours.
        used: share of the limit that must have been under way for it to count as used. Gradient2 says 0.5, and grows limits
            that nobody fills. Ours.
        search_used: the same while the first search lasts, judged by request: Gradient2's 0.5.
        no_queue: base over latency, from which no queue is left. Half of `queue`.
        queue_ends_search: base over latency, below which the first search has found a queue. Twice `queue`, since the search
            overshoots by up to a doubling. Ours.
        slow_cut: most that slow cohorts cut at once, as what remains. Gradient2's least gradient is 0.5; a slow round may be a
            hiccup, and an endpoint that queues loses nothing by a queue that goes a little later. Ours.

        smallest_cohort, largest_cohort: requests. A median needs some, and a decision must not wait for ever. Gradient2's
            window has 10 at least.
        lost_cohort: cohorts' lengths of requests sent after a cohort, by which it is given up: most of it was refused.
        rtt_gain: weight of a new round trip in its moving mean. TCP's SRTT has 1/8 a reply (RFC 6298); here there is one sample
            a round.

        noise_errors: standard errors of a cohort's median that are forgiven, and `most_noise`: most of a latency that is.
            Ours, for heavy tails (lognormal, σ up to 0.8).
        faster_errors, faster_margin: standard errors, and a logarithm (0.02: two percent), by which a cohort must be faster
            than base to replace it at once. Three errors: one in a thousand by chance.
        changed_errors: standard errors by which a measurement without a queue must differ from base to replace it. Two: one in
            twenty by chance, and a wrong one is corrected by the next measurement.
        base_memory: requests that the base so far counts for, at most, when a cohort is added: a dozen of the smallest. Ours.

        probe_every_s: seconds between measurements of base: BBR's ProbeRTT interval, and `probe_every_rounds`: at least so many
            round trips, where these are long.
        probe_share: limit during a measurement, as a share of what the endpoint serves without a queue (limit · base /
            latency): `queue` below it.
        helped, helped_by: base over latency from which a cut has helped enough, and the ratio to the last round by which it has
            helped at all. Below both, the latency is the endpoint's own.
        unhelped_rounds: rounds of which neither holds, after which the endpoint counts as slower for good. Fewer mistake a long
            queue that is still going for it. Ours.

        burst_rounds: rounds without a queue after which the limit is doubled each round again, as capacity has come back, and
            `burst_rounds_refusing`: the same where the endpoint refuses without queueing, so that latency says nothing.
        first_step, first_step_refusing: growth in the n-th round without a queue is this · 2ⁿ of what is under way, up to
            `queue`. Ours.

        storm_rtts: round trips within which further cuts belong to the same storm. NewReno's one cut a window, and one more.
        cut_each, deepest_cut: what each cut of a storm takes, as a share of what was under way when refused, and what at least
            remains: CUBIC's β, 0.7.
        near: share by which two places of refusal may differ and still be the same place.
        longest_hold: rounds that growth waits below the place of refusal, at most; it doubles each time the same place refuses,
            as TCP's retransmission timer does (RFC 6298).
        approach: share of the place of refusal from which growth waits.
        refused_full: share of the place of refusal at which a round says whether the endpoint queues before it refuses.
        queues_gain, refuses_gain: how much one such round moves that belief, which is between 0 (refuses first) and 1 (slow
            first). Two refusals without a queue are believed: 0.7² < 0.5. Ours.
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
