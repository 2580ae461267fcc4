"""The true label of a conversation: by fixed definitions, whatever a prompt says, without noise, bias or confusion."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from semtel_ops.simulator.definitions import Index
from semtel_ops.simulator.prompt import Reading


class Truth:
    """The labels of one classifier with the definitions that decide which of them is true."""

    def __init__(self, definitions: Mapping[str, str]) -> None:
        self.labels = tuple(definitions)
        self._index = Index([f"{label} {text}" for label, text in definitions.items()])
        names = [label.casefold() for label in self.labels]
        self._catch_all = names.index("other") if "other" in names else 0

    def label(self, reading: Reading) -> str:
        """The label with the most words in common; among equals the first, and `other` where there are none."""
        matched = self._index.matched_weight(reading.user_stems, reading.other_stems)
        scores = [weight / length for weight, length in zip(matched, self._index.length, strict=True)]
        top = max(scores)
        return self.labels[scores.index(top) if top else self._catch_all]


def reading_of(turns: Iterable[Mapping[str, Any]]) -> Reading:
    """A conversation, given as its turns with `role` and `content`, as a prompt would show it."""
    lines = (orjson.dumps({"role": turn.get("role", "user"), "content": turn.get("content", "")}).decode() for turn in turns)
    return Reading("\n".join(lines))


def true_labels(definitions: Mapping[str, str], conversations: Iterable[Iterable[Mapping[str, Any]]]) -> list[str]:
    """The true label of each conversation, in their order.

    The words of a whole conversation count. Where a prompt shows a cut conversation, the model answers for what it is shown.
    """
    truth = Truth(definitions)
    return [truth.label(reading_of(turns)) for turns in conversations]
