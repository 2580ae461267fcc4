"""JSON schemas of replies, in the subset that strict structured outputs accept."""

from collections.abc import Mapping
from typing import Any

ONE = "label"
MANY = "labels"


def closed_object(properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object with these keys, all of them and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
