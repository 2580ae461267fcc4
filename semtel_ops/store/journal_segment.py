"""Files of the journal: read whole and verified, or as far as they are provably right, and set aside when they are damaged."""

import logging
from dataclasses import dataclass

import fsspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from semtel_ops.errors import DamagedFileError, StoreError
from semtel_ops.humanize import count
from semtel_ops.store.files import reason_of
from semtel_ops.store.parquet import unreadable
from semtel_ops.store.seal import ParquetInput, open_footer, open_verified

log = logging.getLogger(__name__)

DAMAGED_FOLDER = "damaged"
"""Below the journal: damaged segments. Nothing reads them; they are kept because they were paid for."""

_NEWEST = frozenset({"usage_estimated", "about", "served_model", "system_fingerprint", "reasoning_effort"})
"""Columns that segments of earlier versions lack."""


@dataclass(frozen=True, slots=True)
class Salvage:
    """What is provably right in a damaged segment.

    Attributes:
        table: its sound records, of all buckets and frames.
        lost: number of the other records; None if the segment does not even say that.
        reason: what is wrong with the file.
        bytes: size of the file.
        name: the name that the file was written under; None if it does not say so.
    """

    table: pa.Table
    lost: int | None
    reason: str
    bytes: int
    name: str | None = None


def range_of(url: str) -> tuple[int, int]:
    """The range of buckets in the name of a segment, inclusive.

    Raises:
        StoreError: it is not the name of a segment.
    """
    lo, _, hi = url.rsplit("/", 1)[-1].split(".", 1)[0].partition("-")
    try:
        return int(lo, 16), int(hi, 16)
    except ValueError:
        raise StoreError(f"{url}: is not a journal file (<lo>-<hi>.<time>.<random>.parquet); move it elsewhere") from None


def written_at(url: str) -> float:
    """When a segment was written, from its name, in seconds since 1970; raises as `range_of` does."""
    range_of(url)
    return int(url.rsplit("/", 1)[-1].split(".")[1]) / 1000


def read_segment(url: str, schema: pa.Schema, wanted: pc.Expression | None = None) -> pa.Table | Salvage | None:
    """The records of a segment; what is left of it, with a warning, if it is damaged; None if the file no longer exists.

    Raises:
        StoreError: the file cannot be read at present.
    """
    try:
        with open_verified(url) as opened:
            _check_columns(opened, schema)
            _check_range(opened)
            # A table of another version may lack the newest columns, which become null.
            table = pq.read_table(opened.file, schema=schema, filters=wanted)
            if not opened.sealed:
                table.validate(full=True)
            return table
    except FileNotFoundError:
        return None
    except DamagedFileError as error:
        return _salvaged(url, schema, error)
    except (pa.ArrowException, OSError) as error:
        cause = unreadable(url, error)
        if isinstance(cause, DamagedFileError):
            return _salvaged(url, schema, cause)
        raise cause from None


def set_aside(url: str, salvage: Salvage) -> None:
    """Move a damaged segment to damaged/; where that is impossible, it stays, and is found again next time."""
    fs, path = fsspec.core.url_to_fs(url)
    folder, name = path.rsplit("/", 1)
    try:
        fs.makedirs(f"{folder}/{DAMAGED_FOLDER}", exist_ok=True)
        fs.mv(path, f"{folder}/{DAMAGED_FOLDER}/{name}")
    except FileNotFoundError:
        return  # another task was first
    except OSError as error:
        log.warning("%s: %d damaged bytes cannot be moved to %s/: %s", url, salvage.bytes, DAMAGED_FOLDER, reason_of(error))
    else:
        log.warning("%s: %d damaged bytes are now in %s/", url, salvage.bytes, DAMAGED_FOLDER)


def _check_range(opened: ParquetInput) -> None:
    if opened.sealed and range_of(opened.place) != range_of(opened.url):
        raise DamagedFileError(f"{opened.url}: was written as {opened.place}, for another range of buckets")


def _check_columns(opened: ParquetInput, schema: pa.Schema) -> None:
    found = opened.metadata.schema.to_arrow_schema()
    for field in schema:
        there = found.get_field_index(field.name) >= 0
        if there and not found.field(field.name).type.equals(field.type):
            raise DamagedFileError(f"{opened.url}: is no segment: its column {field.name} has another type")
        if not there and field.name not in _NEWEST:
            raise DamagedFileError(f"{opened.url}: is no segment: it lacks the column {field.name}")


def _salvaged(url: str, schema: pa.Schema, error: DamagedFileError) -> Salvage | None:
    fs, path = fsspec.core.url_to_fs(url)
    table, rows, name = schema.empty_table(), None, None
    try:
        size = int(fs.size(path) or 0)
        with open_footer(url) as opened:
            _check_columns(opened, schema)
            rows = opened.metadata.num_rows
            sound = opened.sound_row_groups() if opened.sealed else []
            name = opened.place or None
            if sound:
                opened.file.seek(0)
                table = opened.parquet().read_row_groups(sound).select(schema.names).cast(schema)
    except FileNotFoundError:
        return None
    except (StoreError, pa.ArrowException, OSError):
        pass  # nothing is provably right
    reason = str(error).removeprefix(f"{url}: ").split(";", 1)[0]
    lost = None if rows is None else rows - len(table)
    log.warning(
        "%s: %s. Of its %d bytes, %s; %s. Requests whose replies are lost are sent again, and cost again",
        url, reason, size, "no record can be used" if not len(table) else f"{count(len(table), 'record')} are kept",
        "it does not say how many records are lost" if lost is None else f"{count(lost, 'record')} are lost",
    )  # fmt: skip
    return Salvage(table, lost, reason, size, name)
