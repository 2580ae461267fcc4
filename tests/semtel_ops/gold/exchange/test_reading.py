import json

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.gold.exchange import detected, read_labels
from tests.support.gold_files import argilla_record, label_studio_task


@pytest.mark.parametrize(
    ("content", "form"),
    [
        ('{"conversation_id": "c1"}\n', "jsonl"),
        (json.dumps([label_studio_task(1, "c1", [])]), "label-studio"),
        (json.dumps([argilla_record("c1", {})], indent=2), "argilla"),
    ],
)
def test_a_format_is_recognised_by_its_content(tmp_path, content, form):
    path = tmp_path / "file.json"
    path.write_text(f"\n{content}")
    assert detected(path) == (path, form)


def test_of_a_folder_the_file_that_a_tool_writes_is_read(tmp_path):
    (tmp_path / "records.json").write_text(json.dumps([argilla_record("c1", {})]))
    assert detected(tmp_path) == (tmp_path / "records.json", "argilla")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[{"id": 1, "topic": "health", "annotator": 1}]', "JSON-MIN"),
        ('[{"some": "thing"}]', "no format that is known"),
        ('[{"cut', "is not JSON"),
    ],
)
def test_what_is_not_recognised_is_one_line_that_says_why(tmp_path, content, said):
    path = tmp_path / "file.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=said):
        detected(path)


def test_a_folder_without_such_a_file_and_a_file_that_is_not_there_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"has no records\.json"):
        detected(tmp_path)
    with pytest.raises(ConfigError, match="cannot be read"):
        detected(tmp_path / "nothing.json")


@pytest.mark.parametrize("form", ["label-studio", "argilla"])
def test_a_file_of_another_format_than_was_said_is_one_line(tmp_path, form, questions):
    path = tmp_path / "file.json"
    path.write_text('{"conversation_id": "c1"}\n{"conversation_id": "c2"}\n')
    with pytest.raises(ConfigError, match=f"is not a file of the format {form}"):
        list(read_labels(path, form, questions))


@pytest.mark.parametrize("form", [None, "label-studio", "argilla"])
def test_a_file_that_nests_deeper_than_any_export_is_one_line(tmp_path, form, questions):
    path = tmp_path / "file.json"
    path.write_text("[" * 200_000)
    with pytest.raises(ConfigError, match=r"is not JSON|is not a file of the format"):
        detected(path) if form is None else list(read_labels(path, form, questions))


def test_a_line_that_nests_deeper_than_any_label_is_a_problem_of_that_line(tmp_path, questions):
    path = tmp_path / "labels.jsonl"
    label = {"conversation_id": "c1", "classifier": "topic", "person": "ada", "label": "health"}
    path.write_text("[" * 200_000 + f"\n{json.dumps(label)}\n")
    problem, read = read_labels(path, "jsonl", questions)
    assert (problem.where, problem.reason) == ("line 1", "is not JSON")
    assert read.label == "health"
