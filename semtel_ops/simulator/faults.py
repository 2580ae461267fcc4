"""Which requests fare badly, drawn by content: the same request fares the same on its nth try, whoever else asks."""

from collections.abc import Mapping

from semtel_ops.simulator.config import Fault, OutageConfig
from semtel_ops.simulator.stemming import hash_to_unit


def draw_fault(rates: Mapping[Fault, float], *, luck: tuple[object, ...]) -> Fault | None:
    """At most one fault for a request; `luck` holds the seed, the request and which try it is."""
    if not rates:
        return None
    left = hash_to_unit((*luck, "fault"))
    for fault, rate in rates.items():
        left -= rate
        if left < 0:
            return fault
    return None


def outage_at(outages: tuple[OutageConfig, ...], elapsed_s: float) -> OutageConfig | None:
    """The outage that holds at a time, if any."""
    for outage in outages:
        since = elapsed_s - outage.after_s
        if since < 0:
            continue
        if outage.every_s is not None:
            since %= outage.every_s
        if since < outage.for_s:
            return outage
    return None
