"""Service times of requests."""

from math import cos, exp, log, pi, sqrt

from semtel_ops.simulator.service_config import LatencyConfig
from semtel_ops.simulator.stemming import hash_to_unit


def service_s(config: LatencyConfig, *, input_tokens: int, output_tokens: int, draw_key: tuple[object, ...]) -> float:
    """Seconds from the start of service to the reply. The jitter depends only on `draw_key`."""
    mean_ms = config.base_ms + input_tokens * config.per_input_token_ms + output_tokens * config.per_output_token_ms
    if mean_ms == 0 or config.jitter == 0:
        return mean_ms / 1_000
    # Box-Muller: a standard normal number from two uniform ones.
    first, second = hash_to_unit((*draw_key, "r")), hash_to_unit((*draw_key, "angle"))
    normal = sqrt(-2 * log(1 - first)) * cos(2 * pi * second)
    return mean_ms / 1_000 * exp(config.jitter * normal)
