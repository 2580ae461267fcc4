"""Damaged segments of the journal: no record is silently wrong, what is provably right is kept, and nothing is deleted."""

import logging
import os
import random
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from semtel_ops.clock import SystemClock
from semtel_ops.errors import StoreError
from semtel_ops.store import journal as journal_module
from semtel_ops.store.files import list_files
from semtel_ops.store.journal import Journal, damaged_segments, import_outcomes, spent_by_run
from semtel_ops.store.journal_outcome import JOURNAL
from semtel_ops.store.journal_segment import Salvage, read_segment
from tests.semtel_ops.store.test_journal import FRAME, outcome

BLOCK = 4


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "_BLOCK_ROWS", BLOCK)


def written(folder: Path, numbers: range) -> Path:
    """The segment of a flush of these outcomes, which differ in every column."""
    journal, before = Journal(str(folder)), set(list_files(str(folder), ".parquet"))
    for n in numbers:
        text = f"reply {n} " * (n % 7)
        journal.add(replace(outcome(n, bucket=n % 256, text=text, answered_at=float(n)), input_tokens=n, latency_ms=n / 3))
    journal.flush()
    (new,) = set(list_files(str(folder), ".parquet")) - before
    return Path(new)


def flip(path: Path, at: int, mask: int = 0x10) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= mask
    path.write_bytes(data)


def block_end(path: Path, group: int) -> int:
    """Where the bytes of a row group end."""
    columns = pq.read_metadata(path).row_group(group)
    last = columns.column(columns.num_columns - 1)
    return int((last.dictionary_page_offset or last.data_page_offset) + last.total_compressed_size)


def test_no_byte_can_differ_without_being_noticed(tmp_path: Path, caplog) -> None:
    """Every third byte of a segment, a bit of it flipped: its records are as written, or no longer there.

    `tests/benchmarks/bench_damage.py` flips every bit of every byte.
    """
    caplog.set_level(logging.ERROR)
    path = written(tmp_path, range(2 * BLOCK))
    sound, rows = path.read_bytes(), pq.read_table(path, schema=JOURNAL).to_pylist()
    rng, found = random.Random(1), {"whole": 0, "partly": 0, "nothing": 0}
    for at in range(rng.randrange(3), len(sound), 3):
        data = bytearray(sound)
        data[at] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        read = read_segment(str(path), JOURNAL)
        table = read.table if isinstance(read, Salvage) else read
        assert table is not None
        left = table.to_pylist()
        assert all(row in rows for row in left), at
        if not isinstance(read, Salvage):
            assert left == rows, at
        found["whole" if not isinstance(read, Salvage) else "partly" if left else "nothing"] += 1
    footer_and_seal = int.from_bytes(sound[-8:-4], "little") + 8 + 48
    assert found["whole"] == 0
    assert found["partly"] == pytest.approx((len(sound) - footer_and_seal) / 3, abs=1), "each damages one block of two"


@pytest.mark.parametrize("size", [0, 1, 8, 100, -9, -1])
def test_a_cut_or_extended_segment_is_set_aside_and_its_requests_are_unknown(tmp_path: Path, size: int, caplog) -> None:
    kept, cut = written(tmp_path, range(3)), written(tmp_path, range(10, 13))
    data = cut.read_bytes()
    cut_data = data[:size] if size >= 0 else data + b"x" * -size
    cut.write_bytes(cut_data)
    journal = Journal(str(tmp_path))
    assert [journal.get(f"{n:032x}") is not None for n in (0, 2, 10, 12)] == [True, True, False, False]
    assert (list_files(str(tmp_path), ".parquet"), damaged_segments(str(tmp_path))) == ([str(kept)], 1)
    assert (tmp_path / "damaged" / cut.name).exists()
    message = caplog.messages[0]
    assert message.startswith(f"{cut}: is not a complete Parquet file. Of its {len(cut_data)}")
    assert message.endswith("no record can be used; it does not say how many records are lost. "
                            "Requests whose replies are lost are sent again, and cost again")  # fmt: skip


