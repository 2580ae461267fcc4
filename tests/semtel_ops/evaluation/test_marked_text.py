from pathlib import Path

import pytest

from semtel_ops.conversations.scrub import PiiType
from semtel_ops.errors import SourceError
from semtel_ops.evaluation.marked_text import Mark, parse_snippet, read_snippets


def test_marks_are_positions_in_the_text_without_them() -> None:
    snippet = parse_snippet("I am <<name|Ada>>,\\ncall <<phone/mobile|123>>!", language="en", where="en.txt:1")
    assert snippet.text == "I am Ada,\ncall 123!"
    assert snippet.marks == (Mark(5, 8, PiiType.NAME, ""), Mark(15, 18, PiiType.PHONE, "mobile"))


def test_what_is_no_mark_stays() -> None:
    line = "cout << x >> y; a[0]{3}"
    assert parse_snippet(line, language="en", where="").text == line


def test_a_format_draws_the_same_value_in_each_run() -> None:
    line = "TOKEN=<<secret/github~ghp_[A-C7]{36}>>;"
    first, second = (parse_snippet(line, language="en", where="") for _ in range(2))
    value = first.text[first.marks[0].start : first.marks[0].end]
    assert first == second
    assert value.startswith("ghp_")
    assert len(value) == 40
    assert set(value[4:]) == set("ABC7")


def test_an_unknown_type_is_an_error_that_names_its_line() -> None:
    with pytest.raises(SourceError, match=r"de\.txt:7: phon is not a type; known: secret"):
        parse_snippet("<<phon|123>>", language="de", where="de.txt:7")


def test_a_folder_is_read_file_by_file_without_comments(tmp_path: Path) -> None:
    (tmp_path / "fr.txt").write_text("# numéros\n\nrien\n", encoding="utf-8")
    (tmp_path / "de.txt").write_text("nichts\r\n", encoding="utf-8")
    assert [(s.text, s.language, s.where) for s in read_snippets(tmp_path)] == [
        ("nichts", "de", "de.txt:1"),
        ("rien", "fr", "fr.txt:3"),
    ]


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"has no \.txt files"):
        read_snippets(tmp_path)


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(SourceError, match="cannot be read as UTF-8 text"):
        read_snippets(tmp_path / "x.txt")


def test_about_a_third_is_held_out() -> None:
    held_out = sum(parse_snippet(f"line {at}", language="en", where="").held_out for at in range(300))
    assert 70 < held_out < 130
