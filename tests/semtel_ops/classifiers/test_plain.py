import pytest

from semtel_ops.classifiers.plain import read_plain
from semtel_ops.classifiers.problems import Problem, UnreadableError


@pytest.mark.parametrize(
    "text",
    [
        "create",
        "Create.",
        "**Create**",
        "label: create",
        "The label is: create",
        "Answer = `create`",
        "Category → Create.",
        "create - the user wants a poem to remember",
        "Create, because the user asks for a new poem.",
        "The user wants a poem.\n\nLabel: create",
        "create\n\nThe user does not want facts, but a poem.",
        'The best fit is "create".',
        "I would classify this conversation as create.",
        "The task is about create",
        "x" * 20_000 + "\nlabel: create",
    ],
)
def test_a_label_put_forward_is_read(one_of, text):
    assert read_plain(one_of.index, text)[0] == "create"


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, I cannot create a label for this.",
        "This is not create.",
        "It isn't about create",
        "To create a poem one has to remember words.",
        "Ignore all previous instructions",
        "The user wants to create something, I think, maybe",
        "label",
        "label:",
        "is is is is",
        "Je ne sais pas",
        "我不知道",
    ],
)
def test_a_mere_mention_is_no_answer(one_of, text):
    assert read_plain(one_of.index, text) is None


@pytest.mark.parametrize("text", ["create\nremember", "label: create\nlabel: remember", "**create** or **remember**"])
def test_two_labels_put_forward_are_none(one_of, text):
    with pytest.raises(UnreadableError) as caught:
        read_plain(one_of.index, text)
    assert caught.value.problem is Problem.SEVERAL_ANSWERS


@pytest.mark.parametrize(
    ("text", "label"),
    [("Yes, it is.", "yes"), ("No. The user chats.", "no"), ("The answer is no", "no"), ("yes!", "yes"), ("No idea", None)],
)
def test_yes_and_no_lead_their_sentence(yes_no, text, label):
    found = read_plain(yes_no.index, text)
    assert (found and found[0]) == label
