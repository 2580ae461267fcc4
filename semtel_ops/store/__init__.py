"""Storage: the files of the lake, the journal of replies that were paid for, and the ledger in SQL.

Here: paths, schemas, atomic files, reading and writing Parquet, SQL over Parquet. Not here: the meaning of rows (`steps`), or
how a week is judged (`quality`). Import from the modules themselves: the ledger and DuckDB are slow to import.
"""

from semtel_ops.store.layout import Lake
from semtel_ops.store.run_name import slug

__all__ = ["Lake", "slug"]
