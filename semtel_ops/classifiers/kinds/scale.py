"""A level of an ordered scale."""

from collections.abc import Sequence

from semtel_ops.classifiers.kinds.answer_kind import ClassifierLabels
from semtel_ops.classifiers.kinds.one_of import OneOf


class Scale(OneOf):
    """The labels are levels, lowest first; a row's score is its level, counted from 1."""

    title = "levels, lowest first"
    levels = True

    def score(self, classifier: ClassifierLabels, label: str) -> float | None:
        return float(classifier.item_ids.index(label) + 1)

    def golden(self, classifier: ClassifierLabels, json_type: str, values: Sequence[str]) -> tuple[str, ...] | None:
        levels = {str(number): label for number, label in enumerate(classifier.label_ids, start=1)}
        if json_type != "ARRAY" and values[0] in levels:
            return (levels[values[0]],)
        return super().golden(classifier, json_type, values)
