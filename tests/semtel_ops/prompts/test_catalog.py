import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.prompts import find_prompt, prompt_ids


@pytest.fixture
def folder(tmp_path):
    for name in ("topic.prompty", "mood.prompty", "_shared.prompty", "_fence.jinja2", "notes.md"):
        (tmp_path / name).write_text("x")
    return tmp_path


def test_ids_are_the_names_of_prompt_files_without_shared_wording(folder):
    assert prompt_ids(folder) == ("mood", "topic")
    assert find_prompt(folder, "mood") == folder / "mood.prompty"


def test_an_unknown_id_is_told_the_nearest_and_all_known(folder):
    with pytest.raises(ConfigError, match=r"'topics' has no prompt file in .*did you mean topic\? known: mood, topic"):
        find_prompt(folder, "topics")


@pytest.mark.parametrize("sneaky", ["../topic", "_shared", "", "topic.prompty", "*"])
def test_an_id_is_never_a_path(folder, sneaky):
    with pytest.raises(ConfigError):
        find_prompt(folder, sneaky)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"gone.*is not a folder"):
        prompt_ids(tmp_path / "gone")