def test_of_a_damaged_segment_only_the_damaged_block_is_lost(tmp_path: Path, caplog) -> None:
    path = written(tmp_path, range(3 * BLOCK))
    flip(path, (block_end(path, 0) + block_end(path, 1)) // 2)
    lost = range(BLOCK, 2 * BLOCK)
    for _ in range(2):  # from what is left in the damaged file, and from the segment that took its place
        journal = Journal(str(tmp_path))
        assert [n for n in range(3 * BLOCK) if journal.get(f"{n:032x}") is None] == list(lost)
    assert "8 records are kept; 4 records are lost" in caplog.messages[0]
    (segment,) = list_files(str(tmp_path), ".parquet")
    assert Path(segment).name.rsplit(".", 2)[0] == path.name.rsplit(".", 2)[0], "in the order of time it stays where it was"
    assert damaged_segments(str(tmp_path)) == 1
    assert len(caplog.messages) == 2, "it is reported once"


def test_merging_does_not_make_damage_look_sound(tmp_path: Path) -> None:
    first = written(tmp_path, range(2 * BLOCK))
    journal = Journal(str(tmp_path))
    written(tmp_path, range(20, 22))
    flip(first, block_end(first, 0) // 2)
    journal.compact()
    reopened = Journal(str(tmp_path))
    assert [n for n in (*range(2 * BLOCK), 20, 21) if reopened.get(f"{n:032x}") is None] == list(range(BLOCK))
    assert (tmp_path / "damaged" / first.name).exists()
    reopened.compact()
    assert len(list_files(str(tmp_path), ".parquet")) == 1


@pytest.mark.parametrize(
    "foreign", [pa.table({"n": [1]}), JOURNAL.empty_table().set_column(0, "key", pa.array([], pa.string()))]
)
def test_a_file_of_another_schema_is_no_segment(tmp_path: Path, foreign: pa.Table, caplog) -> None:
    written(tmp_path, range(2))
    pq.write_table(foreign, tmp_path / "00-ff.0000000000001.abcd.parquet")
    assert len(Journal(str(tmp_path))) == 2
    assert "is no segment" in caplog.messages[0]


def test_a_segment_of_an_older_version_is_read_and_a_text_in_it_that_is_no_text_is_damage(tmp_path: Path) -> None:
    path = written(tmp_path, range(1, 3))
    pq.write_table(pq.read_table(path), path, compression="none", use_dictionary=False)
    assert len(Journal(str(tmp_path))) == 2
    path.write_bytes(path.read_bytes().replace(b"reply 1", b"reply \xff"))
    assert len(Journal(str(tmp_path))) == 0
    assert damaged_segments(str(tmp_path)) == 1


def test_where_nothing_can_be_written_the_sound_records_are_used_and_all_stays(tmp_path: Path, monkeypatch, caplog) -> None:
    path = written(tmp_path, range(2 * BLOCK))
    flip(path, block_end(path, 0) // 2)

    def read_only(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "touch", read_only)
    monkeypatch.setattr(os, "rename", read_only)
    assert len(Journal(str(tmp_path))) == BLOCK
    assert path.exists()
    assert "cannot be replaced" in caplog.messages[-1]
    assert "Read-only file system" in caplog.messages[-1]


def test_other_journals_are_borrowed_from_and_added_up_without_being_changed(tmp_path: Path) -> None:
    path = written(tmp_path / "weekly", range(2 * BLOCK))
    flip(path, block_end(path, 0) // 2)
    before = path.read_bytes()
    keys = [f"{n:032x}" for n in range(2 * BLOCK)]
    assert import_outcomes(str(tmp_path / "weekly"), str(tmp_path / "own"), keys, frames={FRAME}) == BLOCK
    assert spent_by_run(str(tmp_path / "weekly"), "r1") == {"r1": pytest.approx(BLOCK * 0.1)}
    assert path.read_bytes() == before
    assert not (tmp_path / "weekly" / "damaged").exists()


def test_a_disk_that_cannot_be_read_is_not_taken_for_damage(tmp_path: Path, monkeypatch) -> None:
    path = written(tmp_path, range(2))

    def fails(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("semtel_ops.store.seal.pa.OSFile", fails)
    with pytest.raises(StoreError, match=r"cannot be read: Input/output error"):
        Journal(str(tmp_path), clock=SystemClock())
    assert path.exists()


def test_a_segment_that_was_renamed_to_another_range_goes_back_to_its_own(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path), lo=0, hi=127)
    for n in range(2 * BLOCK):
        journal.add(outcome(n, bucket=n))
    journal.flush()
    (segment,) = map(Path, list_files(str(tmp_path), ".parquet"))
    _, time_and_random = segment.name.split(".", 1)
    segment.rename(tmp_path / f"80-ff.{time_and_random}")
    assert len(Journal(str(tmp_path), lo=128, hi=255)) == 0
    assert len(Journal(str(tmp_path), lo=0, hi=127)) == 2 * BLOCK
    assert damaged_segments(str(tmp_path)) == 1
