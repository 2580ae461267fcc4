"""Seals of Parquet files: any byte that differs from what was written is found before a row is read.

Page checksums, which Parquet has, cover neither page headers nor the footer, and DuckDB does not check them: a flip there may
read as other rows. So every file of ours has digests of its own, in a form that other readers ignore:

- The footer's metadata has `semtel.blocks`, the end and the digest of each block of bytes: the row groups of one write.
- Between the last row group and the footer lies the seal: 16 fixed bytes, and the digest of the footer.

The seal covers the footer, and the footer covers the rest. Whole blocks remain provably right when another block is damaged.
`semtel.file` in the metadata is the place of the file, so that a file copied from another run or shard is recognised.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from tempfile import NamedTemporaryFile
from typing import IO, Any, Self

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from semtel_ops.errors import DamagedFileError, StoreError
from semtel_ops.store.files import how_to_repair, is_foreign, is_local, place_of, reason_of

_MAGIC = bytes.fromhex("8f53454d54454c205345414c1a0d0ab1")
_DIGEST_BYTES = 32
_SEAL_BYTES = len(_MAGIC) + _DIGEST_BYTES
_TAIL_BYTES = 8  # of a Parquet file: length of the footer, and PAR1
_CHUNK_BYTES = 1 << 20
_BLOCKS = b"semtel.blocks"
_FILE = b"semtel.file"


class SealedWriter:
    """Writes a Parquet file with a seal, a block for each table; the end of its `with` block completes it."""

    def __init__(self, file: IO[bytes], schema: pa.Schema, url: str, place: str | None = None) -> None:
        """`url`: where the file will be; `place`: where its rows belong, if not there: published rows belong to landed rows."""
        self._file = file
        self._sink = _DigestingSink(file)
        self._place = place or place_of(url)
        self._blocks: list[tuple[int, str]] = []
        # Page checksums are for other readers.
        self._writer = pq.ParquetWriter(self._sink, schema, compression="zstd", write_page_checksum=True)

    def write_table(self, table: pa.Table) -> None:
        """Write the rows of a table as a block."""
        self._writer.write_table(table)
        self._end_block()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._sink.begin_footer()
        if kind is not None:
            self._writer.close()  # into memory: nobody will read the file
            return
        if not self._blocks:
            self._end_block()
        self._writer.add_key_value_metadata({_BLOCKS: json.dumps(self._blocks), _FILE: self._place})
        self._writer.close()
        footer = self._sink.footer.getvalue()
        self._file.write(_MAGIC + hashlib.sha256(footer).digest())
        self._file.write(footer)

    def _end_block(self) -> None:
        self._blocks.append((self._sink.position, self._sink.digest.hexdigest()))
        self._sink.digest = hashlib.sha256()


class _DigestingSink:
    """The file object that Arrow writes to: passes bytes on, digests them, and holds the footer back."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._in_footer = False
        self.position = 0
        self.digest = hashlib.sha256()
        self.footer = BytesIO()
        self.closed = False

    def begin_footer(self) -> None:
        self._in_footer = True

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self.position += size
        if self._in_footer:
            self.footer.write(data)
        else:
            self.digest.update(data)
            self._file.write(data)
        return size

    def tell(self) -> int:
        return self.position

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


@dataclass(frozen=True, slots=True)
class ParquetInput:
    """An open Parquet file whose seal was read.

    Attributes:
        sealed: False for a file that an older version wrote, which cannot be verified.
        blocks: end and digest of each block.
        place: where the file was written to; empty if it is not sealed.
    """

    url: str
    file: pa.NativeFile
    metadata: pq.FileMetaData
    sealed: bool
    blocks: tuple[tuple[int, str], ...]
    place: str

    def parquet(self) -> pq.ParquetFile:
        """A reader of the file."""
        return pq.ParquetFile(self.file, metadata=self.metadata)

    def damaged_blocks(self) -> list[int]:
        """Indices of blocks that differ from what was written."""
        damaged, at = [], 0
        self.file.seek(0)
        for index, (end, expected) in enumerate(self.blocks):
            if _digest(self.file, end - at) != expected:
                damaged.append(index)
            at = end
        return damaged

    def sound_row_groups(self) -> list[int]:
        """Indices of row groups that lie in blocks without damage."""
        damaged, ends = set(self.damaged_blocks()), [end for end, _ in self.blocks]
        sound = []
        for index in range(self.metadata.num_row_groups):
            start = self.metadata.row_group(index).column(0)
            offset = start.dictionary_page_offset or start.data_page_offset
            if next(block for block, end in enumerate(ends) if offset < end) not in damaged:
                sound.append(index)
        return sound


