"""A value is traced to its line, whatever way the YAML is written."""

import pytest
import yaml

from semtel_ops.errors import ConfigError
from semtel_ops.settings.marked_yaml import parse_yaml, read_yaml


def test_every_value_has_the_line_of_its_key_or_entry():
    parsed = parse_yaml("a:\n  b: 1\n  c:\n    - x\n    - {d: 2,\n       e: 3}\n")
    assert parsed.lines == {
        (): 1, ("a",): 1, ("a", "b"): 2, ("a", "c"): 3,
        ("a", "c", 0): 4, ("a", "c", 1): 5, ("a", "c", 1, "d"): 5, ("a", "c", 1, "e"): 6,
    }  # fmt: skip


def test_a_value_that_was_not_written_has_the_line_of_what_is_around_it():
    parsed = parse_yaml("a:\n  b: 1\n")
    assert parsed.line_of(("a", "missing", 3)) == 1
    assert parsed.line_of(("a", "b")) == 2


def test_lines_count_from_the_first_line_of_the_text():
    assert parse_yaml("a: 1\nb: 2", first_line=10).line_of(("b",)) == 11


def test_a_key_given_twice_is_noted_and_has_the_later_value_and_line():
    parsed = parse_yaml("a:\n  x: 1\nb: 2\na:\n  y: 3\n")
    assert parsed.data == {"a": {"y": 3}, "b": 2}
    assert parsed.repeated == ((("a",), 1, 4),)
    assert ("a", "x") not in parsed.lines
    assert parsed.line_of(("a", "y")) == 5


def test_numbers_as_keys_are_found_as_texts():
    assert parse_yaml("faults:\n  429: 0.1\n").line_of(("faults", "429")) == 2


def test_aliases_that_repeat_each_other_many_times_are_looked_at_once():
    levels = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert len(parse_yaml(levels).lines) < 500


def test_an_alias_to_what_surrounds_it_ends():
    assert parse_yaml("a: &a\n  b: *a\n").line_of(("a", "b")) == 2


def test_an_empty_document_is_none():
    assert parse_yaml("# only a comment\n").data is None


def test_what_is_not_yaml_is_an_error_that_knows_its_line():
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        parse_yaml("a: [1\nb: 2")
    assert caught.value.problem_mark.line == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [1\nb: 2", r"wrong\.yaml: 'line 2' is not valid YAML"),
        (b"a: \xff\xfe", r"wrong\.yaml: 'not UTF-8' must be a UTF-8 text file"),
        (b"a: 2026-13-45", r"wrong\.yaml: .*is not valid YAML: month must be in 1\.\.12"),
        (b"[" * 3000, r"wrong\.yaml: .*is not valid YAML"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_one_line_that_names_it(tmp_path, content, said):
    path = tmp_path / "wrong.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=said) as caught:
        read_yaml(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.yaml: 'No such file or directory' is not a readable file"):
        read_yaml(tmp_path / "gone.yaml")
    with pytest.raises(ConfigError, match="is not a readable file"):
        read_yaml(tmp_path)


def test_a_byte_order_mark_is_passed_over(tmp_path):
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_yaml(path).data == {"a": 1}
