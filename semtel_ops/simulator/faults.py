"""Faults and outages. Faults are drawn by a hash: the nth attempt of a request always has the same fault."""

from collections.abc import Mapping

from semtel_ops.simulator.fault_kinds import Fault
from semtel_ops.simulator.service_config import OutageConfig
from semtel_ops.simulator.stemming import hash_to_unit


def draw_fault(rates: Mapping[Fault, float], *, draw_key: tuple[object, ...]) -> Fault | None:
    """The fault of a request, or None. `draw_key` has the seed, the request and the number of the attempt."""
    if not rates:
        return None
    left = hash_to_unit((*draw_key, "fault"))
    for fault, rate in rates.items():
        left -= rate
        if left < 0:
            return fault
    return None


def outage_at(outages: tuple[OutageConfig, ...], elapsed_s: float) -> OutageConfig | None:
    """The outage at a time, or None."""
    for outage in outages:
        since = elapsed_s - outage.after_s
        if since < 0:
            continue
        if outage.every_s is not None:
            since %= outage.every_s
        if since < outage.for_s:
            return outage
    return None
