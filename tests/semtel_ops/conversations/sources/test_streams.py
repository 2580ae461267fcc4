import gzip
import io
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.conversations.sources import streams
from semtel_ops.conversations.sources.records import BrokenStreamError, Reason
from semtel_ops.conversations.sources.streams import CHUNK_BYTES, open_binary, read_chunks
from semtel_ops.errors import SourceError

TEXT = b"".join(b"line %d of many\n" % number for number in range(20_000))


def _read(data: bytes) -> tuple[bytes, bool]:
    """What comes out, and whether the stream was broken."""
    out = bytearray()
    try:
        for chunk in read_chunks(io.BytesIO(data), "f"):
            assert chunk
            out += chunk
    except BrokenStreamError:
        return bytes(out), True
    return bytes(out), False


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_content_comes_out_whatever_it_is_packed_with(pack: object) -> None:
    assert _read(pack(TEXT)) == (TEXT, False)  # type: ignore[operator]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_members_one_after_the_other_are_one_content(pack: object) -> None:
    assert _read(pack(TEXT) + pack(b"") + pack(b"end")) == (TEXT + b"end", False)  # type: ignore[operator]


def test_padding_behind_gzip_is_no_break() -> None:
    assert _read(gzip.compress(TEXT) + b"\0" * 512) == (TEXT, False)


def test_all_that_a_half_written_gzip_holds_comes_out_before_the_break() -> None:
    packed = gzip.compress(TEXT)
    half = packed[: len(packed) // 2]
    assert _read(half) == (zlib.decompressobj(wbits=31).decompress(half), True)


def test_a_half_written_zstandard_file_is_a_break_behind_its_whole_blocks() -> None:
    writer = zstandard.ZstdCompressor().compressobj()
    whole_blocks = writer.compress(TEXT) + writer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    out, broken = _read(whole_blocks + writer.compress(TEXT[:1000]) + writer.flush()[:-8])
    assert broken
    assert out.startswith(TEXT)


def test_a_bomb_comes_out_in_bounded_chunks() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    sizes = [len(chunk) for chunk in read_chunks(io.BytesIO(bomb), "f")]
    assert sum(sizes) == 50_000_000
    assert max(sizes) <= CHUNK_BYTES


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\x1f\x8b", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", gzip.compress(b"x", mtime=0)]),
)
def test_damage_is_a_break_and_nothing_else(data: bytes, magic: bytes) -> None:
    _read(magic + data)


def test_a_file_that_is_not_there_says_so() -> None:
    with pytest.raises(SourceError, match=r"nowhere\.jsonl: cannot be opened"):
        open_binary("nowhere.jsonl")


def test_storage_that_fails_is_no_fault_of_the_data() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(SourceError, match="Input/output error"):
        list(read_chunks(Failing(), "f"))


def test_a_bomb_is_read_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "FREE_EXPANSION_BYTES", 4_000_000)
    for pack in (gzip.compress, zstandard.compress):
        out = 0
        with pytest.raises(BrokenStreamError, match=r"source\.max_expansion") as caught:
            for chunk in read_chunks(io.BytesIO(pack(b"[\n" * 10_000_000)), "f", max_expansion=100):
                out += len(chunk)
        assert caught.value.reason is Reason.EXPANDS_TOO_FAR
        assert out <= 4_000_000
    assert sum(map(len, read_chunks(io.BytesIO(gzip.compress(TEXT * 20)), "f", max_expansion=300))) == len(TEXT) * 20
