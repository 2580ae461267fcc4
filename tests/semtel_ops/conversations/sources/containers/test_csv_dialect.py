import pytest

from semtel_ops.conversations.sources.containers.csv_dialect import dialect_of, fits


@pytest.mark.parametrize(
    ("head", "delimiter", "header_lines"),
    [
        (b"id,messages\n", ",", 1),
        (b"id;messages\r\n", ";", 1),
        (b"id\tmessages\n", "\t", 1),
        (b"sep=|\r\nid|messages\r\n", "|", 2),
        (b'"sep=;"\nid;messages\n', ";", 2),
        (b"sep=\t\nid\tmessages\n", "\t", 2),
        (b'"ID","Messages"\n', ",", 1),
        (b"Conversation ID,MESSAGES,Started At\n", ",", 1),
    ],
)
def test_the_header_tells_the_delimiter(head: bytes, delimiter: str, header_lines: int) -> None:
    dialect, _ = dialect_of(head)
    assert dialect is not None
    assert (dialect.delimiter, dialect.header_lines, dialect.backslash) == (delimiter, header_lines, False)


@pytest.mark.parametrize("head", [b"", b"sep=;", b"sep=;\n", b"a;b\n", b"sep=,\nid;messages\n", b'"unclosed\n'])
def test_a_header_that_fits_no_format_is_none(head: bytes) -> None:
    assert not fits(head)


BACKSLASH = b'id,messages\n1,"[{\\"role'


@pytest.mark.parametrize(
    ("line", "standard"),
    [
        (r'"[{\"a\":\"b\"}]"', '"[{""a"":""b""}]"'),
        (r'"say \\\"hi\\\" and\n"', r'"say \""hi\"" and\n"'),
        (r'"ends in a backslash\\"', '"ends in a backslash\\"'),
        ('"plain"', '"plain"'),
    ],
)
def test_escaped_quotes_become_doubled_ones(line: str, standard: str) -> None:
    dialect, _ = dialect_of(BACKSLASH)
    assert dialect is not None
    assert dialect.backslash
    assert dialect.in_standard_quotes(line) == standard


def test_doubled_quotes_are_left_alone() -> None:
    dialect, _ = dialect_of(b'id,messages\n1,"[{""role"": ""say \\""hi\\""""')
    assert dialect is not None
    assert dialect.in_standard_quotes(r'"[{""a"": ""say \""hi\"" ""}]"') == r'"[{""a"": ""say \""hi\"" ""}]"'
