"""How records are kept in a file or a table: each container cuts its bytes into raw records, in order, in bounded memory.

Here: lines of JSON, JSON arrays and concatenated JSON values, CSV, Parquet, and what rows of tables have in common. Not here:
what a record means (`formats`), nor how bytes are opened or decompressed (`streams`).
"""

from semtel_ops.conversations.sources.containers.csv_rows import read_csv
from semtel_ops.conversations.sources.containers.json_lines import read_json_lines
from semtel_ops.conversations.sources.containers.json_values import read_json_values
from semtel_ops.conversations.sources.containers.parquet import read_parquet

__all__ = ["read_csv", "read_json_lines", "read_json_values", "read_parquet"]
