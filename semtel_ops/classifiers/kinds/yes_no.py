"""Yes or no."""

from collections.abc import Sequence
from typing import Any

from semtel_ops.classifiers.kinds.answer_kind import ClassifierLabels
from semtel_ops.classifiers.kinds.one_of import OneOf
from semtel_ops.classifiers.labels import Label, MatchedBy
from semtel_ops.classifiers.match import Match

_SHORT_FORMS = {"yes": ("y", "true"), "no": ("n", "false")}


class YesNo(OneOf):
    """The labels are `yes` and `no`; true and false are read as them."""

    title = "yes or no"

    def problem(self, labels: Sequence[Label]) -> tuple[int | None, str] | None:
        if [label.id for label in labels] == ["yes", "no"]:
            return None
        return None, 'a yes_no classifier has exactly the labels "yes" and "no", in this order'

    def spellings(self, label: Label) -> Sequence[str]:
        return _SHORT_FORMS.get(label.id, ())

    def match(self, classifier: ClassifierLabels, answer: Any) -> Match:
        if isinstance(answer, bool):
            return ("yes" if answer else "no"), MatchedBy.NORMALISED
        return super().match(classifier, answer)

    def golden(self, classifier: ClassifierLabels, json_type: str, values: Sequence[str]) -> tuple[str, ...] | None:
        if json_type == "BOOLEAN":
            return ("yes",) if values[0] == "true" else ("no",)
        return super().golden(classifier, json_type, values)
