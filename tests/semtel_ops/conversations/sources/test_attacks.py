"""Files that are made to exhaust memory, time or patience: each ends soon, in bounded memory, with an entry that says why."""

import bz2
import gzip
import json
import lzma
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from semtel_ops.conversations.sources import read_file
from semtel_ops.errors import SourceError

_READ = """
import collections, json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
from semtel_ops.conversations.sources import Record, read_file
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
seen = collections.Counter("record" if isinstance(each, Record) else str(each.reason) for each in read_file(sys.argv[1], max_record_mb=16))
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps([seen, grown / 1000]))
"""
_MB = b"x" * 1_000_000


def _gz(*pieces: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with gzip.open(path, "wb", compresslevel=1) as file:
            for piece in pieces:
                file.write(piece)

    return write


def _plain(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


def _repeated(rows: int, text: str) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([text]))


def _dictionary(path: Path) -> None:
    said = json.dumps([{"role": "user", "content": "x" * 1_000_000}])
    pq.write_table(pa.table({"id": _repeated(100_000, "c"), "messages": _repeated(100_000, said)}), path, compression="zstd")


def _long_list(path: Path) -> None:
    values = 3_000_000
    turn = pa.StructArray.from_arrays(
        [_repeated(values, "user").cast(pa.string()), pa.nulls(values, pa.string())], ["role", "content"]
    )
    pq.write_table(pa.table({"messages": pa.ListArray.from_arrays(pa.array([0, values], pa.int32()), turn)}), path)


def _deep_list(path: Path) -> None:
    array: pa.Array = pa.array(["x"])
    for _ in range(60):
        array = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), array)
    pq.write_table(pa.table({"messages": array}), path)


def _wide(path: Path) -> None:
    columns = {f"c{at}": pa.array([1]) for at in range(5_000)}
    pq.write_table(pa.table({**columns, "messages": pa.array(['[{"role": "user", "content": "hi"}]'])}), path)


def _zstd(*pieces: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with pa.CompressedOutputStream(str(path), "zstd") as file:
            for piece in pieces:
                file.write(piece)

    return write


def _structs(path: Path) -> None:
    """A record of some kB on disk whose one field has 10^6 structs of three fields."""
    inner = pa.StructArray.from_arrays([_repeated(1_000_000, "x" * 100).cast(pa.large_string())] * 3, ["a", "b", "c"])
    pq.write_table(pa.table({"messages": pa.LargeListArray.from_arrays(pa.array([0, 1_000_000], pa.int64()), inner)}), path)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(50_000_000_000)


_LINE = b'{"messages": [{"role": "user", "content": "'
# name -> (file, how it is made, what is expected of it)
ATTACKS: dict[str, tuple[str, Callable[[Path], None], set[str]]] = {
    "a line of 300 MB": ("a.jsonl.gz", _gz(_LINE, *[_MB] * 300, b'"}]}\n'), {"too_large"}),
    "a field of 100 MB": ("a.csv.gz", _gz(b'id,messages\n1,"', *[_MB + b"\n"] * 100, b'"\n'), {"too_large", "malformed_row"}),
    "millions of empty records": ("a.jsonl.gz", _gz(*[b"{}\n" * 100_000] * 6), {"unknown_format", "expands_too_far"}),
    "compressed twice": ("a.jsonl.gz", _gz(gzip.compress(_MB)), {"not_data"}),
    "a list 10^5 deep in a line": ("a.jsonl", _plain(b'{"messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), {"invalid_json"}),
    "a list 10^6 deep": ("a.json", _plain(b"[" * 1_000_000), {"broken_file"}),
    "a million messages": ("a.jsonl", _plain(b'{"messages":[' + b"{}," * 1_000_000 + b"{}]}"), {"too_large"}),
    "a million fields": ("a.jsonl", _plain(b"{" + b",".join(b'"%d":1' % at for at in range(1_000_000)) + b"}"), {"unknown_format"}),
    "a text of 1 MB, 100,000 times": ("a.parquet", _dictionary, {"record", "expands_too_far"}),
    "a list of 3 million nothings": ("a.parquet", _long_list, {"expands_too_far"}),
    "a million structs": ("a.parquet", _structs, {"too_large"}),
    "a line of 300 MB in zstd": ("a.jsonl.zst", _zstd(_LINE, *[_MB] * 300, b'"}]}\n'), {"expands_too_far"}),
    "a bomb in xz": ("a.jsonl.xz", lambda path: path.write_bytes(lzma.compress(_MB * 20, preset=0)) and None, {"not_data"}),
    "a bomb in bz2": ("a.jsonl.bz2", lambda path: path.write_bytes(bz2.compress(_MB * 5, 1)) and None, {"not_data"}),
    "a list in a list in a list": ("a.parquet", _deep_list, {"broken_file"}),
    "thousands of columns": ("a.parquet", _wide, {"record"}),
    "50 GB of nothing": ("a.jsonl", _sparse, {"not_data"}),
    "50 GB of nothing as Parquet": ("a.parquet", _sparse, {"not_data"}),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda name: name.replace(" ", "-"))
def test_an_attack_ends_soon_in_bounded_memory(tmp_path: Path, attack: str) -> None:
    name, write, expected = ATTACKS[attack]
    write(tmp_path / name)
    command = [sys.executable, "-c", _READ, str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    seen, grown_mb = json.loads(done.stdout)
    assert set(seen) == expected
    assert grown_mb < 400


@pytest.mark.parametrize("kind", ["pipe", "socket", "folder", "device", "gone", "loop"])
def test_what_is_no_file_is_an_error_that_names_it(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    monkeypatch.chdir(tmp_path)  # a socket's name may have 107 bytes
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    url = "/dev/zero" if kind == "device" else str(path)
    with pytest.raises(SourceError, match=r"zero|a\.jsonl"):
        list(read_file(url, max_record_mb=1))
