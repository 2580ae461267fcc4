"""Removes conversations from files, one file at a time: rows from Parquet files, replies from the journal, ids from documents.

Every function only counts unless it is told to `go`, and finds nothing in a file it has been through: an erasure may be
repeated, and counting again verifies it. A file is replaced as a whole: a reader or a kill meets the old file or the new one.
"""

import html
import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from semtel_ops.store.files import atomic_write, exists, read_json, remove, write_json
from semtel_ops.store.journal import replace_segment
from semtel_ops.store.journal_outcome import JOURNAL, about_id
from semtel_ops.store.journal_segment import DAMAGED_FOLDER, Salvage, range_of, read_segment
from semtel_ops.store.parquet import atomic_parquet, write_table
from semtel_ops.store.seal import open_verified, without_seal

REMOVED = "[forgotten]"
"""What stands in a report or a document in place of an id."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """The conversations to erase.

    Attributes:
        ids: every id that they may have in the lake.
        buckets: buckets of the shards that they are in; a record of the journal that does not say whom it is about is removed
            if its bucket is one of them.
        seen: ids that were met in rows or in the quarantine.
    """

    ids: frozenset[str]
    buckets: frozenset[int] = frozenset()
    seen: set[str] = field(default_factory=set, compare=False)
    _ids: pa.Array = field(init=False, repr=False, compare=False)
    _about: pa.Array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ids", pa.array(sorted(self.ids), pa.string()))
        object.__setattr__(self, "_about", pa.array(sorted({about_id(name) for name in self.ids}), pa.binary(8)))

    def rows(self, ids: pa.Array | pa.ChunkedArray) -> Any:
        """Mask of the rows with one of these ids."""
        mask = pc.is_in(ids, value_set=self._ids)
        if pc.any(mask).as_py():
            self.seen.update(pc.unique(ids.filter(mask)).to_pylist())
        return mask

    def requests(self, about: pa.ListArray, buckets: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Masks of the requests that may quote one of these conversations, and of those of them that have others, too."""
        parents, members = pc.list_parent_indices(about), pc.list_flatten(about)
        mine = pc.is_in(members, value_set=self._about)
        rows = pa.array(range(len(about)), pa.int64())
        parents = parents.cast(pa.int64())
        named = pc.is_in(rows, value_set=parents.filter(mine))
        others = pc.is_in(rows, value_set=parents.filter(pc.invert(mine)))
        unknown = pc.and_(pc.is_null(about), pc.is_in(buckets, value_set=pa.array(sorted(self.buckets), buckets.type)))
        return pc.or_(named, unknown), pc.or_(pc.and_(named, others), unknown)


@dataclass(frozen=True, slots=True)
class Erased:
    """What a file had of the conversations.

    Attributes:
        rows: rows, records, lines or ids.
        asked_again: replies among them that also answered for other conversations, or may have.
        cost_usd: what these cost: the price of asking for them again.
    """

    rows: int = 0
    asked_again: int = 0
    cost_usd: float = 0.0


Eraser = Callable[[str, Subjects, bool], Erased]
"""Called with the URL of a file, the conversations, and whether to go."""


def erase_rows(url: str, subjects: Subjects, go: bool) -> Erased:
    """Remove the rows of the conversations from a Parquet file with their ids; its schema and metadata stay."""
    found = 0
    with open_verified(url) as opened, opened.parquet() as parquet:
        if "conversation_id" not in parquet.schema_arrow.names:
            return Erased()
        for batch in parquet.iter_batches(50_000, columns=["conversation_id"], use_threads=False):
            found += pc.sum(subjects.rows(batch.column(0))).as_py() or 0
        if found and go:
            schema = without_seal(parquet.schema_arrow)
            with atomic_parquet(url, schema, place=opened.place or None) as sink:
                for batch in _by_group(parquet, schema):
                    sink.write_batch(batch.filter(pc.invert(subjects.rows(batch.column("conversation_id")))))
    return Erased(found)


