"""Why a reply could not be read: closed words, so that no text of a conversation can travel in them."""

from enum import StrEnum


class Problem(StrEnum):
    """What a label row's reader, and the model on the second ask, are told."""

    EMPTY = "empty_reply"
    TOO_LONG = "reply_too_long"
    NO_ANSWER = "no_answer"  # neither the JSON asked for nor a label in plain words
    SEVERAL_ANSWERS = "several_answers"  # that contradict each other
    WRONG_TYPE = "wrong_type"  # an answer, but not of the kind asked for
    UNKNOWN_LABEL = "unknown_label"
    MISSING_ITEMS = "missing_items"
    ITEM_VALUE = "item_value"  # a rubric item that is not an integer from 0 to 10
    MISSING_MEMBER = "missing_member"  # a shared reply without an answer for this member


_SPOKEN: dict[str, str] = {
    Problem.EMPTY: "it was empty",
    Problem.TOO_LONG: "it was far too long",
    Problem.NO_ANSWER: "it held no answer in the form asked for",
    Problem.SEVERAL_ANSWERS: "it held several different answers",
    Problem.WRONG_TYPE: "its answer had the wrong type",
    Problem.UNKNOWN_LABEL: "its label is not in the list",
    Problem.MISSING_ITEMS: "items were missing",
    Problem.MISSING_MEMBER: "it held no answer for this conversation",
    Problem.ITEM_VALUE: "an item's value was not an integer from 0 to 10",
}


def spoken(problem: str) -> str:
    """The problem in a model's language; an unknown word is told as no answer."""
    return _SPOKEN.get(problem, _SPOKEN[Problem.NO_ANSWER])


class UnreadableError(Exception):
    """Ends the reading of one reply; it never leaves this room."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem
