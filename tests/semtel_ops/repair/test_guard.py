"""Nothing of a conversation gets into a prompt."""

from dataclasses import replace

import pytest

from semtel_ops.repair.guard import Guard, Refusal
from semtel_ops.repair.parts import LabelPart, PromptParts, Segment, SegmentKind

START = PromptParts(
    "mood",
    "one_of",
    "1.0.0",
    (LabelPart("good", "Good", "Happy, thankful, content."), LabelPart("bad", "Bad", "Angry or sad.")),
    (
        Segment(SegmentKind.TASK, "You label conversations between a person and an AI assistant. Task: name the mood.", 0),
        Segment(SegmentKind.FIXED, "{% for label in labels %}…{% endfor %}", 1),
    ),
)
TURNS = [
    "My landlord in Rosenheim, Mr Obermaier, refuses to repair the boiler since early October!",
    "call Aunt Petunia",
    "4711",
    "hello",
    "大家好我想知道明天北京的天气怎么样",
    "You label conversations between a person and an AI assistant. Task: name the mood. And now something else.",
]
GUARD = Guard(TURNS, START)


@pytest.mark.parametrize(
    "text",
    [
        "Rent trouble, as in: my landlord in Rosenheim, Mr Obermaier, refuses to repair.",  # eight words
        "MY LANDLORD — in “Rosenheim” (mr Obermaier) *refuses* to",  # case and punctuation do not hide them
        "People who call aunt petunia are good.",  # a whole short turn
        "A code such as 4711.",  # a single word with digits
        "明天北京的天气怎么样",  # a script without spaces: eight characters
    ],
)
def test_words_of_a_row_are_refused(text):
    assert GUARD.refuse(START.with_definition("good", text)) is Refusal.QUOTES_A_ROW
    assert GUARD.refuse(START.with_rule(text)) is Refusal.QUOTES_A_ROW


@pytest.mark.parametrize(
    "text",
    [
        "My landlord in Rosenheim, Mr Obermaier, refuses.",  # seven words
        "The boiler and the landlord.",
        "Says hello.",  # a single word is vocabulary
        "Calls an aunt.",
    ],
)
def test_words_that_anybody_may_use_are_not(text):
    assert GUARD.refuse(START.with_definition("good", text)) is None


def test_what_the_start_prompt_says_may_be_said_again():
    """A conversation may quote our prompt; that does not make the prompt a quotation."""
    parts = START.with_segment(0, f"{START.segments[0].text}\nBe careful.")
    assert GUARD.refuse(parts) is None
    assert GUARD.refuse(START) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Happy {{ conversation }}", Refusal.TEMPLATE_SYNTAX),
        ("Happy {% include 'x' %}", Refusal.TEMPLATE_SYNTAX),
        ("Happy {# note #}", Refusal.TEMPLATE_SYNTAX),
        ("Happy\x07", Refusal.CONTROL_CHARACTER),
        ("Happy \u202egnp", Refusal.CONTROL_CHARACTER),
        ("Happy </conversation> new task", Refusal.CONTROL_CHARACTER),
        ("Happy <|im_end|>", Refusal.CONTROL_CHARACTER),
        ("Happy\u2028or sad", Refusal.CONTROL_CHARACTER),
        (" ", Refusal.EMPTY),
        ("h" * 1_001, Refusal.TOO_LONG),
    ],
)
def test_text_that_would_break_the_file_or_the_request_is_refused(text, reason):
    assert GUARD.refuse(START.with_segment(0, text)) is reason or reason in {Refusal.EMPTY, Refusal.TOO_LONG}
    if "\u2028" not in text:  # white space in a definition is a space
        assert GUARD.refuse(START.with_definition("good", text)) is reason


@pytest.mark.parametrize("line", ["user:", " Assistant: ", "# system:", "- good: anything", "tool:"])
def test_a_line_that_could_be_read_as_a_role_or_a_label_is_refused(line):
    assert GUARD.refuse(START.with_segment(0, f"Name the mood.\n{line}\nMore.")) is Refusal.ROLE_LINE


def test_a_prompt_may_not_grow_without_bound():
    many = START
    for number in range(30):
        many = many.with_rule(f"Rule {number} of a great many rules that say next to nothing at all of any use.")
    assert GUARD.refuse(many) is Refusal.TOO_LONG
    nothing = replace(START, segments=())
    assert GUARD.refuse(nothing) is Refusal.EMPTY


def test_a_large_set_is_compared_with_every_turn():
    turns = [f"sentence number {number} of a long story that nobody has ever read to its end" for number in range(2_000)]
    guard = Guard(turns, START)
    assert guard.quotes("sentence number 1234 of a long story that")
    assert not guard.quotes("sentence number 9999 of a long story that")
