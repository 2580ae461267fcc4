"""Nothing of data reaches a terminal as a command to it."""

import json
import logging

import pytest

from semtel_ops.cli.output import show
from semtel_ops.cli.printable import PrintableFormatter, printable

_HOSTILE = "a\x1b]0;title\x07\x1b[2Jb\u202ec\x9b31m\x7f\rd"


def test_what_a_terminal_obeys_is_spelled_out() -> None:
    assert printable(_HOSTILE) == "a\\u001b]0;title\\u0007\\u001b[2Jb\\u202ec\\u009b31m\\u007f\\u000dd"
    assert printable("äöü\t中文\n👩‍💻") == "äöü\t中文\n👩‍💻"


@pytest.mark.parametrize("as_json", [True, False])
def test_a_manifest_with_hostile_names_is_printed_without_them(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    show({"run": _HOSTILE, "failed": [{"place": _HOSTILE}]}, as_json=as_json)
    out = capsys.readouterr().out
    assert printable(out) == out
    if as_json:
        assert json.loads(out)["run"] == _HOSTILE


def test_a_log_line_is_printed_without_them() -> None:
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "record %s", (_HOSTILE,), None)
    assert PrintableFormatter("%(message)s").format(record) == f"record {printable(_HOSTILE)}"
