"""Where things rest: the lake's files, the journal of what was paid for, and the ledger in SQL.

Here: paths, schemas, atomic files, Parquet in and out, the SQL-over-Parquet seam. Not here: what the rows mean (steps),
or how a week is judged (quality). Import what you need from its module: the ledger and DuckDB are heavy.
"""

from semtel_ops.store.layout import Lake, slug

__all__ = ["Lake", "slug"]
