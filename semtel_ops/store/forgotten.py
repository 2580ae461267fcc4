"""Conversations that `semtel forget` was asked to erase: a list of hashes, so that later runs do not read them again.

An id may name a person, so the list has no ids: each is hashed with a salt of the lake. The list cannot be read back into ids;
it can only be asked about an id that somebody has.
"""

import hashlib
import secrets
from collections.abc import Iterable

import pyarrow as pa

from semtel_ops.errors import DamagedFileError, StoreError
from semtel_ops.store.files import list_files, read_json, write_json
from semtel_ops.store.layout import Lake
from semtel_ops.store.parquet import atomic_parquet, read_batches
from semtel_ops.store.seal import open_footer

_SALT = "salt.json"
_IDS = pa.schema([pa.field("id_hash", pa.binary(16), nullable=False)])
_SALTED = b"semtel.salt"
_ROWS = 50_000


class ForgottenIds:
    """The hashes of one lake, with its salt; false if it has none."""

    def __init__(self, salt: bytes, hashes: frozenset[bytes]) -> None:
        self._salt = salt
        self._hashes = hashes

    def __len__(self) -> int:
        return len(self._hashes)

    def __contains__(self, conversation_id: str) -> bool:
        return _hash(conversation_id, self._salt) in self._hashes


class Forgotten:
    """What must not be read again into a lake: its own list, and for an experiment that of the lake around it."""

    def __init__(self, lake: Lake) -> None:
        lakes = [lake] if lake.around is None else [lake, lake.around]
        self._lists = [ids for ids in map(read_forgotten, lakes) if ids]

    def __bool__(self) -> bool:
        return bool(self._lists)

    def __contains__(self, conversation_id: str) -> bool:
        return any(conversation_id in ids for ids in self._lists)


def read_forgotten(lake: Lake) -> ForgottenIds:
    """The list of a lake.

    Raises:
        StoreError: there is a list without its salt, with which no id could be recognised.
    """
    urls = list_files(lake.forgotten("ids"), ".parquet")
    if not urls:
        return ForgottenIds(b"", frozenset())
    salt = _salt_of(lake, urls)
    hashes = (value for url in urls for batch in read_batches(url, rows=_ROWS) for value in batch.column(0).to_pylist())
    return ForgottenIds(salt, frozenset(hashes))


def remember(lake: Lake, ids: Iterable[str]) -> str:
    """Put ids on the list of a lake; returns the name of the request, which is the same for the same ids.

    Raises:
        StoreError: as `read_forgotten`: with another salt, the earlier lists would no longer be recognised.
    """
    urls = list_files(lake.forgotten("ids"), ".parquet")
    if not urls and read_json(lake.forgotten(_SALT)) is None:
        write_json(lake.forgotten(_SALT), {"salt": secrets.token_hex(32)})
    salt = _salt_of(lake, urls)
    hashes = sorted({_hash(conversation_id, salt) for conversation_id in ids})
    name = hashlib.blake2b(b"".join(hashes), digest_size=8).hexdigest()
    schema = _IDS.with_metadata({_SALTED: _fingerprint(salt)})
    with atomic_parquet(lake.forgotten(f"ids/{name}.parquet"), schema) as sink:
        sink.write_batch(pa.RecordBatch.from_arrays([pa.array(hashes, pa.binary(16))], schema=schema))
    return name


def _salt_of(lake: Lake, urls: Iterable[str]) -> bytes:
    """The salt of a lake, with which these lists were made."""
    url = lake.forgotten(_SALT)
    try:
        document = read_json(url)
        if document is None:
            raise StoreError(f"{url}: does not exist, so the forgotten ids cannot be recognised; restore it from a backup")
        salt = bytes.fromhex(document["salt"])
    except (KeyError, TypeError, ValueError):
        raise DamagedFileError(f"{url}: is damaged: it has no salt; restore it from a backup") from None
    for listed in urls:
        with open_footer(listed) as opened:
            made_with = (opened.metadata.schema.to_arrow_schema().metadata or {}).get(_SALTED)
        if made_with is not None and made_with.decode() != _fingerprint(salt):  # None: written by an older version
            raise DamagedFileError(
                f"{listed}: was made with another salt than that in {url}; one of them is damaged or of another lake; "
                "restore it from a backup"
            )
    return salt


def _fingerprint(salt: bytes) -> str:
    return hashlib.blake2b(salt, digest_size=8).hexdigest()


def _hash(conversation_id: str, salt: bytes) -> bytes:
    return hashlib.blake2b(conversation_id.encode("utf-8", "surrogatepass"), key=salt, digest_size=16).digest()
