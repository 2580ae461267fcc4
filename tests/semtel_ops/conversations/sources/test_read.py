"""Whatever a folder holds, reading it ends in records and quarantine entries."""

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from semtel_ops.conversations.sources import Reason, Record, Unreadable, read_file
from semtel_ops.conversations.sources.formats.envelope import open_envelope
from semtel_ops.errors import SourceError

SECRET = "Meine Kontonummer lautet"


def _line(name: Any = "c1", content: Any = "hi", **fields: Any) -> bytes:
    return json.dumps({"conversation_id": name, "messages": [{"role": "user", "content": content}], **fields}).encode() + b"\n"


def _said(outcome: Record | Unreadable) -> str:
    assert isinstance(outcome, Record), outcome
    return outcome.conversation.turns[0].content


@pytest.mark.parametrize("data", [b"", b"\n \r\n\t", gzip.compress(b"", mtime=0), gzip.compress(b"\n", mtime=0)])
def test_an_empty_file_is_one_entry(read_bytes: Any, data: bytes) -> None:
    (entry,) = read_bytes(data)
    assert (entry.reason, entry.kind) == (Reason.EMPTY_FILE, "file")


def test_an_empty_array_is_nothing(read_bytes: Any) -> None:
    assert read_bytes(b" []\n", "a.json") == []


