"""Yes or no."""

from collections.abc import Sequence
from typing import Any

from semtel_ops.classifiers.kinds.answer_kind import Asked
from semtel_ops.classifiers.kinds.one_of import OneOf
from semtel_ops.classifiers.labels import Label, MatchedBy
from semtel_ops.classifiers.match import Match

_SHORT_FORMS = {"yes": ("y", "true"), "no": ("n", "false")}


class YesNo(OneOf):
    """The labels are `yes` and `no`, and a truth value is one of them."""

    title = "yes or no"

    def problem(self, labels: Sequence[Label]) -> tuple[int | None, str] | None:
        if [label.id for label in labels] == ["yes", "no"]:
            return None
        return None, 'a yes_no classifier has exactly the labels "yes" and "no", in this order'

    def spellings(self, label: Label) -> Sequence[str]:
        return _SHORT_FORMS.get(label.id, ())

    def match(self, asked: Asked, answer: Any) -> Match:
        if isinstance(answer, bool):
            return ("yes" if answer else "no"), MatchedBy.NORMALISED
        return super().match(asked, answer)

    def golden(self, asked: Asked, json_type: str, values: Sequence[str]) -> tuple[str, ...] | None:
        if json_type == "BOOLEAN":
            return ("yes",) if values[0] == "true" else ("no",)
        return super().golden(asked, json_type, values)
