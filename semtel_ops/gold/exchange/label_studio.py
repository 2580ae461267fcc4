"""Label Studio: tasks and a labelling configuration out, its JSON export in.

Formats: labelstud.io/guide/task_format (tasks with `data`, `annotations`, `result`), /tags/choices, /tags/choice (`alias` is
what the result has) and /tags/paragraphs. An export of the kind JSON has all that is needed; JSON-MIN has not.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from semtel_ops.gold.exchange.json_file import document
from semtel_ops.gold.exchange.model import ITEMS, Foreign, Problem, Task, number_in, one_or_several, text_in
from semtel_ops.gold.question import Option, Question
from semtel_ops.store.files import atomic_write

_DIALOGUE = "dialogue"


def write(folder: str, tasks: Iterable[Task], questions: Sequence[Question]) -> list[str]:
    """Write `tasks.json`, to import, and `config.xml`, for the project's labelling interface; returns their paths."""
    urls = [f"{folder}/tasks.json", f"{folder}/config.xml"]
    with atomic_write(urls[0]) as file:
        file.write(b"[")
        for at, task in enumerate(tasks):
            turns = [{"author": turn["role"], "text": turn["content"]} for turn in task.turns]
            data = {"conversation_id": task.conversation_id, "draw_id": task.draw_id, "week": task.week, _DIALOGUE: turns}
            file.write(b",\n" if at else b"\n")
            file.write(json.dumps({"data": data}, ensure_ascii=False).encode())
        file.write(b"\n]\n")
    with atomic_write(urls[1]) as file:
        file.write(labelling_config(questions).encode())
    return urls


def labelling_config(questions: Sequence[Question]) -> str:
    """The configuration: the conversation as a dialogue, then a group of choices for each question."""
    lines = [
        "<View>",
        f'  <Paragraphs name="{_DIALOGUE}" value="${_DIALOGUE}" layout="dialogue" nameKey="author" textKey="text"/>',
    ]
    for question in questions:
        lines.append(f"  <Header value={quoteattr(f'{question.name}: {question.description}')}/>")
        kind = "multiple" if question.several else "single"
        lines += _choices(question.classifier, kind, question.options, required=True)
        if question.items:
            lines += _choices(f"{question.classifier}{ITEMS}", "multiple", question.items, required=False)
    return "\n".join([*lines, "</View>", ""])


def _choices(name: str, kind: str, options: Sequence[Option], *, required: bool) -> list[str]:
    needed = ' required="true"' if required else ""
    opened = f'  <Choices name="{name}" toName="{_DIALOGUE}" choice="{kind}"{needed} showInLine="false">'
    shown = [
        f"    <Choice value={quoteattr(option.name)} alias={quoteattr(option.id)} hint={quoteattr(option.definition)}/>"
        for option in options
    ]
    return [opened, *shown, "  </Choices>"]


def read(path: Path, questions: Mapping[str, Question]) -> Iterator[Foreign | Problem]:
    """The labels of an export of the kind JSON: every annotation of every task."""
    for at, task in enumerate(document(path), start=1):
        where = f"task {at}"
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(data, dict):
            yield Problem(where, "has no data; export as JSON, not as JSON-MIN, from Label Studio")
            continue
        conversation = text_in(data.get("conversation_id"))
        if conversation is None:
            yield Problem(where, "has no conversation_id in its data")
            continue
        for number, annotation in enumerate(task.get("annotations") or (), start=1):
            if isinstance(annotation, dict):
                yield from _annotation(f"{where}, annotation {number}", conversation, data, annotation, questions)


def _annotation(
    where: str,
    conversation: str,
    data: Mapping[str, Any],
    annotation: Mapping[str, Any],
    questions: Mapping[str, Question],
) -> Iterator[Foreign | Problem]:
    def label(classifier: str | None, one: str | None, several: tuple[str, ...] | None, *, skipped: bool = False) -> Foreign:
        return Foreign(
            where=where,
            draw_id=text_in(data.get("draw_id")),
            conversation_id=conversation,
            classifier=classifier,
            person=_person(annotation.get("completed_by")),
            label=one,
            labels=several,
            skipped=skipped,
            seconds=number_in(annotation.get("lead_time")),
            labelled_at=text_in(annotation.get("updated_at")) or text_in(annotation.get("created_at")),
        )

    if annotation.get("was_cancelled") is True:
        yield label(None, None, None, skipped=True)
        return
    chosen: dict[str, list[str]] = {}
    for result in annotation.get("result") or ():
        if not isinstance(result, dict) or result.get("type") != "choices":
            continue
        values = result.get("value", {}).get("choices") if isinstance(result.get("value"), dict) else None
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            yield Problem(where, f"{result.get('from_name')}: has no list of choices")
            continue
        chosen[str(result.get("from_name"))] = values
    for name, values in chosen.items():
        if name.endswith(ITEMS) and name.removesuffix(ITEMS) in questions:
            if name.removesuffix(ITEMS) not in chosen:
                yield Problem(where, f"{name.removesuffix(ITEMS)}: has items, and no verdict")
            continue
        question = questions.get(name)
        one, several = one_or_several(question, values)
        if question is not None and question.items:
            several = tuple(chosen.get(f"{name}{ITEMS}", ()))
        yield label(name, one, several)


def _person(completed_by: Any) -> str | None:
    """Who annotated: the e-mail address or id of a user, which is an object in some exports and a number in others."""
    if isinstance(completed_by, dict):
        completed_by = completed_by.get("email") or completed_by.get("id")
    return str(completed_by) if isinstance(completed_by, (str, int)) and not isinstance(completed_by, bool) else None