def without_seal(schema: pa.Schema) -> pa.Schema:
    """The schema of a sealed file for another file with its columns."""
    kept = {name: value for name, value in (schema.metadata or {}).items() if name not in {_BLOCKS, _FILE}}
    return schema.with_metadata(kept or None)


@contextmanager
def open_footer(url: str) -> Iterator[ParquetInput]:
    """Open a Parquet file and verify its footer, not its rows.

    Raises:
        FileNotFoundError: there is none.
        DamagedFileError: the footer is damaged or no Parquet.
    """
    with _native(url) as file:
        yield _opened(url, file)


@contextmanager
def open_verified(url: str) -> Iterator[ParquetInput]:
    """Open a Parquet file whose every byte is as written, and that belongs to its place; raises as `open_footer` does."""
    with open_footer(url) as parquet:
        damaged = parquet.damaged_blocks()
        if damaged:
            blocks = f"{len(damaged)} of {len(parquet.blocks)} blocks differ from their checksums"
            raise DamagedFileError(f"{url}: is damaged: {blocks}; {how_to_repair(url)}")
        if is_foreign(url, parquet.place):
            raise DamagedFileError(f"{url}: is a copy of {parquet.place}, not the file of this place; {how_to_repair(url)}")
        yield parquet


def verify(url: str) -> None:
    """Check a file that another library will read; raises as `open_verified` does."""
    with open_verified(url):
        pass


@contextmanager
def _native(url: str) -> Iterator[pa.NativeFile]:
    """The file, opened by Arrow; a file elsewhere is copied here, since it is read twice: to verify it, and for its rows."""
    fs, path = fsspec.core.url_to_fs(url)
    try:
        if is_local(fs):
            opened = pa.OSFile(path, "rb")
        else:
            with NamedTemporaryFile(prefix="semtel-") as copy:
                fs.get_file(path, copy.name)
                opened = pa.OSFile(copy.name, "rb")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(f"{url}: cannot be read: {reason_of(error)}") from error
    with opened:
        yield opened


def _opened(url: str, file: pa.NativeFile) -> ParquetInput:
    size = file.size()
    file.seek(max(0, size - _TAIL_BYTES))
    tail = file.read()
    footer_bytes = int.from_bytes(tail[:4], "little") + _TAIL_BYTES
    if len(tail) < _TAIL_BYTES or tail[4:] != b"PAR1" or footer_bytes > size:
        raise DamagedFileError(f"{url}: is not a complete Parquet file; {how_to_repair(url)}")
    seal_at = max(0, size - footer_bytes - _SEAL_BYTES)
    file.seek(seal_at)
    seal = file.read(min(_SEAL_BYTES, size - footer_bytes))
    footer = file.read(footer_bytes)
    sealed = seal.startswith(_MAGIC)
    if sealed and hashlib.sha256(footer).digest() != seal[len(_MAGIC) :]:
        raise DamagedFileError(f"{url}: is damaged: its footer differs from its checksum; {how_to_repair(url)}")
    try:
        file.seek(0)
        metadata = pq.read_metadata(file)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DamagedFileError(f"{url}: is damaged: its footer cannot be read ({error}); {how_to_repair(url)}") from None
    notes = metadata.metadata or {}
    if not sealed:
        if _BLOCKS in notes or _has_seal(file):
            raise DamagedFileError(f"{url}: is damaged: its seal differs from what was written; {how_to_repair(url)}")
        return ParquetInput(url, file, metadata, sealed=False, blocks=(), place="")
    blocks = tuple((int(end), str(digest)) for end, digest in json.loads(notes[_BLOCKS]))
    if blocks[-1][0] != seal_at:
        raise DamagedFileError(f"{url}: is damaged: bytes were added to it or are missing; {how_to_repair(url)}")
    return ParquetInput(url, file, metadata, sealed=True, blocks=blocks, place=notes[_FILE].decode())


def _has_seal(file: pa.NativeFile) -> bool:
    """Whether there is a seal anywhere, as when the length of the footer is wrong."""
    file.seek(0)
    before = b""
    while chunk := file.read(_CHUNK_BYTES):
        if _MAGIC in before[-len(_MAGIC) :] + chunk:
            return True
        before = chunk
    return False


def _digest(file: pa.NativeFile, size: int) -> str:
    digest = hashlib.sha256()
    while size > 0 and (chunk := file.read_buffer(min(size, _CHUNK_BYTES))).size:
        digest.update(chunk)
        size -= chunk.size
    return digest.hexdigest()
