"""JSON schemas of replies, in the subset that strict structured outputs accept."""

from collections.abc import Mapping
from typing import Any

LABEL_KEY = "label"
LABELS_KEY = "labels"


def closed_object(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Schema of an object with exactly these keys."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
