"""Files and SQL in, conversations out: streamed, in any format of the field, with every record accounted for.

Here: finding files (`catalog`), opening them (`streams`), cutting them into raw records (`containers`), recognising
what a raw record is (`formats`), and the quarantine's entries (`records`). Not here: whether a conversation belongs to a week,
is a duplicate, or is sampled; nor where anything is written.
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
