from typing import Any

import pytest

from semtel_ops.conversations.sources import Reason, Unreadable

HEADER = "conversation_id,messages\n"
CELL = '"[{""role"": ""user"", ""content"": ""a, b\nc""}]"'


def test_a_field_may_hold_commas_quotes_and_lines(read_bytes: Any) -> None:
    (record,) = read_bytes((HEADER + f"c1,{CELL}\n").encode(), "a.csv")
    assert record.conversation.turns[0].content == "a, b\nc".replace("\n", "\n")
    assert record.place.endswith("a.csv:row 1")


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_the_header_tells_the_delimiter(read_bytes: Any, outline: Any, delimiter: str) -> None:
    text = 'id,chosen,rejected\nr1,"\n\nHuman: hi\n\nAssistant: ho",x\n'.replace(",", delimiter)
    assert outline(read_bytes(text.encode(), "a.tsv")) == ["r1"]


def test_a_row_that_does_not_fit_the_header_costs_only_itself(read_bytes: Any, outline: Any) -> None:
    text = HEADER + f"c1,{CELL}\nc2,{CELL},more\nc3\n\nc4,{CELL}\n"
    outcomes = read_bytes(text.encode(), "a.csv")
    assert outline(outcomes) == ["c1", Reason.MALFORMED_ROW, Reason.MALFORMED_ROW, "c4"]
    assert outcomes[-1].place.endswith("row 4")


def test_an_unknown_header_is_one_entry_that_names_columns_only(read_bytes: Any) -> None:
    (entry,) = read_bytes(b"city,my secret words\nBonn,3\nKiel,4\n", "a.csv")
    assert entry.reason is Reason.UNKNOWN_COLUMNS
    assert entry.kind == "file"
    assert "city" in entry.detail
    assert "secret" not in entry.detail


def test_a_quote_that_is_never_closed_ends_in_entries(read_bytes: Any) -> None:
    text = HEADER + 'c1,"' + "x\n" * 200_000
    outcomes = read_bytes(text.encode(), "a.csv", max_record_mb=0.2)
    assert outcomes
    assert all(isinstance(outcome, Unreadable) for outcome in outcomes)


def test_a_line_over_the_limit_is_told_and_the_next_row_read(read_bytes: Any, outline: Any) -> None:
    text = HEADER + "c1," + "x" * 5_000 + "\n" + f"c2,{CELL}\n"
    assert outline(read_bytes(text.encode(), "a.csv", max_record_mb=0.002)) == [Reason.TOO_LARGE, "c2"]
