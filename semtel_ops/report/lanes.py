"""The lanes a run used, the reasons, and the results, from the run's lanes.json."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from semtel_ops.report.model import LaneReason, LanesSection, LaneUse, Rescue

_REASONS = 3
"""Number of reasons shown for a rescue; shards that were late together have the same reason."""


def lane_results_of(lanes: Mapping[str, Any]) -> Mapping[str, Any]:
    """The results of the lanes; empty until the run's shards are collected. Version 0.1 wrote them as `came_to`."""
    results: Mapping[str, Any] = lanes.get("results") or lanes.get("came_to") or {}
    return results


def collect_lanes(lanes: Mapping[str, Any] | None) -> LanesSection | None:
    """The section; None for a run without a choice of lanes. `uses` is empty for a run that has not finished."""
    if not lanes or not lanes.get("choices"):
        return None
    results = lane_results_of(lanes)
    return LanesSection(
        deadline=_moment(lanes["deadline"]) if lanes.get("deadline") is not None else None,
        choices=tuple(
            LaneReason(choice["lane"], len(choice["shards"]), choice["reason"])
            for choice in sorted(lanes["choices"], key=lambda choice: -len(choice["shards"]))
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
    stopped_at = rescued.get("stopped_at") or rescued.get("at")
    return Rescue(
        at=None if stopped_at is None else _moment(stopped_at),
        shards=rescued["shards"],
        rows=rescued["rows"],
        cost_usd=rescued.get("cost_usd"),
        reasons=tuple(rescued.get("reasons") or ())[:_REASONS],
        more_reasons=max(0, len(rescued.get("reasons") or ()) - _REASONS),
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
