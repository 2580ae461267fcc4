"""Replies of a grader: which of the labels it is shown differ from those the lexical match gives without noise.

It is told by the shape of its schema: an object with one property, `wrong`, a list of member keys.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from semtel_ops.simulator.config import GraderConfig
from semtel_ops.simulator.definitions import Block, Index
from semtel_ops.simulator.lexical_labels import Case, Choice
from semtel_ops.simulator.prompt import Shown

_OF_RUBRIC = re.compile(r"^\w+ \(([^()]*)\)$")


def is_grading(schema: Any) -> bool:
    """Whether a schema asks for the keys of wrong members and for nothing else."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return isinstance(properties, dict) and list(properties) == ["wrong"] and bool(_keys(schema))


def _keys(schema: Any) -> list[str]:
    wrong = schema["properties"]["wrong"]
    items = wrong.get("items") if isinstance(wrong, dict) else None
    options = items.get("enum") if isinstance(items, dict) else None
    return [str(option) for option in options] if isinstance(options, list) else []


class Grading:
    """Names wrong members as often as it is configured to see them, and some right ones.

    A rubric's verdict is shown with its items, `dissatisfied (errors, repetition)`, and is wrong where less than half of the
    items shown and found are the same. A label that no definition list offers is beyond its judgement: it counts as right.
    """

    def __init__(self, schema: Any, blocks: Sequence[Block]) -> None:
        self._keys = _keys(schema)
        self._choices = [
            (block.heading, Choice("label", list(block.lines), [f"{key} {text}" for key, text in block.lines.items()]))
            for block in blocks
        ]
        self._lines = [(name, f"{name} {text}") for block in blocks for name, text in block.lines.items()]
        self._index = Index([text for _, text in self._lines])

    def grade(self, case: Case, shown: Sequence[Shown], config: GraderConfig) -> dict[str, list[str]]:
        wrong = {name for one in shown if self._names(case, one, config) for name in _spellings(one)}
        return {"wrong": [key for key in self._keys if key in wrong]}

    def answer(self, case: Case) -> dict[str, list[str]]:  # noqa: ARG002 - as every node of a compiled schema
        return self.constant()

    def constant(self) -> dict[str, list[str]]:
        return {"wrong": []}

    def _names(self, case: Case, shown: Shown, config: GraderConfig) -> bool:
        reading = case.members.get(shown.key)
        if reading is None:
            return False
        member = replace(case, reading=reading, members={})
        rate = config.false_alarms if self._right(member, shown) else config.recall
        return member.chance("grade", shown.classifier, shown.label) < rate

    def _right(self, member: Case, shown: Shown) -> bool:
        of_rubric = _OF_RUBRIC.match(shown.label)
        if of_rubric:
            return self._items_right(member, {item.strip() for item in of_rubric[1].split(",")})
        labels = {label.strip() for label in shown.label.split(",")}
        offered = [(heading, choice) for heading, choice in self._choices if labels <= set(choice.options)]
        if not offered:
            return True
        name = (shown.classifier or "").casefold()
        spelled = (name, name.replace("_", " "))
        _, choice = max(offered, key=lambda pair: bool(name) and any(word in pair[0] for word in spelled))
        best: str = choice.options[choice.best(member, choice.scores(member))]
        return best in labels

    def _items_right(self, member: Case, shown: set[str]) -> bool:
        met = self._index.met(member.reading.asked, member.reading.answered)
        found = {
            name
            for (name, _), weight, total in zip(self._lines, met, self._index.total, strict=True)
            if weight / total >= member.labels.threshold
        }
        items = shown & {name for name, _ in self._lines}
        return not (items | found) or len(items & found) >= len(items | found) / 2


def _spellings(shown: Shown) -> list[str]:
    """How a schema may name what is shown: by the conversation's key, or by that and the classifier."""
    return [shown.key, *(f"{shown.key}{sign}{shown.classifier}" for sign in (", ", ".", "/", ":") if shown.classifier)]
