"""JSON lines. Out: a conversation on each line, with `labels` to fill in. In: such lines, or one label on each line.

    {"conversation_id": "c1", "classifier": "topic", "person": "ada", "label": "technology"}
    {"conversation_id": "c1", "person": "ada", "labels": {"topic": "technology", "mood": {"label": "neutral", "items": []}}}

A label of null is no label yet, and `"skipped": true` passes the conversation over.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from semtel_ops.conversations.sources.json_text import decode_json
from semtel_ops.gold.exchange.json_file import lines
from semtel_ops.gold.exchange.model import Foreign, Problem, Task, number_in, one_or_several, text_in
from semtel_ops.gold.question import Question
from semtel_ops.store.files import atomic_write


def write(folder: str, tasks: Iterable[Task], questions: Sequence[Question]) -> list[str]:
    """Write `tasks.jsonl` and `questions.json`; returns their paths."""
    urls = [f"{folder}/tasks.jsonl", f"{folder}/questions.json"]
    with atomic_write(urls[0]) as file:
        for task in tasks:
            line = {
                "draw_id": task.draw_id, "week": task.week, "conversation_id": task.conversation_id,
                "position": task.position, "language": task.language, "turns": task.turns, "person": None,
                "labels": {question.classifier: None for question in questions},
            }  # fmt: skip
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    with atomic_write(urls[1]) as file:
        file.write(json.dumps([_shown(question) for question in questions], indent=1, ensure_ascii=False).encode())
    return urls


def write_labels(folder: str, labels: Iterable[Mapping[str, Any]]) -> tuple[str, int]:
    """Write `labels.jsonl`, a label on each line and no text; returns its path and the number of labels."""
    url, written = f"{folder}/labels.jsonl", 0
    with atomic_write(url) as file:
        for label in labels:
            file.write(json.dumps(label, ensure_ascii=False).encode() + b"\n")
            written += 1
    return url, written


def _shown(question: Question) -> dict[str, Any]:
    labels = [{"id": option.id, "name": option.name, "definition": option.definition} for option in question.options]
    items = [{"id": item.id, "name": item.name, "definition": item.definition} for item in question.items]
    shown = {"classifier": question.classifier, "version": question.version, "several": question.several, "labels": labels}
    return {**shown, "items": items, "instruction": question.instruction}


def read(path: Path, questions: Mapping[str, Question]) -> Iterator[Foreign | Problem]:
    """The labels of a file, line by line."""
    for at, line in lines(path):
        yield from _line(f"line {at}", line, questions)


def _line(where: str, line: bytes, questions: Mapping[str, Question]) -> Iterator[Foreign | Problem]:
    try:
        row = decode_json(line)
    except ValueError:
        yield Problem(where, "is not JSON")
        return
    conversation = text_in(row.get("conversation_id")) if isinstance(row, dict) else None
    if conversation is None:
        yield Problem(where, "has no conversation_id")
        return
    classifier = text_in(row.get("classifier"))
    if isinstance(row.get("labels"), dict):
        for name, value in row["labels"].items():
            if value is not None:
                yield _label(where, row, conversation, name, value, questions.get(name))
        return
    if classifier is None:
        yield Problem(where, "has no classifier, and no labels under the names of classifiers")
        return
    given = row.get("labels") if row.get("labels") is not None else row.get("label")
    if row.get("labels") is not None and row.get("label") is not None:
        given = {"label": row["label"], "items": row["labels"]}
    if given is None and row.get("skipped") is not True:
        return
    yield _label(where, row, conversation, classifier, given, questions.get(classifier))


def _label(
    where: str, row: Mapping[str, Any], conversation: str, classifier: str, value: Any, question: Question | None
) -> Foreign | Problem:
    skipped = row.get("skipped") is True or (isinstance(value, dict) and value.get("skipped") is True)
    label: str | None = None
    labels: tuple[str, ...] | None = None
    if not skipped:
        if isinstance(value, dict):
            items = value.get("items", value.get("labels"))
            label = text_in(value.get("label"))
            labels = tuple(items) if isinstance(items, list) and all(isinstance(one, str) for one in items) else None
        elif isinstance(value, str):
            label, labels = one_or_several(question, [value])
        elif isinstance(value, list) and all(isinstance(one, str) for one in value):
            label, labels = one_or_several(question, value)
        else:
            return Problem(where, f"{classifier}: a label is a string, a list of strings, or an object with label and items")
    return Foreign(
        where=where,
        draw_id=text_in(row.get("draw_id")),
        conversation_id=conversation,
        classifier=classifier,
        person=text_in(row.get("person")),
        label=label,
        labels=labels,
        skipped=skipped,
        seconds=number_in(row.get("seconds")),
        labelled_at=text_in(row.get("labelled_at")),
    )
