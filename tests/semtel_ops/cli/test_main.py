"""The `semtel` command as a process: what it ends with."""

import subprocess
import sys

import pytest


def semtel(*arguments, cwd):
    command = [sys.executable, "-c", "from semtel_ops.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=120)


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), (["classifiers", "list"], 0), (["classify"], 2)])
def test_it_ends_with_0_or_2(tmp_path, arguments, code):
    assert semtel(*arguments, cwd=tmp_path).returncode == code


def test_a_command_that_ends_early_ends_with_its_own_code(tmp_path):
    """click hands the code of an `Exit` back instead of ending the process."""
    (tmp_path / "mood.prompty").write_text("no frontmatter\n", encoding="utf-8")
    done = semtel("classifiers", "check", "mood.prompty", cwd=tmp_path)
    assert "mood.prompty:1: must start with a line `---`" in done.stderr
    assert done.returncode == 2
