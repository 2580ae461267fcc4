"""Buffer of a shard's finished rows as Arrow batches, which need a tenth of the memory of dicts."""

from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from semtel_ops.store.parquet import atomic_parquet
from semtel_ops.store.tables import LABELS

_CHUNK_ROWS = 2_000
_ORDER = [("conversation_id", "ascending"), ("classifier", "ascending")]


class RowBuffer:
    """Rows of schema `LABELS` in any order, each member once.

    Attributes:
        by_status: rows by how they ended.
        reused: rows that other runs have paid for.
        cost_usd: cost of the other rows to this run; rows without a known price count as zero.
        estimated: rows whose tokens and cost are our estimate.
    """

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()
        self._pending: list[dict[str, Any]] = []
        self._batches: list[pa.RecordBatch] = []
        self.by_status = Counter[str]()
        self.reused = 0
        self.cost_usd = 0.0
        self.estimated = 0

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: tuple[str, str]) -> bool:
        return key in self._keys

    def keys(self) -> frozenset[tuple[str, str]]:
        """The members that are here now."""
        return frozenset(self._keys)

    def add(self, row: dict[str, Any], *, estimated: bool = False) -> None:
        """Add a row of a new member; `estimated`: its tokens and cost are our estimate."""
        self.estimated += estimated
        self._keys.add((row["conversation_id"], row["classifier"]))
        self.by_status[row["status"]] += 1
        self.reused += row["reused"]
        self.cost_usd += 0.0 if row["reused"] else row["cost_usd"] or 0.0
        self._pending.append(row)
        if len(self._pending) >= _CHUNK_ROWS:
            self._pack()

    def add_carried(self, batch: pa.RecordBatch) -> None:
        """Add rows of schema `LABELS`, of new members and without cost to this run."""
        self._pack()
        self._keys.update(zip(batch.column("conversation_id").to_pylist(), batch.column("classifier").to_pylist(), strict=True))
        self.by_status.update(batch.column("status").to_pylist())
        self.reused += batch.num_rows
        self._batches.append(batch)

    def write(self, url: str, lost_usd: float | None = 0.0) -> None:
        """Write all rows, ordered by conversation and classifier; the file is replaced whole.

        `lost_usd`: a cost without a row of its own, which the rows that this run paid for share; None: it is unknown.
        """
        self._pack()
        table = pa.Table.from_batches(self._batches, schema=LABELS).sort_by(_ORDER)
        if lost_usd != 0.0:
            self.cost_usd += lost_usd or 0.0
            table = _share(table, lost_usd)
        with atomic_parquet(url, LABELS) as sink:
            for batch in table.to_batches(max_chunksize=5_000):
                sink.write_batch(batch)

    def _pack(self) -> None:
        if self._pending:
            self._batches.append(pa.RecordBatch.from_pylist(self._pending, schema=LABELS))
            self._pending = []


def _share(table: pa.Table, usd: float | None) -> pa.Table:
    at = table.schema.get_field_index("cost_usd")
    paid = pc.invert(table.column("reused"))
    rows = pc.sum(paid).as_py() or 0
    if not rows:
        return table
    shared = pa.nulls(len(table), pa.float64()) if usd is None else pc.add(table.column(at), usd / rows)
    return table.set_column(at, table.schema.field(at), pc.if_else(paid, shared, table.column(at)))