def _by_group(parquet: pq.ParquetFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for group in range(parquet.num_row_groups):
        for batch in parquet.iter_batches(1_000, row_groups=[group], use_threads=False):
            yield batch.replace_schema_metadata(schema.metadata)


def erase_replies(url: str, subjects: Subjects, go: bool) -> Erased:
    """Remove the replies of requests with one of the conversations from a file of the journal.

    A damaged segment cannot be searched: it is removed if its range of buckets has one of the conversations.
    """
    if f"/{DAMAGED_FOLDER}/" in url:
        if not _in_range(url, subjects):
            return Erased()
        if go:
            remove(url)
        return Erased(1)
    read = read_segment(url, JOURNAL)
    records = read.table if isinstance(read, Salvage) else read
    if records is None:
        return Erased()
    about, buckets = (records.column(name).combine_chunks() for name in ("about", "bucket"))
    gone, shared = subjects.requests(about, buckets)
    found = pc.sum(gone).as_py() or 0
    if isinstance(read, Salvage) and _in_range(url, subjects):
        found += 1  # what cannot be read, which is not written again
    if found and go:
        replace_segment(url, records.filter(pc.invert(gone)))
    again = records.filter(shared)
    return Erased(found, len(again), float(pc.sum(again.column("cost_usd")).as_py() or 0.0))


def _in_range(url: str, subjects: Subjects) -> bool:
    low, high = range_of(url)
    return not subjects.buckets.isdisjoint(range(low, high + 1))


def erase_keys(url: str, subjects: Subjects, go: bool) -> Erased:
    """Remove the requests of the conversations from the key file of a batch job, with the job's input file."""
    if not url.endswith(".keys.parquet"):
        return Erased()
    with open_verified(url) as opened, opened.parquet() as parquet:
        table = parquet.read().combine_chunks()
    buckets = table.column("bucket").combine_chunks()
    if "about" in table.schema.names:
        about = table.column("about").combine_chunks()
    else:
        about = pa.nulls(len(table), pa.list_(pa.binary(8)))
    gone, _shared = subjects.requests(about, buckets)
    found = pc.sum(gone).as_py() or 0
    if found and go:
        # The input first: without the keys, nobody would know that it has text of the conversations.
        remove(url.removesuffix(".keys.parquet") + ".jsonl")
        write_table(url, table.filter(pc.invert(gone)).cast(without_seal(table.schema)))
    return Erased(found)


def erase_orphan(url: str, subjects: Subjects, go: bool) -> Erased:  # noqa: ARG001 - an `Eraser`
    """Remove an input file of a batch job without key file: its task was killed, and no job will use it."""
    if exists(url.removesuffix(".jsonl") + ".keys.parquet"):
        return Erased()
    if go:
        remove(url)
    return Erased(1)


_OF_EXAMPLES = frozenset({"example_id", "examples", "conversation_id"})
_EXAMPLES = re.compile(r"for example ([^<\n]+)")
_CONVERSATION = re.compile(r"\bconversation ([^\s,;:<]+)")
_CODE = re.compile(r"<code>([^<]*)</code>")
_QUARANTINED = re.compile(r"\bid (.+?) is used by")


def erase_document(url: str, subjects: Subjects, go: bool) -> Erased:
    """Replace example ids in a JSON document."""
    document, found = _without(read_json(url), subjects.ids)
    if found and go:
        write_json(url, document)
    return Erased(found)


def erase_lines(url: str, subjects: Subjects, go: bool) -> Erased:
    """Remove the lines about the conversations from a file of the quarantine; without lines, remove the file."""
    with fsspec.open(url, "rb") as file:
        lines = file.readlines()
    about = [_about(line) for line in lines]
    subjects.seen.update(name for name in about if name in subjects.ids)
    kept = [line for line, name in zip(lines, about, strict=True) if name not in subjects.ids]
    if len(kept) < len(lines) and go:
        if kept:
            with atomic_write(url) as target:
                target.writelines(kept)
        else:
            remove(url)
    return Erased(len(lines) - len(kept))


def erase_page(url: str, subjects: Subjects, go: bool) -> Erased:
    """Replace example ids in an HTML page."""
    with fsspec.open(url, "rb") as file:
        page = file.read().decode("utf-8", "replace")
    changed, found = redact(page, subjects.ids)
    if found and go:
        with atomic_write(url) as target:
            target.write(changed.encode())
    return Erased(found)


def erase_nothing(url: str, subjects: Subjects, go: bool) -> Erased:  # noqa: ARG001 - an `Eraser`
    """For files that never have an id or a text."""
    return Erased()


def redact(text: str, names: Collection[str]) -> tuple[str, int]:
    """Replace ids where our texts and pages have them: after "for example" or "conversation", and as code.

    Returns the text and the number of ids.
    """
    found = 0

    def examples(match: re.Match[str]) -> str:
        nonlocal found
        parts, number = _without_examples(html.unescape(match[1]), names)
        found += number
        return f"for example {html.escape(parts)}" if number else match[0]

    def single(match: re.Match[str]) -> str:
        nonlocal found
        if html.unescape(match[1]) not in names:
            return match[0]
        found += 1
        before, after = match[0][: match.start(1) - match.start()], match[0][match.end(1) - match.start() :]
        return f"{before}{REMOVED}{after}"

    text = _CONVERSATION.sub(single, _EXAMPLES.sub(examples, text))
    return _CODE.sub(single, text), found


def _without_examples(listed: str, names: Collection[str]) -> tuple[str, int]:
    """Replace ids in a list of a few, of which each may contain the separator."""
    parts, found, at = listed.split(", "), 0, 0
    while at < len(parts):
        for end in range(len(parts), at, -1):
            if ", ".join(parts[at:end]).rstrip(" .;)") in names:
                parts[at:end] = [REMOVED]
                found += 1
                break
        at += 1
    return ", ".join(parts), found


def _without(value: Any, names: Collection[str], key: str = "") -> tuple[Any, int]:
    if isinstance(value, str):
        if key in _OF_EXAMPLES:
            return (REMOVED, 1) if value in names else (value, 0)
        return redact(value, names)
    if isinstance(value, dict):
        pairs = {name: _without(inner, names, name) for name, inner in value.items()}
        return {name: pair[0] for name, pair in pairs.items()}, sum(pair[1] for pair in pairs.values())
    if isinstance(value, list):
        items = [_without(inner, names, key) for inner in value]
        return [item[0] for item in items], sum(item[1] for item in items)
    return value, 0


def redact_json(text: str, names: Collection[str]) -> tuple[str, int]:
    """The same in the text of a JSON document."""
    document, found = _without(json.loads(text), names)
    return json.dumps(document, ensure_ascii=False), found


def _about(line: bytes) -> str:
    """The id that a line of the quarantine is about; empty if it names none."""
    match = _QUARANTINED.search(str(json.loads(line).get("detail", "")))
    return "" if match is None else match[1]
