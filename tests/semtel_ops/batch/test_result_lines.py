"""A result file is read whatever a server made of JSONL; what is lost is a line, never the reading."""

import gzip
import io
import json
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.batch.result_lines import read_lines

LINES: list[dict[str, Any]] = [{"custom_id": "a", "text": "é\u2028\U0001f600"}, {"custom_id": "b", "value": [1.5, None]}]
CONTENT = b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in LINES)
MANY = b"".join(json.dumps({"custom_id": str(n), "text": str(n * n) * 20}).encode() + b"\n" for n in range(5_000))


def read(content: bytes) -> tuple[list[Any], bool]:
    lines = read_lines(io.BytesIO(content))
    return list(lines), lines.cut


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(CONTENT, id="JSONL"),
        pytest.param(CONTENT.rstrip(), id="no newline at the end"),
        pytest.param(b"\xef\xbb\xbf" + CONTENT, id="BOM"),
        pytest.param(CONTENT.replace(b"\n", b"\r\n\r\n"), id="CRLF and blank lines"),
        pytest.param(CONTENT.decode().encode("utf-16"), id="UTF-16"),
        pytest.param(CONTENT.decode().encode("utf-16-be"), id="UTF-16, big end first, no BOM"),
        pytest.param(gzip.compress(CONTENT), id="gzip"),
        pytest.param(gzip.compress(CONTENT[:60]) + gzip.compress(CONTENT[60:]), id="gzip in two members"),
        pytest.param(json.dumps(LINES).encode(), id="an array"),
        pytest.param(
            b"[" + b",\n".join(json.dumps(line).encode() for line in LINES) + b"]", id="an array without own brackets"
        ),
        pytest.param(json.dumps({"data": LINES}).encode(), id="a list in an object"),
        pytest.param(b"".join(json.dumps(line).encode() for line in LINES), id="no line ends"),
        pytest.param(b"\r".join(json.dumps(line).encode() for line in LINES), id="CR"),
        pytest.param(b"".join(b"data: " + json.dumps(line).encode() + b"\n\n" for line in LINES), id="events"),
        pytest.param(b"".join(b"\x1e" + json.dumps(line).encode() + b"\n" for line in LINES), id="JSON text sequences"),
        pytest.param(zipped({"results.jsonl": CONTENT}), id="zip"),
        pytest.param(b"[\n" + b",\n".join(json.dumps(line).encode() for line in LINES) + b"\n]\n", id="an array over lines"),
    ],
)
def test_the_lines_are_read_from_any_wrapping(content: bytes) -> None:
    assert read(content) == (LINES, False)


def test_values_that_a_strict_parser_refuses_are_read() -> None:
    lines, _ = read(b'{"custom_id": "a", "x": NaN}\n{"custom_id": "b", "x": "\\ud83d"}\n{"custom_id": "c\xff"}\n')
    assert [line["custom_id"] for line in lines] == ["a", "b", "c\ufffd"]
    assert lines[0]["x"] is None


@pytest.mark.parametrize(
    ("content", "expected", "cut"),
    [
        pytest.param(CONTENT[:-9], [LINES[0], None], True, id="cut within a line"),
        pytest.param(CONTENT + b"{half", [*LINES, None], True, id="cut after a line"),
        pytest.param(CONTENT + b"{half\n", [*LINES, None], False, id="a bad line"),
        pytest.param(b"<html>\n<body>\n</html>\n", [None, None, None], False, id="HTML"),
        pytest.param(b"", [], False, id="nothing"),
        pytest.param(b"\n \n", [], False, id="blank"),
        pytest.param(b"\x1f\x8b", [None], True, id="the beginning of gzip"),
        pytest.param(b"[1, 2]\n", [None, None], False, id="an array of something else"),
        pytest.param(b"[" * 5_000 + b"\n", [None], False, id="depth"),
        pytest.param(zipped({"a": CONTENT, "b": CONTENT}), [None], True, id="zip of two files"),
        pytest.param(b"PK\x03\x04" + b"x" * 50, [None], True, id="the beginning of a zip"),
    ],
)
def test_what_cannot_be_read_is_a_line_without_content(content: bytes, expected: list[Any], cut: bool) -> None:
    assert read(content) == (expected, cut)


@pytest.mark.parametrize("damage", [lambda packed: packed[: len(packed) // 2], lambda packed: packed[:9_000] + b"\xff" * 99])
def test_compressed_data_that_are_damaged_are_read_up_to_there(damage: Any) -> None:
    lines, cut = read(damage(gzip.compress(MANY)))
    assert cut
    assert lines[-1] is None
    whole = [line for line in lines if line is not None]
    assert whole == [json.loads(line) for line in MANY.splitlines()[: len(whole)]]
    assert len(whole) > 100


def test_a_line_without_end_is_skipped_in_bounded_memory() -> None:
    assert read(b"x" * (40 * 1024 * 1024) + b"\n" + CONTENT) == ([None, *LINES], False)


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x1f\x8b\x08", b"\xff\xfe", b"[", b"{\x00"]))
def test_any_bytes_are_read(content: bytes, head: bytes) -> None:
    lines, _ = read(head + content)
    assert all(line is None or isinstance(line, dict) for line in lines)


@given(st.integers(0, len(CONTENT)), st.sampled_from([gzip.compress, lambda content: content]))
def test_a_file_that_is_cut_anywhere_keeps_the_lines_before(at: int, pack: Any) -> None:
    content = pack(CONTENT)
    lines, _ = read(content[:at])
    whole = [line for line in lines if line is not None]
    assert whole == LINES[: len(whole)]
