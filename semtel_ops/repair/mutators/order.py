"""Another order of the labels: models prefer what they read first or last."""

from collections.abc import Iterator
from dataclasses import replace

from semtel_ops.classifiers import Kind
from semtel_ops.repair.facts import Facts
from semtel_ops.repair.mutators.mutator import Mutator, Tools
from semtel_ops.repair.parts import LabelPart, PromptParts

_ORDER_MATTERS = frozenset({Kind.SCALE.value, Kind.RUBRIC.value})
"""The order of levels is their meaning, and items are listed by group."""


class LabelOrder(Mutator):
    """Orders labels by frequency in the reference, by how often they are missed, backwards, or by chance."""

    name = "label_order"

    def propose(self, facts: Facts, tools: Tools) -> Iterator[tuple[PromptParts, str]]:
        labels = facts.parts.labels
        if facts.parts.kind in _ORDER_MATTERS or len(labels) < 2:
            return
        missed = {label.id: facts.expected[label.id] - facts.given[label.id] for label in labels}
        shuffled = list(labels)
        tools.rng.shuffle(shuffled)
        ways: list[tuple[list[LabelPart], str]] = [
            (sorted(labels, key=lambda label: -missed[label.id]), "labels that are given too seldom first"),
            (sorted(labels, key=lambda label: -facts.expected[label.id]), "most frequent first"),
            (sorted(labels, key=lambda label: facts.expected[label.id]), "least frequent first"),
            (list(reversed(labels)), "reversed"),
            (shuffled, "shuffled"),
        ]
        for way, note in ways:
            yield replace(facts.parts, labels=tuple(way)), note
