"""Files as other labelling tools write them, in the shapes of their exports."""

from collections.abc import Mapping, Sequence
from typing import Any


def label_studio_task(
    number: int, conversation: str, annotations: Sequence[Mapping[str, Any]], *, draw_id: str = "d", text: str = "Hello"
) -> dict[str, Any]:
    """A task of an export of the kind JSON (labelstud.io/guide/task_format)."""
    return {
        "id": number,
        "annotations": list(annotations),
        "drafts": [],
        "predictions": [],
        "data": {
            "conversation_id": conversation, "draw_id": draw_id, "week": "2026-W47",
            "dialogue": [{"author": "user", "text": text}],
        },
        "meta": {},
        "created_at": "2026-11-28T10:00:00.000000Z",
        "updated_at": "2026-11-28T10:05:00.000000Z",
        "inner_id": number,
        "total_annotations": len(annotations),
        "cancelled_annotations": 0,
        "total_predictions": 0,
        "comment_count": 0,
        "unresolved_comment_count": 0,
        "last_comment_updated_at": None,
        "project": 3,
        "updated_by": 1,
        "comment_authors": [],
    }  # fmt: skip


def label_studio_annotation(
    choices: Mapping[str, Sequence[str]], *, by: Any = 1, cancelled: bool = False, seconds: float = 7.5
) -> dict[str, Any]:
    """An annotation: for each group of choices, those that were chosen."""
    return {
        "id": 11,
        "completed_by": by,
        "result": [
            {
                "value": {"choices": list(chosen)}, "id": f"r{at}", "from_name": name, "to_name": "dialogue", "type": "choices",
                "origin": "manual",
            }
            for at, (name, chosen) in enumerate(choices.items())
        ],
        "was_cancelled": cancelled,
        "ground_truth": False,
        "created_at": "2026-11-28T10:01:00.000000Z",
        "updated_at": "2026-11-28T10:02:00.000000Z",
        "draft_created_at": None,
        "lead_time": seconds,
        "prediction": {},
        "result_count": len(choices),
        "unique_id": "3f0c",
        "import_id": None,
        "last_action": None,
        "task": 1,
        "project": 3,
        "updated_by": 1,
        "parent_prediction": None,
        "parent_annotation": None,
        "last_created_by": None,
    }  # fmt: skip


def argilla_record(
    conversation: str, responses: Mapping[str, Sequence[Mapping[str, Any]]], *, draw_id: str = "d"
) -> dict[str, Any]:
    """A record of `records.json` (argilla `Record.to_dict`)."""
    return {
        "id": conversation,
        "fields": {"conversation": [{"role": "user", "content": "Hello"}]},
        "metadata": {"draw_id": draw_id, "week": "2026-W47", "conversation_id": conversation},
        "suggestions": {},
        "responses": {name: list(given) for name, given in responses.items()},
        "vectors": {},
        "_server_id": "0b4b6f1e-7f0a-4a7e-9a7e-2f5a0f3c9d11",
    }
