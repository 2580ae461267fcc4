import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.gold.exchange import json_file


def test_a_document_and_lines_are_read_whatever_their_first_bytes_are(tmp_path):
    path = tmp_path / "file.json"
    path.write_bytes(b'\xef\xbb\xbf[1, "\\ud83d"]')
    assert json_file.document(path) == [1, "\ufffd"]
    path.write_bytes(b"one\n\n three\r\n")
    assert list(json_file.lines(path)) == [(1, b"one\n"), (3, b" three\r\n")]


def test_what_is_beyond_the_bounds_is_refused_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(json_file, "MAX_BYTES", 0)
    monkeypatch.setattr(json_file, "MAX_LINE_BYTES", 20)
    path = tmp_path / "file.json"
    path.write_text('"short"\n' + 20 * "x" + "\n")
    with pytest.raises(ConfigError, match="some of the conversations at a time"):
        json_file.document(path)
    with pytest.raises(ConfigError, match="in line 2"):
        list(json_file.lines(path))
