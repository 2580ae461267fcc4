"""Files and SQL in, conversations out: streamed, in all known formats, with every record accounted for.

Here: listing files (`catalog`), opening them (`streams`), splitting them into raw records (`containers`), converting raw
records (`formats`, `convert`), and the entries of the quarantine (`records`). Not here: whether a conversation belongs to a
week, is a duplicate, or is sampled; nor where anything is written.
"""

from semtel_ops.conversations.sources.catalog import Listing, SourceFile, list_files, plan_parts, survey
from semtel_ops.conversations.sources.read import read_file
from semtel_ops.conversations.sources.records import Reason, Record, Unreadable
from semtel_ops.conversations.sources.sql import read_sql

__all__ = [
    "Listing",
    "Reason",
    "Record",
    "SourceFile",
    "Unreadable",
    "list_files",
    "plan_parts",
    "read_file",
    "read_sql",
    "survey",
]
