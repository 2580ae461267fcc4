import pytest

from semtel_ops.errors import PromptFileError
from semtel_ops.prompts import ExampleMessage, load_prompty, render

WORDS = {"words": ("glad", "sad")}


def test_sections_become_instruction_examples_intro_and_reminder(write_prompt, whole):
    text = whole.replace("user:\nHere", "user:\nI won {{ words[0] }}!\n\nassistant:\n{{ words[0] }}\n\nuser:\nHere")
    rendered = render(load_prompty(write_prompt(text)), WORDS)
    assert rendered.instruction == "Name the mood.\n- glad\n- sad"
    assert rendered.examples == (ExampleMessage("user", "I won glad!"), ExampleMessage("assistant", "glad"))
    assert rendered.intro == "Here it is:\n"
    assert rendered.reminder == "\nWhich mood?"


def test_rendered_values_are_neither_escaped_nor_rendered_again(write_prompt, whole):
    rendered = render(load_prompty(write_prompt(whole)), {"words": ("<b> & {{ 1 + 1 }}", "user:")})
    assert "- <b> & {{ 1 + 1 }}\n- user:" in rendered.instruction


def test_a_partial_keeps_the_blank_line_after_it(write_prompt, whole):
    write_prompt("Shared.\n", "_shared.jinja2")
    text = whole.replace("Name the mood.", '{% include "_shared.jinja2" %}\n\nName the mood.')
    assert render(load_prompty(write_prompt(text)), WORDS).instruction.startswith("Shared.\n\nName the mood.")


def test_the_fingerprint_follows_every_part_and_nothing_else(write_prompt, whole):
    changes = [
        ("Name the", "Say the"),
        ("Here it is", "Now"),
        ("Which mood", "What mood"),
        ("displayName: Mood", "displayName: M"),
    ]
    original = render(load_prompty(write_prompt(whole)), WORDS).fingerprint
    assert original == render(load_prompty(write_prompt(whole)), WORDS).fingerprint
    changed = [render(load_prompty(write_prompt(whole.replace(*c))), WORDS).fingerprint for c in changes]
    assert len({original, *changed[:3]}) == 4
    assert changed[3] == original


# (what is replaced, by what, line of the error, part of its reason)
BROKEN = {
    "a tag that says too little": ("Name the mood.", "Name\n{% if %}", 15, "Expected an expression"),
    "a block that is not closed": ("{% endfor %}", "", 16, "innermost block"),
    "an unknown tag": ("Name the mood.", "{% frobnicate %}", 14, "unknown tag 'frobnicate'"),
    "an undefined name": ("- {{ word }}", "- {{ wrd }}", 16, "'wrd' is undefined"),
    "an undefined attribute": ("- {{ word }}", "- {{ word.name }}", 16, "has no attribute 'name'"),
    "the conversation in the instruction": ("Name the mood.", "\n{{ conversation }}", 15, "'conversation' is undefined"),
    "an undefined name in the last section": ("Which mood?", "{{ mood }}", 22, "'mood' is undefined"),
    "an error while running": ("Name the mood.", "\n\n{{ 1 / 0 }}", 16, "ZeroDivisionError"),
    "a way out of the sandbox": ("- {{ word }}", "- {{ word.__class__.__mro__ }}", 16, "unsafe"),
    "a range without end": ("Name the mood.", "{% for i in range(10**9) %}{% endfor %}", 14, "Range too big"),
    "a partial that is not there": ("Name the mood.", '\n{% include "_gone.jinja2" %}', 15, "_gone.jinja2"),
    "a partial outside the folder": ("Name the mood.", '{% include "../secret" %}', 14, "../secret"),
    "no conversation": ("{{ conversation }}\n", "", 20, "exactly once"),
    "the conversation twice": ("Which mood?", "{{ conversation }}", 20, "exactly once"),
    "a section that renders to an empty text": (
        "Name the mood.\n{% for word in words %}\n- {{ word }}\n{% endfor %}",
        "{{ '' }}",
        14,
        "renders to an empty text",
    ),
}


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.replace(" ", "-"))
def test_a_broken_template_is_refused_with_the_line_of_the_file(write_prompt, whole, case):
    old, new, line, reason = BROKEN[case]
    assert old in whole
    path = write_prompt(whole.replace(old, new, 1))
    with pytest.raises(PromptFileError) as caught:
        render(load_prompty(path), WORDS)
    assert (caught.value.path, caught.value.line) == (str(path), line), str(caught.value)
    assert reason in caught.value.reason


@pytest.mark.parametrize(("partial", "line"), [("Fine.\n{{ oops }}\n", 2), ("Fine.\n\n{% if %}\n", 3)])
def test_a_defect_of_a_partial_is_the_partials(write_prompt, whole, partial, line):
    shared = write_prompt(partial, "_shared.jinja2")
    path = write_prompt(whole.replace("Name the mood.", '{% include "_shared.jinja2" %}'))
    with pytest.raises(PromptFileError) as caught:
        render(load_prompty(path), WORDS)
    assert (caught.value.path, caught.value.line) == (str(shared), line)
