from pathlib import Path

import pytest

from semtel_ops.errors import ConfigError, PromptFileError
from semtel_ops.prompts import load_prompty


def test_a_whole_file_is_cut_into_sections_that_know_their_lines(write_prompt, whole):
    prompt = load_prompty(write_prompt(whole))
    assert [(section.role, section.line) for section in prompt.sections] == [("system", 14), ("user", 20)]
    assert prompt.sections[0].text.startswith("Name the mood.\n")
    assert prompt.header.display_name == "Mood"
    assert prompt.options.max_output_tokens == 20
    assert prompt.options.temperature == 0
    assert prompt.options.seed is None


@pytest.mark.parametrize("change", [("\n", "\r\n"), ("---\nname", "\ufeff---\nname")])
def test_windows_line_ends_and_a_byte_order_mark_change_nothing(write_prompt, whole, change):
    prompt = load_prompty(write_prompt(whole.replace(*change)))
    assert prompt.sections == load_prompty(write_prompt(whole)).sections


def test_examples_are_pairs_of_user_and_assistant(write_prompt, whole):
    text = whole.replace("user:\nHere", "user:\nI won!\n\nassistant:\nglad\n\nuser:\nHere")
    assert [section.role for section in load_prompty(write_prompt(text)).sections] == [
        "system",
        "user",
        "assistant",
        "user",
    ]


def test_temperature_may_be_left_unsent(write_prompt, whole):
    prompt = load_prompty(write_prompt(whole.replace("temperature: 0", "temperature: null")))
    assert prompt.options.temperature is None


def test_a_prompt_may_say_how_much_to_think(write_prompt, whole):
    assert load_prompty(write_prompt(whole)).options.reasoning_effort is None
    prompt = load_prompty(write_prompt(whole.replace("temperature: 0", "temperature: 0\n    reasoningEffort: xhigh")))
    assert prompt.options.reasoning_effort == "xhigh"
    with pytest.raises(PromptFileError, match=r"reasoningEffort.*'none', 'minimal', 'low', 'medium', 'high', 'xhigh' or 'max'"):
        load_prompty(write_prompt(whole.replace("temperature: 0", "temperature: 0\n    reasoningEffort: much")))


@pytest.mark.parametrize("line", ["Rules:", "Answer as JSON: yes", "* note: this", "a b:", "http://x:"])
def test_lines_with_a_colon_are_not_taken_for_roles(write_prompt, whole, line):
    prompt = load_prompty(write_prompt(whole.replace("Name the mood.", f"Name the mood.\n{line}")))
    assert line in prompt.sections[0].text


# (what is replaced, by what, line of the error, part of its reason)
BROKEN = {
    "empty file": (None, "", 1, "must start with a line `---`"),
    "no frontmatter": (None, "system:\nHello\n", 1, "must start with a line `---`"),
    "frontmatter never closed": ("\n---\nsystem", "\nsystem", 22, "no closing line"),
    "YAML that is not": ("apiType: chat", "apiType: [chat", 9, "not valid YAML"),
    "a tab for indentation": ("  apiType", "\tapiType", 8, "not valid YAML"),
    "a list for frontmatter": (None, "---\n- a\n---\nsystem:\nx\n", 2, "must be a mapping"),
    "a key given twice": ("description:", "name: again\ndescription:", 4, "given twice, first on line 2"),
    "an unknown key": ("description:", "colour: red\ndescription:", 4, "colour: is not a key"),
    "a connection": ("  apiType: chat", "  apiType: chat\n  connection: {key: x}", 9, "connection: is not a key"),
    "an option that is not sent": ("temperature: 0", "topP: 1", 10, "topP: is not a key"),
    "no name": ("name: mood\n", "", 2, "name: is required"),
    "a name that is not the file's": ("name: mood", "name: mud", 2, "must be the file name, mood"),
    "no output limit": ("    maxOutputTokens: 20\n", "", 9, "maxOutputTokens: is required"),
    "an absurd output limit": ("maxOutputTokens: 20", "maxOutputTokens: 0", 11, "greater than or equal to 1"),
    "an alias": ("version:", "a: &a [1]\n  b: *a\n  version:", 7, "aliases are not used"),
    "an alias of itself": ("version:", "a: &a [*a]\n  version:", 6, "aliases are not used"),
    "a python object": ('"1.0.0"', "!!python/object/apply:os.system [ls]", 6, "could not determine a constructor"),
    "another template language": ("model:", "template: {format: mustache}\nmodel:", 7, "template.format"),
    "an unknown role": ("user:\nHere", "developer:\nHere", 19, "unknown role line `developer:`"),
    "a role in capitals": ("user:\nHere", "User:\nHere", 19, "unknown role line `User:`"),
    "an indented role": ("user:\nHere", " user:\nHere", 19, "unknown role line `user:`"),
    "a role with a hash": ("user:\nHere", "# user:\nHere", 19, "unknown role line `# user:`"),
    "text before the first role": ("\nsystem:", "\nHello\nsystem:", 13, "text before the first role"),
    "no body": (None, None, 12, "no role line after"),
    "an empty section": ("Here it is:\n{{ conversation }}\nWhich mood?\n", "\n", 19, "the user section is empty"),
    "no system section": ("system:\nName", "user:\nName", 13, "the first section must be `system:`"),
    "two system sections": ("user:\nHere", "system:\nHere", 19, "expected `user:` here, found `system:`"),
    "an assistant first": ("user:\nHere", "assistant:\nHere", 19, "expected `user:` here"),
    "an assistant last": ("Which mood?", "Which?\nassistant:\nglad", 23, "the last section must be `user:`"),
}


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.replace(" ", "-"))
def test_a_broken_file_is_refused_with_file_line_and_reason(write_prompt, whole, case):
    old, new, line, reason = BROKEN[case]
    if old is not None:
        assert old in whole
        text = whole.replace(old, new, 1)
    else:
        text = whole[: whole.index("system:")] if new is None else new
    path = write_prompt(text)
    with pytest.raises(PromptFileError) as caught:
        load_prompty(path)
    assert (caught.value.path, caught.value.line) == (str(path), line), str(caught.value)
    assert reason in caught.value.reason
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_a_configuration_error(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"gone\.prompty:1: No such file"):
        load_prompty(tmp_path / "gone.prompty")


def test_bytes_that_are_not_utf8_are_found_by_line(write_prompt, whole):
    path = write_prompt(whole.encode().replace(b"Mood", b"M\xff\xff", 1))
    with pytest.raises(PromptFileError, match=r":3: is not UTF-8"):
        load_prompty(path)


def test_yaml_nested_beyond_reason_is_refused(write_prompt, whole):
    path = write_prompt(whole.replace('"1.0.0"', "[" * 3000 + "]" * 3000))
    with pytest.raises(PromptFileError):
        load_prompty(path)
