"""Replies to a grader's requests: which of the shown labels differ from those of the lexical match without noise.

A grader's request is recognized by its schema: an object with one property, `wrong`, a list of member keys.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from semtel_ops.simulator.definitions import Block, Index
from semtel_ops.simulator.labels_config import GraderConfig
from semtel_ops.simulator.lexical_labels import Case, Choice
from semtel_ops.simulator.prompt import ShownLabel

_OF_RUBRIC = re.compile(r"^\w+ \(([^()]*)\)$")


def is_grading(schema: Any) -> bool:
    """Whether a schema requests the keys of wrong members and nothing else."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return isinstance(properties, dict) and list(properties) == ["wrong"] and bool(_keys(schema))


def _keys(schema: Any) -> list[str]:
    wrong = schema["properties"]["wrong"]
    items = wrong.get("items") if isinstance(wrong, dict) else None
    options = items.get("enum") if isinstance(items, dict) else None
    return [str(option) for option in options] if isinstance(options, list) else []


class Grading:
    """Names wrong members with the configured recall, and right members with the configured rate of false alarms.

    A rubric's verdict is shown with its items, `dissatisfied (errors, repetition)`. It is wrong where the shown items and the
    items of the lexical match overlap (Jaccard index) by less than half. A label without a definition counts as right.
    """

    def __init__(self, schema: Any, blocks: Sequence[Block]) -> None:
        self._keys = _keys(schema)
        self._choices = [
            (block.heading, Choice("label", list(block.lines), [f"{key} {text}" for key, text in block.lines.items()]))
            for block in blocks
        ]
        self._lines = [(name, f"{name} {text}") for block in blocks for name, text in block.lines.items()]
        self._index = Index([text for _, text in self._lines])

    def grade(self, case: Case, shown: Sequence[ShownLabel], config: GraderConfig) -> dict[str, list[str]]:
        """The reply: keys of the shown members that the grader calls wrong."""
        wrong = {key for label in shown if self._calls_wrong(case, label, config) for key in _possible_keys(label)}
        return {"wrong": [key for key in self._keys if key in wrong]}

    def answer(self, case: Case) -> dict[str, list[str]]:  # noqa: ARG002 - as every node of a compiled schema
        return self.constant()

    def constant(self) -> dict[str, list[str]]:
        return {"wrong": []}

    def _calls_wrong(self, case: Case, shown: ShownLabel, config: GraderConfig) -> bool:
        reading = case.members.get(shown.key)
        if reading is None:
            return False
        member = replace(case, reading=reading, members={})
        rate = config.false_alarms if self._is_right(member, shown) else config.recall
        return member.chance("grade", shown.classifier, shown.label) < rate

    def _is_right(self, member: Case, shown: ShownLabel) -> bool:
        of_rubric = _OF_RUBRIC.match(shown.label)
        if of_rubric:
            return self._are_items_right(member, {item.strip() for item in of_rubric[1].split(",")})
        labels = {label.strip() for label in shown.label.split(",")}
        offered = [(heading, choice) for heading, choice in self._choices if labels <= set(choice.options)]
        if not offered:
            return True
        name = (shown.classifier or "").casefold()
        names = (name, name.replace("_", " "))
        _, choice = max(offered, key=lambda pair: bool(name) and any(word in pair[0] for word in names))
        best: str = choice.options[choice.settled(member, choice.scores(member))]
        return best in labels

    def _are_items_right(self, member: Case, shown: set[str]) -> bool:
        matched = self._index.matched_weight(member.reading.user_stems, member.reading.other_stems)
        present = {
            name
            for (name, _), weight, total in zip(self._lines, matched, self._index.total, strict=True)
            if weight / total >= member.labels.threshold
        }
        items = shown & {name for name, _ in self._lines}
        return not (items | present) or len(items & present) >= len(items | present) / 2


def _possible_keys(shown: ShownLabel) -> list[str]:
    """The keys that a schema may use for a shown label: the conversation's key, with or without the classifier."""
    return [shown.key, *(f"{shown.key}{sign}{shown.classifier}" for sign in (", ", ".", "/", ":") if shown.classifier)]
