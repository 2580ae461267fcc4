"""Why a reply could not be read: a closed set of words, so that none can contain text of a conversation."""

from enum import StrEnum


class Problem(StrEnum):
    """Why a reply could not be read: in the label row, and as a sentence in the second request to the model."""

    EMPTY = "empty_reply"
    TOO_LONG = "reply_too_long"
    NO_ANSWER = "no_answer"  # neither the requested JSON nor a label in plain words
    SEVERAL_ANSWERS = "several_answers"  # answers that contradict each other
    WRONG_TYPE = "wrong_type"  # an answer of another type than requested
    UNKNOWN_LABEL = "unknown_label"
    MISSING_ITEMS = "missing_items"
    ITEM_VALUE = "item_value"  # a rubric item that is not an integer from 0 to 10
    MISSING_MEMBER = "missing_member"  # a shared reply without an answer for this member
    DECLINED = "declined"  # the model says in words that it does not answer
    ONLY_REASONING = "only_reasoning"  # all of the text is reasoning, or the server sent the answer as reasoning
    UNFINISHED = "unfinished_reasoning"  # the reply ends inside the reasoning, so an answer in it is a draft


# Part of prompts: a changed text changes the request and its key.
_SENTENCES: dict[str, str] = {
    Problem.EMPTY: "it was empty",
    Problem.TOO_LONG: "it was far too long",
    Problem.NO_ANSWER: "it held no answer in the form asked for",
    Problem.SEVERAL_ANSWERS: "it held several different answers",
    Problem.WRONG_TYPE: "its answer had the wrong type",
    Problem.UNKNOWN_LABEL: "its label is not in the list",
    Problem.MISSING_ITEMS: "items were missing",
    Problem.MISSING_MEMBER: "it held no answer for this conversation",
    Problem.ITEM_VALUE: "an item's value was not an integer from 0 to 10",
    Problem.DECLINED: "it declined, though only a label was asked for, not help with the conversation",
    Problem.ONLY_REASONING: "it held reasoning and no answer after it",
    Problem.UNFINISHED: "it ended before the reasoning did, without an answer",
}


def in_words(problem: str) -> str:
    """The problem as a clause for the model; an unknown problem reads as `NO_ANSWER`."""
    return _SENTENCES.get(problem, _SENTENCES[Problem.NO_ANSWER])


class UnreadableError(Exception):
    """A reply cannot be read. Caught in this package, which returns a `Labelling` with the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem
