"""Which lanes a run took, why, and what came of it, from its lanes.json."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from semtel_ops.report.model import LaneReason, LanesSection, LaneUse, Rescue

_REASONS = 3
"""Reasons of a rescue that are told; shards that were late together have the same one."""


def lane_results_of(lanes: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the lanes did, once a run is gathered; empty before. Files of 0.1 call it `came_to`."""
    results: Mapping[str, Any] = lanes.get("results") or lanes.get("came_to") or {}
    return results


def collect_lanes(told: Mapping[str, Any] | None) -> LanesSection | None:
    """The section; None for a run whose lanes were not chosen. A run that did not come through has no uses yet."""
    if not told or not told.get("choices"):
        return None
    results = lane_results_of(told)
    return LanesSection(
        deadline=_moment(told["deadline"]) if told.get("deadline") is not None else None,
        choices=tuple(
            LaneReason(choice["lane"], len(choice["shards"]), choice["reason"])
            for choice in sorted(told["choices"], key=lambda choice: -len(choice["shards"]))
        ),
        uses=tuple(
            LaneUse(lane, use["rows"], use["requests"], use["cost_usd"])
            for lane, use in sorted((results.get("lanes") or {}).items(), key=lambda pair: -pair[1]["rows"])
        ),
        saved_usd=results.get("saved_usd"),
        rescue=_rescue(results.get("rescued") or {}),
    )


def _rescue(rescued: Mapping[str, Any]) -> Rescue | None:
    if not rescued.get("shards"):
        return None
    at = rescued.get("stopped_at") or rescued.get("at")
    return Rescue(
        at=None if at is None else _moment(at),
        shards=rescued["shards"],
        rows=rescued["rows"],
        cost_usd=rescued.get("cost_usd"),
        reasons=tuple(rescued.get("reasons") or ())[:_REASONS],
        more_reasons=max(0, len(rescued.get("reasons") or ()) - _REASONS),
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
