"""Which lanes a run took, why, and what came of it, from its lanes.json."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from semtel_ops.report.model import LaneReason, LanesSection, LaneUse, Rescue

_REASONS = 3
"""Reasons of a rescue that are told; shards that were late together have the same one."""


def collect_lanes(told: Mapping[str, Any] | None) -> LanesSection | None:
    """The section; None for a run whose lanes were not chosen. A run that did not come through has no uses yet."""
    if not told or not told.get("choices"):
        return None
    came_to = told.get("came_to") or {}
    return LanesSection(
        deadline=_moment(told["deadline"]) if told.get("deadline") is not None else None,
        choices=tuple(
            LaneReason(choice["lane"], len(choice["shards"]), choice["reason"])
            for choice in sorted(told["choices"], key=lambda choice: -len(choice["shards"]))
        ),
        uses=tuple(
            LaneUse(lane, use["rows"], use["requests"], use["cost_usd"])
            for lane, use in sorted((came_to.get("lanes") or {}).items(), key=lambda pair: -pair[1]["rows"])
        ),
        saved_usd=came_to.get("saved_usd"),
        rescue=_rescue(came_to.get("rescued") or {}),
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