def test_a_half_written_gzip_keeps_the_records_before_the_break(read_bytes: Any) -> None:
    packed = gzip.compress(b"".join(_line(f"c{n}", f"{n * 7919 % 1009} said") for n in range(1_000)))
    outcomes = read_bytes(packed[: len(packed) // 2], "a.jsonl.gz")
    ids = [outcome.conversation.id for outcome in outcomes[:-1]]
    assert len(ids) > 300
    assert ids == [f"c{n}" for n in range(len(ids))]
    assert (outcomes[-1].reason, outcomes[-1].kind) == (Reason.BROKEN_FILE, "file")


def test_a_small_half_written_gzip_keeps_its_records_too(read_bytes: Any, outline: Any) -> None:
    packed = gzip.compress(_line("c1") + _line("c2"))
    assert outline(read_bytes(packed[:-8], "a.jsonl.gz")) == ["c1", "c2", Reason.BROKEN_FILE]


def test_an_array_that_is_cut_short_keeps_the_records_before_the_cut(read_bytes: Any, outline: Any) -> None:
    data = b"[" + _line("c1") + b"," + _line("c2") + b"," + _line("c3")[:-10]
    assert outline(read_bytes(data, "a.json")) == ["c1", "c2", Reason.BROKEN_FILE]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.bin", "a.csv", "a"])
@pytest.mark.parametrize(
    "data",
    [b"\x89PNG\r\n\x1a\n" + b"\0" * 50, bytes(range(256)) * 8, b"PK\x03\x04abc", "ein Text".encode("utf-16-le"), b"\xff" * 99],
)
def test_a_binary_file_is_one_entry(read_bytes: Any, name: str, data: bytes) -> None:
    (entry,) = read_bytes(data, name)
    assert (entry.reason, entry.kind) == (Reason.NOT_DATA, "file")


def test_prose_is_one_entry(read_bytes: Any, outline: Any) -> None:
    assert outline(read_bytes(b"Dear reader,\nthis is a letter.\n", "letter.txt")) == [Reason.NOT_DATA]


def test_bad_lines_cost_only_themselves(read_bytes: Any, outline: Any) -> None:
    data = _line("c1") + b'{"conversation_id": "c2", "mess\n' + b"not json\n" + b"7\n" + b"null\n" + b"[]\n" + _line("c3")
    assert outline(read_bytes(data)) == [
        "c1",
        Reason.INVALID_JSON,
        Reason.INVALID_JSON,
        Reason.UNKNOWN_FORMAT,
        Reason.UNKNOWN_FORMAT,
        Reason.NO_TURNS,
        "c3",
    ]


def test_places_name_the_file_and_the_line(read_bytes: Any) -> None:
    outcomes = read_bytes(_line("c1") + b"\nbad\n", "a.jsonl")
    assert [outcome.place.rsplit("/", 1)[1] for outcome in outcomes] == ["a.jsonl:line 1", "a.jsonl:line 3"]


def test_text_is_cleaned_and_kept(read_bytes: Any) -> None:
    raw = _line(content="X").replace(b"X", b"a\\ud83d\\u0000b\x00 <|endoftext|> \xff \xe2\x80\xa8c")
    (record,) = read_bytes(raw)
    assert _said(record) == "a\ufffdb <|endoftext|> \ufffd \u2028c"


def test_a_conversation_of_ten_megabytes_is_read(read_bytes: Any) -> None:
    (record,) = read_bytes(_line(content="ä" * 5_000_000), max_record_mb=64)
    assert len(_said(record)) == 5_000_000


def test_a_record_over_the_limit_is_skipped_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(_line("c1") + b'{"messages": "')
        for _ in range(60):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n' + _line("c2"))
    tracemalloc.start()
    outcomes = list(read_file(str(path), max_record_mb=1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [type(outcome) for outcome in outcomes] == [Record, Unreadable, Record]
    assert peak < 20_000_000


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.jsonl.zst"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, name: str) -> None:
    lines = [_line(f"c{n}", "word " * 600) for n in range(10_000)]
    data = b"[" + b",".join(lines) + b"]" if name == "a.json" else b"".join(lines)
    path = tmp_path / name
    path.write_bytes(zstandard.compress(data) if name.endswith("zst") else data)
    assert len(data) > 30_000_000
    del lines, data
    tracemalloc.start()
    count = sum(isinstance(outcome, Record) for outcome in read_file(str(path), max_record_mb=1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 10_000
    assert peak < 20_000_000


WRONG: list[dict[str, Any]] = [
    {"messages": value} for value in (None, 7, "hi", {}, [7], [[]], [None], [{}], [{"role": 7, "content": SECRET}])
] + [
    {"messages": [{"role": "user", "content": 7}]},
    {"messages": [{"role": SECRET, "content": "x"}]},
    {"messages": [{"role": "user", "content": [7]}]},
    {"messages": [{"role": "assistant", "content": SECRET}]},
    {"messages": [{"role": "user", "content": " \n"}]},
    {"conversations": [{"from": ["human"], "value": SECRET}]},
    {"conversation": SECRET},
    {"chosen": SECRET, "rejected": None},
    {"chosen": None, "rejected": None},
    {"chosen": {"a": SECRET}, "rejected": None},
    {"mapping": []},
    {"mapping": {}},
    {"mapping": {"a": None}, "current_node": "a"},
    {"mapping": {"a": {"parent": "b"}, "b": {"parent": "a", "message": SECRET}}, "current_node": "a"},
    {"mapping": {"a": {"parent": None, "message": SECRET}}, "current_node": "a"},
    {"mapping": {"a": {"parent": "gone", "message": None}}, "current_node": "a"},
    {"message_tree_id": "t", "prompt": SECRET},
    {"message_tree_id": "t", "prompt": {"role": "prompter", "text": [SECRET, 7]}},
    {"message_tree_id": [], "message_id": {}, "parent_id": [], "text": SECRET, "role": "prompter"},
    {"message_tree_id": "t", "message_id": "t", "parent_id": None, "text": None, "role": "prompter", "rank": []},
    {"conversation_id": {"a": SECRET}, "messages": [{"role": "user", "content": "x"}]},
    {"conversation_id": "x" * 10_000, "messages": [{"role": "user", "content": "x"}]},
    {"id": True, "messages": [{"role": "user", "content": "x"}]},
    {"started_at": SECRET, "messages": [{"role": "user", "content": "x"}]},
    {"started_at": [SECRET], "messages": [{"role": "user", "content": "x"}]},
    {SECRET: SECRET},
    {},
]


@pytest.mark.parametrize("record", WRONG, ids=range(len(WRONG)))
def test_wrong_types_end_as_an_entry_without_a_word_of_the_text(read_bytes: Any, record: dict[str, Any]) -> None:
    for name, data in (("a.jsonl", json.dumps(record).encode()), ("a.json", json.dumps([record]).encode())):
        (entry,) = read_bytes(data, name)
        assert isinstance(entry, Unreadable)
        assert entry.kind == "record"
        assert SECRET not in entry.detail + entry.place


def test_deep_nesting_is_an_entry(read_bytes: Any, outline: Any) -> None:
    deep = b'{"conversation_id": "c", "messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
    labels: Any = {}
    for _ in range(400):
        labels = {"a": labels}
    assert outline(read_bytes(deep + _line("c1", labels=labels) + _line("c2"))) == [
        Reason.INVALID_JSON,
        Reason.WRONG_TYPE,
        "c2",
    ]


def test_brackets_without_end_take_no_time(read_bytes: Any, outline: Any) -> None:
    packed = gzip.compress(b"[\n" * 20_000_000, compresslevel=1)
    assert outline(read_bytes(packed, "a.json.gz")) == [Reason.BROKEN_FILE]


def test_a_break_in_a_tree_of_rows_keeps_the_rows_before_it(read_bytes: Any, examples: Any, outline: Any) -> None:
    lines = b"".join(json.dumps(row).encode() + b"\n" for row in examples["oasst-rows"].records)
    assert outline(read_bytes(gzip.compress(lines)[:-8], "a.gz")) == ["m0", Reason.BROKEN_FILE]


def test_formats_may_be_mixed_in_one_file(read_bytes: Any, examples: Any) -> None:
    rows = [row for example in examples.values() for row in example.records]
    outcomes = read_bytes(b"".join(json.dumps(row).encode() + b"\n" for row in rows))
    assert [outcome.conversation.turns for outcome in outcomes] == [example.turns for example in examples.values()]


def test_a_tree_in_two_places_is_told(read_bytes: Any, examples: Any, outline: Any) -> None:
    rows = examples["oasst-rows"].records
    data = [*rows[:2], {**rows[0], "message_tree_id": "other", "message_id": "other"}, *rows[2:]]
    outcomes = read_bytes(b"".join(json.dumps(row).encode() + b"\n" for row in data))
    assert outline(outcomes) == ["m0", "other", Reason.BROKEN_TREE]
    assert outcomes[2].place.endswith("line 4")


def test_a_tree_over_the_limit_is_not_held(read_bytes: Any, examples: Any, outline: Any) -> None:
    first, *_ = examples["oasst-rows"].records
    rows = [first, *({**first, "message_id": f"x{n}", "parent_id": "m0", "text": "x" * 500} for n in range(50))]
    data = b"".join(json.dumps(row).encode() + b"\n" for row in rows) + _line("c1")
    assert outline(read_bytes(data, max_record_mb=0.01)) == [Reason.TOO_LARGE, "c1"]


def test_a_file_that_is_not_there_raises() -> None:
    with pytest.raises(SourceError, match="cannot be opened"):
        list(read_file("nowhere.jsonl", max_record_mb=1))


HEADS = [
    b"",
    b"[",
    b'{"messages": [',
    b"conversation_id,messages\n",
    b"chosen\trejected\n",
    b"PAR1",
    b"\xef\xbb\xbf{",
    gzip.compress(b'[{"messages": ["', mtime=0)[:-9],
    zstandard.compress(b"{}")[:-3],
]


@given(st.sampled_from(HEADS), st.binary(max_size=400), st.sampled_from(["a", "a.jsonl", "a.json", "a.csv", "a.parquet"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_raise(tmp_path: Path, head: bytes, tail: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(head + tail)
    for outcome in read_file(str(path), max_record_mb=0.0002):
        assert isinstance(outcome, Record | Unreadable)


FIELDS = [
    "messages",
    "conversation_id",
    "role",
    "content",
    "conversations",
    "from",
    "value",
    "mapping",
    "current_node",
    "parent",
    "children",
    "message",
    "author",
    "parts",
    "chosen",
    "rejected",
    "prompt",
    "message_tree_id",
    "replies",
    "message_id",
    "parent_id",
    "text",
    "rank",
    "started_at",
    "labels",
]
ODD_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=20,
)


@given(ODD_JSON)
@example([{"messages": None}, None])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_json_raises(tmp_path: Path, value: object) -> None:
    """Each value has one outcome; an envelope, one for each record that it holds."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(_line("c1") + json.dumps(value).encode())
    outcomes = list(read_file(str(path), max_record_mb=1))
    assert isinstance(outcomes[0], Record)
    assert len(outcomes) == 1 + len(open_envelope(value) or [value])
