import logging
import socket
import subprocess
import sys

import pandas as pd
import pytest

from semtel_ops.quality.gx import Expectation, Validator


def ask(column="x", limit=1, **arguments):
    return Expectation(
        "check", "ExpectColumnValuesToBeBetween", {"column": column, "max_value": limit}, "stop", "x is small", **arguments
    )


@pytest.fixture
def suites(tmp_path):
    return Validator("manual", str(tmp_path))


def test_rows_that_fail_are_named_by_their_index(suites):
    frame = pd.DataFrame({"name": ["a", "b", "c"], "x": [1, 2, None]})
    (answer,) = suites.validate("numbers", frame, [ask()], index=("name",))
    assert (answer.passed, answer.unexpected, answer.failing) == (False, 1, ({"name": "b"},))


def test_without_an_index_rows_are_counted_and_their_values_stay(suites, tmp_path):
    frame = pd.DataFrame({"label": ["a", "what a model said"]})
    known = Expectation(
        "check", "ExpectColumnValuesToBeInSet", {"column": "label", "value_set": ["a"]}, "stop", "label is known"
    )
    (answer,) = suites.validate("rows", frame, [known])
    suites.build_docs()
    assert (answer.unexpected, answer.failing) == (1, ())
    assert not any("what a model said" in page.read_text() for page in tmp_path.rglob("*.html"))


def test_only_rows_that_meet_the_condition_are_asked(suites):
    frame = pd.DataFrame({"name": ["it's", "b"], "n": [50, 3], "x": [0, 9]})
    answers = suites.validate(
        "numbers", frame, [ask(where=(("n", ">=", 30),)), ask(where=(("name", "==", "it's"), ("n", ">=", 1)))], index=("name",)
    )
    assert [answer.passed for answer in answers] == [True, True]


def test_an_expectation_that_cannot_be_asked_has_failed_with_its_problem(suites):
    (answer,) = suites.validate("numbers", pd.DataFrame({"y": [1]}), [ask()])
    assert not answer.passed
    assert '"x" in BatchData does not exist' in answer.problem


def test_it_logs_nothing_prints_nothing_and_opens_no_socket(tmp_path, caplog, capfd, monkeypatch):
    def refuse(*_):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with caplog.at_level(logging.INFO):
        quiet = Validator("manual", str(tmp_path))
        quiet.validate("numbers", pd.DataFrame({"x": [1, 2]}), [ask()])
        quiet.build_docs()
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_a_first_import_is_quiet_too():
    """In a process of its own, with logging at INFO as Airflow has it."""
    code = "import logging; logging.basicConfig(level='INFO'); from semtel_ops.quality.gx import Validator; Validator('a', '.')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_the_room_is_imported_without_great_expectations_or_pandas():
    code = "import sys, semtel_ops.quality; print(sorted({'great_expectations', 'pandas', 'duckdb'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
