"""Classifiers: the questions about a conversation, and how their answers are read.

Here: labels, classifiers from prompt files, the kinds of answers (`kinds`), reading replies.
Not here: the prompt file format (`prompts`), putting members into requests (`packing`), sending requests (`realtime`).
"""

from semtel_ops.classifiers.catalog import load_classifier, load_classifiers
from semtel_ops.classifiers.kinds import AnswerKind, Kind
from semtel_ops.classifiers.labels import Label, Labelling, MatchedBy
from semtel_ops.classifiers.parse import read_answer, read_reply
from semtel_ops.classifiers.problems import Problem
from semtel_ops.classifiers.spec import ClassifierSpec

__all__ = [
    "AnswerKind",
    "ClassifierSpec",
    "Kind",
    "Label",
    "Labelling",
    "MatchedBy",
    "Problem",
    "load_classifier",
    "load_classifiers",
    "read_answer",
    "read_reply",
]
