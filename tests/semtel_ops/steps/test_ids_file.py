from pathlib import Path

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.steps.ids_file import read_ids


def test_ids_stand_one_in_a_line_and_empty_lines_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("c1\n\n  c 2 \nc3")
    assert list(read_ids(str(tmp_path / "ids.txt"))) == [["c1", "c 2", "c3"]]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "ids.bin").write_bytes(b"\xff\xfe\xff")
    for name in ("ids.bin", "none.txt"):
        with pytest.raises(ConfigError, match=name):
            list(read_ids(str(tmp_path / name)))
