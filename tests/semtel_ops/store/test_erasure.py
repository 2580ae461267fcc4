import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from semtel_ops.store.erasure import (
    REMOVED,
    Erased,
    Subjects,
    erase_document,
    erase_keys,
    erase_lines,
    erase_orphan,
    erase_replies,
    erase_rows,
    redact,
)
from semtel_ops.store.journal import Journal
from semtel_ops.store.journal_outcome import RequestOutcome, about_id
from semtel_ops.store.parquet import atomic_parquet, read_rows

SUBJECTS = Subjects(frozenset({"c1", "a, b"}), frozenset({7}))
OUTCOME = RequestOutcome(
    key="", frame=bytes(16), bucket=0, run_id="r", text="{}", finish_reason="stop", error=None, endpoint="east", model="m",
    lane="realtime", input_tokens=1, output_tokens=1, cost_usd=0.5, latency_ms=1.0, attempts=1, answered_at=1.0,
)  # fmt: skip


def test_rows_leave_and_the_others_keep_their_order_schema_and_owner(tmp_path: Path) -> None:
    url = str(tmp_path / "a.parquet")
    schema = pa.schema([("conversation_id", pa.string()), ("n", pa.int32())], metadata={b"semtel.run_id": b"r"})
    with atomic_parquet(url, schema, group_bytes=1) as sink:
        for number in range(6):
            sink.write([{"conversation_id": f"c{number % 3}", "n": number}])
    assert erase_rows(url, SUBJECTS, False) == Erased(2)
    assert erase_rows(url, SUBJECTS, True) == Erased(2)
    assert [row["n"] for row in read_rows(url)] == [0, 2, 3, 5]
    assert pq.read_schema(url).metadata[b"semtel.run_id"] == b"r"
    assert erase_rows(url, SUBJECTS, True) == Erased(0)


@pytest.mark.parametrize(
    ("about", "bucket", "gone", "asked_again"),
    [
        (("c1",), 0, True, False),
        (("c1", "c2"), 0, True, True),  # packed: c2 will be asked about again
        (("c2", "c3"), 7, False, False),
        ((), 7, True, True),  # older than the column: it may be about anybody in this shard
        ((), 8, False, False),
    ],
)
def test_a_reply_leaves_if_its_request_had_the_conversation(
    tmp_path: Path, about: tuple[str, ...], bucket: int, gone: bool, asked_again: bool
) -> None:
    journal = Journal(str(tmp_path))
    journal.add(replace(OUTCOME, key=f"{1:032x}", bucket=bucket, about=tuple(map(about_id, about))))
    journal.add(replace(OUTCOME, key=f"{2:032x}", bucket=9, about=(about_id("c9"),)))
    journal.flush()
    (segment,) = tmp_path.glob("*.parquet")
    found = erase_replies(str(segment), SUBJECTS, True)
    assert found == Erased(int(gone), int(asked_again), 0.5 if asked_again else 0.0)
    assert len(Journal(str(tmp_path))) == 2 - gone
    assert erase_replies(str(segment), SUBJECTS, False) == Erased()


@pytest.mark.parametrize("older", [False, True])
def test_a_batch_job_loses_its_input_and_the_keys_of_the_conversation(tmp_path: Path, older: bool) -> None:
    keys, lines = tmp_path / "j.keys.parquet", tmp_path / "j.jsonl"
    table = {
        "key": pa.array([bytes(16), bytes(15) + b"1"], pa.binary(16)), "frame": pa.array([bytes(16)] * 2, pa.binary(16)),
        "bucket": pa.array([7, 9], pa.uint8()),
    }  # fmt: skip
    if not older:
        table["about"] = pa.array([[about_id("c1")], [about_id("c9")]], pa.list_(pa.binary(8)))
    pq.write_table(pa.table(table), keys)
    lines.write_text("{}")
    assert erase_orphan(str(lines), SUBJECTS, True) == Erased()
    assert erase_keys(str(keys), SUBJECTS, True) == Erased(1)
    assert not lines.exists()
    assert pq.read_table(keys).column("bucket").to_pylist() == [9]
    lines.write_text("{}")
    keys.unlink()
    assert erase_orphan(str(lines), SUBJECTS, True) == Erased(1)
    assert not lines.exists()


def test_ids_leave_documents_only_where_examples_stand(tmp_path: Path) -> None:
    document = {
        "classifiers": ["c1"],
        "example_id": "c1",
        "examples": ["c1", "c2"],
        "notes": "3 rows; for example c2, a, b, c3",
    }
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert erase_document(str(tmp_path / "a.json"), SUBJECTS, True) == Erased(3)
    assert json.loads((tmp_path / "a.json").read_text()) == {
        "classifiers": ["c1"], "example_id": REMOVED, "examples": [REMOVED, "c2"],
        "notes": f"3 rows; for example c2, {REMOVED}, c3",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("<code>c1</code> <b>c1</b>", f"<code>{REMOVED}</code> <b>c1</b>"),
        ("<td>2 rows; for example c1, c2</td>", f"<td>2 rows; for example {REMOVED}, c2</td>"),
        ("for example c10", "for example c10"),
        ("shard 3: conversation c1 has two rows", f"shard 3: conversation {REMOVED} has two rows"),
        ("<code>a, b</code>", f"<code>{REMOVED}</code>"),
    ],
)
def test_ids_leave_pages_only_where_examples_stand(text: str, after: str) -> None:
    assert redact(text, SUBJECTS.ids)[0] == after


def test_lines_of_the_quarantine_about_an_id_leave(tmp_path: Path) -> None:
    file = tmp_path / "sample.jsonl"
    lines = [
        {"place": "f:1", "reason": "r", "detail": f"id {name} is used by different conversations"} for name in ("c1", "c10")
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert erase_lines(str(file), SUBJECTS, True) == Erased(1)
    assert [json.loads(line)["detail"][:6] for line in file.read_text().splitlines()] == ["id c10"]
