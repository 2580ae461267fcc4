"""Argilla 2: a folder for `rg.Dataset.from_disk` out, and the folder that `rg.Dataset.to_disk` writes in.

Format: argilla-io/argilla, `argilla/src/argilla`: `datasets/_io/_disk.py` (`records.json`, `.argilla/settings.json`,
`.argilla/dataset.json`), `records/_resource.py` (`Record.to_dict`), `_models/_settings`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from semtel_ops.gold.exchange.json_file import document
from semtel_ops.gold.exchange.model import ITEMS, Foreign, Problem, Task, one_or_several, text_in
from semtel_ops.gold.question import Option, Question
from semtel_ops.store.files import atomic_write

RECORDS = "records.json"
_FIELD = "conversation"
_MOST_GUIDELINES = 10_000
_MOST_DESCRIPTION = 1_000
_UNFINISHED = frozenset({"draft", "pending"})


def write(folder: str, tasks: Iterable[Task], questions: Sequence[Question], *, draw_id: str, people: int = 1) -> list[str]:
    """Write the folder; returns the paths. `people`: how many have to answer for a record."""
    urls = [f"{folder}/{RECORDS}", f"{folder}/.argilla/settings.json", f"{folder}/.argilla/dataset.json"]
    with atomic_write(urls[0]) as file:
        file.write(b"[")
        for at, task in enumerate(tasks):
            record = {
                "id": task.conversation_id,
                "fields": {_FIELD: [{"role": turn["role"], "content": turn["content"]} for turn in task.turns]},
                "metadata": {"draw_id": task.draw_id, "week": task.week, "conversation_id": task.conversation_id},
                "suggestions": {}, "responses": {}, "vectors": {}, "_server_id": None,
            }  # fmt: skip
            file.write(b",\n" if at else b"\n")
            file.write(json.dumps(record, ensure_ascii=False).encode())
        file.write(b"\n]\n")
    dataset = {
        "name": draw_id,
        "guidelines": guidelines(questions),
        "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": people},
    }
    for url, value in zip(urls[1:], (settings(questions), dataset), strict=True):
        with atomic_write(url) as file:
            file.write(json.dumps(value, indent=1, ensure_ascii=False).encode())
    return urls


def guidelines(questions: Sequence[Question]) -> str:
    """The instructions of all questions, as far as Argilla has room for them."""
    return "\n\n".join(f"# {question.name}\n\n{question.instruction}" for question in questions)[:_MOST_GUIDELINES]


def settings(questions: Sequence[Question]) -> dict[str, Any]:
    """The settings of the dataset: the conversation as a chat, and a question for each classifier."""
    asked = []
    for question in questions:
        kind = "multi_label_selection" if question.several else "label_selection"
        asked.append(_question(question.classifier, question.name, question.description, kind, question.options, required=True))
        if question.items:
            name, title = f"{question.classifier}{ITEMS}", f"{question.name}: items that apply"
            asked.append(_question(name, title, "", "multi_label_selection", question.items, required=False))
    field = {"name": _FIELD, "title": "Conversation", "required": True, "settings": {"type": "chat", "use_markdown": False}}
    return {
        "guidelines": guidelines(questions), "questions": asked, "fields": [field], "vectors": [], "metadata": [],
        "allow_extra_metadata": True,
    }  # fmt: skip


def _question(
    name: str, title: str, description: str, kind: str, options: Sequence[Option], *, required: bool
) -> dict[str, Any]:
    shown: dict[str, Any] = {"type": kind, "options": [{"value": option.id, "text": option.name} for option in options]}
    if kind == "multi_label_selection":
        shown["options_order"] = "natural"
    if len(options) >= 3:  # the least that Argilla takes
        shown["visible_options"] = len(options)
    described = description[:_MOST_DESCRIPTION] or None
    return {"name": name, "title": title, "description": described, "required": required, "settings": shown}


def read(path: Path, questions: Mapping[str, Question]) -> Iterator[Foreign | Problem]:
    """The labels of `records.json`: every response of every record. Drafts are no labels yet."""
    for at, record in enumerate(document(path), start=1):
        where = f"record {at}"
        if not isinstance(record, dict):
            yield Problem(where, "is not an object")
            continue
        given = record.get("metadata")
        metadata = given if isinstance(given, dict) else {}
        conversation = text_in(metadata.get("conversation_id")) or text_in(record.get("id"))
        responses = record.get("responses") or {}
        if conversation is None or not isinstance(responses, dict):
            yield Problem(where, "has no id, or its responses are not an object of questions")
            continue
        yield from _responses(where, conversation, text_in(metadata.get("draw_id")), responses, questions)


def _responses(
    where: str, conversation: str, draw_id: str | None, responses: Mapping[str, Any], questions: Mapping[str, Question]
) -> Iterator[Foreign | Problem]:
    items: dict[tuple[str, str | None], tuple[str, ...]] = {}
    for name, given in responses.items():
        if name.endswith(ITEMS):
            for response in _well_formed(given):
                items[name.removesuffix(ITEMS), _person(response)] = tuple(_values(response["value"]) or ())
    for name, given in responses.items():
        if name.endswith(ITEMS) and name.removesuffix(ITEMS) in questions:
            continue
        for response in _well_formed(given):
            person, status = _person(response), response.get("status")
            if status in _UNFINISHED:
                continue
            values = _values(response["value"])
            if values is None and status != "discarded":
                yield Problem(where, f"{name}: a response's value is not a label or a list of labels")
                continue
            question = questions.get(name)
            label, labels = one_or_several(question, values or ())
            if question is not None and question.items:
                labels = items.get((name, person), ())
            skipped = status == "discarded"
            yield Foreign(
                where=where,
                draw_id=draw_id,
                conversation_id=conversation,
                classifier=name,
                person=person,
                label=None if skipped else label,
                labels=None if skipped else labels,
                skipped=skipped,
                seconds=None,
                labelled_at=None,
            )


def _well_formed(given: Any) -> list[dict[str, Any]]:
    return [one for one in given if isinstance(one, dict) and "value" in one] if isinstance(given, list) else []


def _values(value: Any) -> list[str] | None:
    values = value if isinstance(value, list) else [value]
    return values if all(isinstance(one, str) for one in values) else None


def _person(response: Mapping[str, Any]) -> str | None:
    return text_in(response.get("user_id"))
