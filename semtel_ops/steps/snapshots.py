"""Snapshots: exports of different days have a conversation as it was then. The longest one stands.

Only ids with several contents are looked at, and only their hashes are kept: a source without such ids costs nothing.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from semtel_ops.store.parquet import read_batches
from semtel_ops.store.sql_engine import Connection, sql

_BATCH_ROWS = 1_000
_VERSIONS = pa.schema([("conversation_id", pa.string()), ("states", pa.string()), ("state", pa.string())])


def find_grown(con: Connection, urls: Sequence[str]) -> None:
    """Make the table `grown`: ids in `staged` with several contents, all of them beginnings of the longest by whole turns."""
    for _ in sql(con, _SEVERAL):
        pass
    con.register("versions", _versions(con, urls))
    for _ in sql(con, _GROWN):
        pass


def _versions(con: Connection, urls: Sequence[str]) -> pa.Table:
    """The versions of each id with several contents: the state after each of its turns, and the last of them."""
    batches = [pa.RecordBatch.from_pylist(list(_rows_of(con, part, url)), schema=_VERSIONS) for part, url in enumerate(urls)]
    return pa.Table.from_batches(batches, schema=_VERSIONS)


def _rows_of(con: Connection, part: int, url: str) -> Iterator[dict[str, str]]:
    text = "select part_row from several where part_file = $part order by part_row"
    numbers = pa.Table.from_batches(sql(con, text, part=part), schema=pa.schema([("part_row", pa.int64())]))
    rows = numbers.column("part_row").to_numpy()
    if not len(rows):
        return
    offset = 0
    for batch in read_batches(url, ("conversation_id", "turns"), _BATCH_ROWS):
        first, last = rows.searchsorted((offset, offset + batch.num_rows)).tolist()
        for row in batch.take(pa.array(rows[first:last] - offset)).to_pylist():
            states = _states(row["turns"])
            yield {"conversation_id": row["conversation_id"], "states": "".join(states), "state": states[-1]}
        offset += batch.num_rows


def _states(turns: Sequence[dict[str, Any]]) -> list[str]:
    """A hash of the turns up to each turn, after a space: so none is found across the border of two."""
    digest = hashlib.blake2b(digest_size=8)
    states = []
    for turn in turns:
        content = turn["content"].encode("utf-8", "surrogatepass")
        digest.update(f"{turn['role']}\x00{len(content)}\x00".encode())
        digest.update(content)
        states.append(f" {digest.hexdigest()}")
    return states


_SEVERAL = """
create table several as
select part_file, part_row from staged where conversation_id in (
  select conversation_id from staged group by conversation_id having min(content_hash) <> max(content_hash)
)
"""
_GROWN = """
create table grown as
with ranked as (
  select *, row_number() over (partition by conversation_id order by length(states) desc, state) as by_length from versions
)
select version.conversation_id
from ranked as version join ranked as longest on longest.conversation_id = version.conversation_id and longest.by_length = 1
group by version.conversation_id
having min(case when strpos(longest.states, version.state) > 0 then 1 else 0 end) = 1
"""
