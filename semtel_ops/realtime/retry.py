"""How often, and for how long, the realtime lane retries. This is the only layer that retries."""

from dataclasses import dataclass

from semtel_ops.endpoints.retry import Backoff


@dataclass(frozen=True, slots=True)
class RetryPolicy(Backoff):
    """A `Backoff` with bounds for a whole run.

    Attributes:
        deadline_s: a retry starts at most this long after work on its request began.
        run_share, run_floor: a run makes at most `run_share` retries per first attempt, plus `run_floor`, so that an endpoint
            that refuses everything does not get `max_attempts` times the requests of an endpoint that works.
    """

    deadline_s: float = 900.0
    run_share: float = 3.0
    run_floor: int = 1_000
