"""Bytes as text: UTF-8, UTF-16 and UTF-32 with a byte order mark, and Windows-1252 where it is plausible."""

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import NamedTuple

# UTF-32 first: its mark begins with that of UTF-16.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNMARKED_BYTES = 32
# Letters with accents, and the punctuation that word processors set. The rest of the upper half is rare in text.
_CP1252 = re.compile(
    rb"[\x00-\x7f\xc0-\xd6\xd8-\xf6\xf8-\xfe"
    rb"\x80\x82\x84\x85\x8a\x8c\x8e\x91-\x97\x99\x9a\x9c\x9e\xa0\xa1\xa3\xa7\xa9-\xab\xae\xb0\xb2-\xb5\xb7\xba\xbb\xbc-\xbf]*"
)
# A character of UTF-8, or the beginning of its punctuation: then the text is UTF-8 that was damaged.
_UTF8_INSIDE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|\xe2\x80")
# Words in other alphabets are runs of what would be accented letters.
_OTHER_ALPHABET = re.compile(rb"[\xc0-\xff]{3}|[\x80-\xff]{4}")
_ACCENTED = re.compile(rb"[\xc0-\xff]")
_LETTER = re.compile(rb"[A-Za-z]")


class Decoded(NamedTuple):
    """A text, and what was done to get it; None where the bytes are UTF-8."""

    text: str
    repair: str | None


def as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same text in UTF-8, without its byte order mark; what is not UTF-16 or UTF-32 stays as it is.

    Lone surrogates of UTF-16 remain as bytes that are not UTF-8, as in a damaged UTF-8 file.
    """
    chunks = iter(chunks)
    first = next(chunks, b"")
    encoding = next((name for mark, name in _MARKS if first.startswith(mark)), None) or _unmarked(first)
    if encoding is None:
        first = first.removeprefix(codecs.BOM_UTF8)
        if first:
            yield first
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    try:
        for chunk in chain([first], chunks):
            if text := decoder.decode(chunk):
                yield text.encode("utf-8", "surrogatepass")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        yield b"\xff"  # the end of the last character is missing


def _unmarked(start: bytes) -> str | None:
    """UTF-16 without a mark, whose first characters are ASCII, as JSON and headers are: every other byte is NUL."""
    even, odd = start[:_UNMARKED_BYTES:2], start[1:_UNMARKED_BYTES:2]
    if len(odd) < _UNMARKED_BYTES // 2:
        return None
    if not any(odd) and all(even):
        return "utf-16-le"
    return "utf-16-be" if not any(even) and all(odd) else None


def decode_text(data: bytes) -> Decoded | None:
    """Text in UTF-8 or, where its bytes make that plausible, in Windows-1252; None where they are neither."""
    try:
        return Decoded(data.decode(), None)
    except UnicodeDecodeError as error:
        if not _is_plausible_cp1252(data):
            return None
        return Decoded(data.decode("cp1252"), f"byte {error.start + 1} is not UTF-8; the text was read as Windows-1252")


def decode_anyway(data: bytes) -> Decoded:
    """As `decode_text`; where the bytes are neither, surrogates remain, and all else that is not UTF-8 becomes U+FFFD."""
    decoded = decode_text(data)
    if decoded is not None:
        return decoded
    with suppress(UnicodeDecodeError):
        # Java and MySQL write each half of a pair by itself; `read_json` joins them.
        return Decoded(data.decode("utf-8", "surrogatepass"), "surrogates stand in place of characters; pairs were joined")
    text = data.decode("utf-8", "replace")
    first = len(text[: text.index("\ufffd")].encode()) + 1
    return Decoded(text, f"byte {first} is not UTF-8; such bytes became U+FFFD")


def _is_plausible_cp1252(data: bytes) -> bool:
    """Whether all bytes are common in European text, and accented letters stand among others."""
    if not _CP1252.fullmatch(data) or _UTF8_INSIDE.search(data) or _OTHER_ALPHABET.search(data):
        return False
    return 2 * len(_ACCENTED.findall(data)) <= len(_LETTER.findall(data))
