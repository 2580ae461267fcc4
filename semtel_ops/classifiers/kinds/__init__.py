"""The kinds of classifiers: the shapes of answers, one module for each.

Here: requesting an answer of a kind, reading, comparing and showing it. To add a kind, write its module and name it in `Kind`
and in the table below; no other code depends on a classifier's kind. Not here: finding JSON in a reply (`reply_json`) and
matching spellings (`match`), which all kinds share.
"""

from enum import StrEnum
from typing import Final

from semtel_ops.classifiers.kinds.answer_kind import AnswerKind, ClassifierLabels
from semtel_ops.classifiers.kinds.many_of import ManyOf
from semtel_ops.classifiers.kinds.one_of import OneOf
from semtel_ops.classifiers.kinds.rubric import Rubric
from semtel_ops.classifiers.kinds.scale import Scale
from semtel_ops.classifiers.kinds.yes_no import YesNo

__all__ = ["AnswerKind", "ClassifierLabels", "Kind", "answer_kind"]


class Kind(StrEnum):
    """The shape of an answer."""

    ONE_OF = "one_of"
    """One label of many."""
    MANY_OF = "many_of"
    """All labels that apply, the first one primary."""
    YES_NO = "yes_no"
    """Yes or no."""
    SCALE = "scale"
    """Ordered levels, lowest first. The score is the level, counted from 1."""
    RUBRIC = "rubric"
    """Items that count for or against. The score is the sum for minus the sum against."""


_KINDS: Final[dict[Kind, AnswerKind]] = {
    Kind.ONE_OF: OneOf(),
    Kind.MANY_OF: ManyOf(),
    Kind.YES_NO: YesNo(),
    Kind.SCALE: Scale(),
    Kind.RUBRIC: Rubric(),
}


def answer_kind(kind: Kind) -> AnswerKind:
    """The behavior of a kind: always the same object."""
    return _KINDS[kind]
