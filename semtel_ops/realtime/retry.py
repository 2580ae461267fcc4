"""How long and how often a run of the realtime lane retries. One layer retries: this one."""

from dataclasses import dataclass

from semtel_ops.endpoints.retry import Backoff


@dataclass(frozen=True, slots=True)
class RetryPolicy(Backoff):
    """A `Backoff` within the bounds of a run.

    Attributes:
        deadline_s: no retry starts later than this after a request was first taken up.
        run_share, run_floor: all retries of a run together are at most this share of its first tries, plus the floor: an
            endpoint that refuses everything must not be asked `max_attempts` times as often as one that is well.
    """

    deadline_s: float = 900.0
    run_share: float = 3.0
    run_floor: int = 1_000
