from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.conversations.sources.containers.json_lines import read_json_lines, split_lines
from semtel_ops.conversations.sources.records import Raw, Reason, Unreadable


@given(st.lists(st.binary(max_size=20)), st.integers(5, 15))
def test_lines_are_those_of_split_whatever_the_chunks(chunks: list[bytes], limit: int) -> None:
    whole = b"".join(chunks).split(b"\n")
    expected = [(n, line if len(line) <= limit else None) for n, line in enumerate(whole, start=1)]
    if not whole[-1]:
        expected.pop()
    assert list(split_lines(chunks, limit)) == expected


def test_lines_end_at_line_feeds_alone() -> None:
    text = '{"a": "x\u2028y\x85z\u2029"}\n{"a": 2}'
    assert [raw.value for raw in read_json_lines([text.encode()], "f", 100) if isinstance(raw, Raw)] == [
        {"a": "x\u2028y\x85z\u2029"},
        {"a": 2},
    ]


def test_a_line_over_the_limit_is_skipped_and_the_next_one_read() -> None:
    chunks = [b'{"a": "', *[b"x" * 1000] * 50, b'"}\n', b'{"a": 2}\n']
    outcomes = list(read_json_lines(chunks, "f", 100))
    assert isinstance(outcomes[0], Unreadable)
    assert (outcomes[0].reason, outcomes[0].place) == (Reason.TOO_LARGE, "f:line 1")
    assert outcomes[1] == Raw("f:line 2", {"a": 2})


def test_blank_lines_count_but_are_no_records() -> None:
    assert list(read_json_lines([b'\n \r\n{"a":1}\n\n'], "f", 100)) == [Raw("f:line 3", {"a": 1})]
