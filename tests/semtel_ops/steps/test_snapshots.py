"""One id in exports of several days: the longest stands where the others are its beginnings, else all are set aside."""

import pyarrow as pa
import pytest

from semtel_ops.steps.snapshots import find_grown
from semtel_ops.store.parquet import atomic_parquet
from semtel_ops.store.sql_engine import connect, read, records
from semtel_ops.store.tables import STAGED


def staged(conversation_id, *said):
    turns = [{"role": "user" if at % 2 == 0 else "assistant", "content": text} for at, text in enumerate(said)]
    content = "|".join(said)
    return {
        "conversation_id": conversation_id, "content_hash": content, "sample_key": "0", "started_at": None, "language": None,
        "turns": turns, "chars": len(content), "n_turns": len(said), "place": content, "labels_json": None,
    }  # fmt: skip


@pytest.fixture
def grown(tmp_path):
    """The ids that have grown, over parts of staged rows."""

    def find(*parts):
        urls = [f"{tmp_path}/part={number}.parquet" for number in range(len(parts))]
        for url, rows in zip(urls, parts, strict=True):
            with atomic_parquet(url, STAGED) as sink:
                sink.write_batch(pa.RecordBatch.from_pylist(rows, schema=STAGED))
        with connect() as con:
            read(con, "staged", urls, ("conversation_id", "content_hash"))
            find_grown(con, urls)
            return {row["conversation_id"] for row in records(con, "select conversation_id from grown")}

    return find


def test_a_conversation_that_went_on_has_grown(grown):
    """MonkeyRun-com/monkeyrun-open-brain#2"""
    early, late = ("first question", "answer"), ("first question", "answer", "second question", "more")
    assert grown([staged("s1", *early), staged("x", "hi")], [staged("s1", *late)]) == {"s1"}
    assert grown([staged("s1", *late)], [staged("s1", *early)], [staged("s1", *late[:1])]) == {"s1"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b"), ("a", "c")),
        (("a", "b"), ("a", "c", "d")),
        (("a",), ("ab",)),
        (("a", "b"), ("ab",)),
        (("b",), ("a", "b")),
        (("a", "b", "c"), ("a", "b", "x", "d")),
    ],
)
def test_another_conversation_under_the_same_id_has_not(grown, one, other):
    assert grown([staged("s1", *one), staged("s1", *other)]) == set()


def test_one_version_that_does_not_fit_is_enough(grown):
    assert grown([staged("s1", "a"), staged("s1", "a", "b"), staged("s1", "c")]) == set()


def test_a_source_without_several_contents_has_none(grown):
    assert grown([staged("a", "x"), staged("a", "x"), staged("b", "x")], [staged("c", "y")]) == set()
    assert grown([]) == set()
