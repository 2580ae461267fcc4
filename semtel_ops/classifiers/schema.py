"""The JSON schema a reply must fit, in the subset that strict structured outputs accept."""

from collections.abc import Mapping, Sequence
from typing import Any

from semtel_ops.classifiers.labels import Kind, Label
from semtel_ops.classifiers.rubric import MAX_IMPACT

ONE = "label"
MANY = "labels"


def reply_schema(kind: Kind, labels: Sequence[Label]) -> dict[str, Any]:
    """Always an object that is closed and has every key required, so that it can also stand inside a larger one.

    A rubric has a key for each item; other kinds have one key. Item descriptions are names, since the instruction holds the
    definitions and a schema is paid for as input.
    """
    if kind is Kind.RUBRIC:
        return _object({label.id: _impact(label) for label in labels})
    word = {"type": "string", "enum": [label.id for label in labels]}
    if kind is Kind.MANY_OF:
        return _object({MANY: {"type": "array", "items": word}})
    return _object({ONE: word})


def _impact(label: Label) -> dict[str, Any]:
    return {"type": "integer", "description": label.name, "minimum": 0, "maximum": MAX_IMPACT}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
